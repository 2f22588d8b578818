import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type BuiltImage, buildImage } from '../../scripts/lib/build-image.ts';
import { parseDigest } from '../../src/base/digest.ts';
import { isToolError, type ToolError } from '../../src/base/tool-error.ts';
import { openOciLayout } from '../../src/files/oci-layout.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-layout-'));
});
afterEach(() => rm(folder, { recursive: true }));

const IMAGE = { repository: 'x', files: { 'configs/a': 'content' } };

async function writeLayout(images: Readonly<Record<string, BuiltImage>>): Promise<void> {
  const blobs = join(folder, 'lay/blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const manifests = [];
  for (const [tag, image] of Object.entries(images)) {
    for (const { digest, bytes } of image.manifests)
      await writeFile(join(blobs, digest.slice(7)), bytes);
    for (const [digest, bytes] of image.blobs) await writeFile(join(blobs, digest.slice(7)), bytes);
    const { digest, mediaType, bytes } = image.root;
    const annotations = { 'org.opencontainers.image.ref.name': tag };
    manifests.push({ digest, mediaType, size: bytes.length, annotations });
  }
  await writeFile(join(folder, 'lay/index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

function hasCode(code: ToolError['code']): (error: unknown) => boolean {
  return (error) => isToolError(error, code) && error.hint !== undefined;
}

test('openOciLayout reads the only image without a tag, and any by its tag', async () => {
  const one = buildImage(IMAGE);
  const two = buildImage({ ...IMAGE, platforms: ['linux/amd64', 'linux/arm64'] });
  await writeLayout({ v1: one });
  const alone = await openOciLayout('lay', folder);
  assert.equal(alone.reference, one.root.digest);
  await writeLayout({ v1: one, v2: two });
  const chosen = await openOciLayout('lay:v2', folder);
  const body = await chosen.reader.getManifest('', chosen.reference);
  assert.deepEqual([body.digest, body.mediaType], [two.root.digest, two.root.mediaType]);
  const child = await chosen.reader.getManifest('', two.manifests[0]?.digest ?? '');
  assert.match(child.mediaType, /image\.manifest/);
  for (const [digest, bytes] of two.blobs) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await chosen.reader.getBlob('', parseDigest(digest)))
      chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(bytes));
  }
});

test('openOciLayout asks for a tag where several images are, and lists what is there', async () => {
  await writeLayout({ v1: buildImage(IMAGE), v2: buildImage({ ...IMAGE, docker: true }) });
  await assert.rejects(openOciLayout('lay', folder), (error) => {
    assert.ok(isToolError(error, 'FILES_BAD_LAYOUT'));
    return /v1, v2/.test(error.hint ?? '');
  });
  await assert.rejects(openOciLayout('lay:v3', folder), hasCode('FILES_NOT_FOUND'));
  await assert.rejects(openOciLayout('nowhere', folder), hasCode('FILES_NOT_FOUND'));
});

test('openOciLayout refuses an index.json that names nothing', async () => {
  await mkdir(join(folder, 'lay'));
  for (const text of [
    'not json',
    '{}',
    '{"manifests":[]}',
    '{"manifests":[{"digest":"../../etc/passwd"}]}',
  ]) {
    await writeFile(join(folder, 'lay/index.json'), text);
    await assert.rejects(openOciLayout('lay', folder), hasCode('FILES_BAD_LAYOUT'));
  }
});

test('a layout checks manifests and blobs against their digest, the latter at the end of the stream', async () => {
  const image = buildImage(IMAGE);
  await writeLayout({ v1: image });
  const { reader, reference } = await openOciLayout('lay', folder);
  const [layer = ''] = image.blobs.keys();
  const blobs = join(folder, 'lay/blobs/sha256');
  await writeFile(join(blobs, layer.slice(7)), 'cut off');
  await assert.rejects(async () => {
    for await (const chunk of await reader.getBlob('', parseDigest(layer)))
      assert.ok(chunk.length > 0);
  }, hasCode('FILES_BAD_LAYOUT'));
  await writeFile(join(blobs, reference.slice(7)), '{}');
  await assert.rejects(reader.getManifest('', reference), hasCode('FILES_BAD_LAYOUT'));
  await rm(join(blobs, layer.slice(7)));
  await assert.rejects(reader.getBlob('', parseDigest(layer)), hasCode('FILES_NOT_FOUND'));
});
