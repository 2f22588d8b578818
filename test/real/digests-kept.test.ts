import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildImage, sha256 } from '../../scripts/lib/build-image.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { sendRequest } from '../../scripts/lib/send-request.ts';
import { runAndCommit } from '../support/proxied-site.ts';
import { createSite, pushIndex } from '../support/site.ts';

// No tool writes manifests like this; whoever parses and writes them again gives another digest.
function writeOddly(manifest: Uint8Array): Buffer {
  const value: Readonly<Record<string, unknown>> = JSON.parse(Buffer.from(manifest).toString());
  const { schemaVersion, ...rest } = value;
  const odd = { 'org.example.unknown': [1.0, null], ...rest, schemaVersion };
  return Buffer.from(`\n${JSON.stringify(odd, null, '\t ').replaceAll('/', '\\/')} \r\n\n`);
}

async function pushOddly(
  host: string,
  image: { readonly repository: string; readonly platforms?: readonly string[] },
): Promise<{ readonly digest: string; readonly bytes: Buffer }> {
  // skopeo compresses such layers on their way, unless it is told to keep digests.
  const spec = { ...image, files: { name: image.repository }, compression: 'none' as const };
  await pushImage(host, spec);
  const { root } = buildImage(spec);
  const bytes = writeOddly(root.bytes);
  const digest = sha256(bytes);
  const { status, body } = await sendRequest(
    `http://${host}/v2/${image.repository}/manifests/${digest}`,
    { method: 'PUT', headers: { 'content-type': root.mediaType }, body: bytes },
  );
  assert.equal(status, 201, body.toString());
  return { digest, bytes };
}

// Promise 4. Seen to fail: with `--all` taken out of skopeo-arguments.ts, one platform lay under the tag of the
// index; with `--preserve-digests` taken out, both manifests were written again, and HEAD found other digests.
test('manifests of odd whitespace and order, of one and of many platforms, arrive byte for byte', async (t) => {
  const site = await createSite(t);
  const { host } = site.staging;
  const bundle = { repository: 'vendor/odd-bundle' };
  const operand = {
    repository: 'vendor/odd-operand',
    platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'],
  };
  const [one, many] = [await pushOddly(host, bundle), await pushOddly(host, operand)];
  const image = `registry.example.com/${bundle.repository}@${one.digest}`;
  const related = [`registry.example.com/${operand.repository}@${many.digest}`];
  await pushIndex(host, { odd: [{ version: '1.0.0', image, related }] });
  await runAndCommit(site, ['merge']);
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  const production = site.open(site.production);
  for (const [{ repository }, { digest, bytes }] of [
    [bundle, one],
    [operand, many],
  ] as const) {
    for (const reference of [digest, digest.replace(':', '-')]) {
      const got = await production.getManifest(repository, reference);
      assert.deepEqual([got.digest, Buffer.from(got.bytes)], [digest, bytes]);
    }
  }
  const children: { readonly digest: string }[] = JSON.parse(many.bytes.toString()).manifests;
  assert.equal(children.length, 3);
  for (const child of children)
    assert.equal(
      (await production.headManifest(operand.repository, child.digest)).state,
      'present',
    );
});
