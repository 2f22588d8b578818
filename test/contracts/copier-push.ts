import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import type { ImageSpec } from '../../scripts/lib/build-image.ts';
import type { Copier, PushRequest } from '../../src/apply/port.ts';
import { saveImage } from '../../src/apply/save-image.ts';
import { parseDigest } from '../../src/base/digest.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import type { CopierLimits, CopierSubject } from './copier-subject.ts';

const ACCESS = { insecure: true, authFile: null, caFile: null };

interface Stored {
  readonly repository: string;
  readonly digest: string;
}

async function pushAll(
  subject: CopierSubject,
  images: readonly ImageSpec[],
): Promise<readonly Stored[]> {
  const stored: Stored[] = [];
  for (const image of images)
    stored.push({ repository: image.repository, digest: await subject.push(image) });
  return stored;
}

/** Brings images of the source to the destination as `v1`; `spoil` is given their folders by repository. */
function ask(
  { source, destination }: CopierSubject,
  images: readonly Stored[],
  spoil: (folderOf: (repository: string) => string) => Promise<void> = () => Promise.resolve(),
): PushRequest {
  return {
    host: destination.host,
    access: ACCESS,
    async fill(folder) {
      function folderOf(repository: string): string {
        return join(folder, `${repository}:v1`);
      }
      for (const { repository, digest } of images) {
        const isSaved = await saveImage(
          source,
          { repository, digest: parseDigest(digest) },
          {
            folder: folderOf(repository),
            mostBytes: 1_000_000,
            saveBlob: (blob, path) => pipeline(blob, createWriteStream(path)),
          },
        );
        assert.ok(isSaved, repository);
      }
      await spoil(folderOf);
      return images.map(({ repository }) => `${repository}:v1`);
    },
  };
}

function openCopier(t: TestContext, subject: CopierSubject, limits?: CopierLimits): Copier {
  const copier = subject.createCopier(limits);
  t.after(() => copier.forget());
  return copier;
}

async function assertNothingLeft(copier: Copier, subject: CopierSubject): Promise<void> {
  await copier.forget();
  assert.deepEqual(await subject.listLeftovers(), []);
}

/** What every copier promises of images that it pushes together. */
export function testPushContract(name: string, open: () => Promise<CopierSubject>): void {
  test(`${name}: pushImages brings each image, also with several platforms and in Docker's format, as it is at the source`, async (t) => {
    const subject = await open();
    const platforms = ['linux/amd64', 'linux/arm64/v8'];
    const images = await pushAll(subject, [
      { repository: 'push/one', files: { a: '1' } },
      { repository: 'push/deep/many', files: { a: '2' }, platforms },
      { repository: 'push/docker', files: { a: '3' }, docker: true },
      { repository: 'push/list', files: { a: '4' }, docker: true, platforms },
    ]);
    const copier = openCopier(t, subject);
    const end = await copier.pushImages(ask(subject, images));
    assert.deepEqual([...end.pushed].toSorted(), [
      'push/deep/many:v1',
      'push/docker:v1',
      'push/list:v1',
      'push/one:v1',
    ]);
    for (const { repository, digest } of images) {
      const copied = await subject.destination.getManifest(repository, 'v1');
      const original = await subject.source.getManifest(repository, digest);
      assert.equal(copied.digest, digest);
      assert.equal(copied.mediaType, original.mediaType);
      const value: { manifests?: { digest: string }[] } = JSON.parse(
        Buffer.from(copied.bytes).toString(),
      );
      for (const child of value.manifests ?? []) {
        const presence = await subject.destination.headManifest(repository, child.digest);
        assert.equal(presence.state, 'present', child.digest);
      }
    }
    await assertNothingLeft(copier, subject);
  });

  test(`${name}: pushImages says which images went through before one that does not, and begins no other`, async (t) => {
    const subject = await open();
    const images = await pushAll(
      subject,
      ['push/a', 'push/b', 'push/c'].map((repository) => ({ repository, files: { repository } })),
    );
    const copier = openCopier(t, subject);
    const end = await copier.pushImages(
      ask(subject, images, async (folderOf) => {
        const folder = folderOf('push/b');
        for (const file of await readdir(folder))
          if (/^\w{64}$/.test(file)) await appendFile(join(folder, file), ' ');
      }),
    );
    assert.deepEqual(end, { pushed: new Set(['push/a:v1']), isRefused: false });
    const states = await Promise.all(
      images.map(async ({ repository }) => {
        const { state } = await subject.destination.headManifest(repository, 'v1');
        return state;
      }),
    );
    assert.deepEqual(states, ['present', 'absent', 'absent']);
    await assertNothingLeft(copier, subject);
  });

  test(`${name}: pushImages pushes nothing where there is nothing, and where the destination refuses`, async (t) => {
    const subject = await open();
    const copier = openCopier(t, subject);
    const nothing = { pushed: new Set(), isRefused: false };
    assert.deepEqual(await copier.pushImages(ask(subject, [])), nothing);
    const images = await pushAll(subject, [{ repository: 'push/no', files: { a: '1' } }]);
    subject.setFault('refuses');
    assert.deepEqual(await copier.pushImages(ask(subject, images)), nothing);
    const presence = await subject.destination.headManifest('push/no', 'v1');
    assert.deepEqual(presence, { state: 'absent' });
    await assertNothingLeft(copier, subject);
  });

  test(`${name}: pushImages throws what the filling throws, and leaves nothing`, async (t) => {
    const subject = await open();
    const copier = openCopier(t, subject);
    const why = new Error('No image could be read.');
    await assert.rejects(
      copier.pushImages({ ...ask(subject, []), fill: () => Promise.reject(why) }),
      why,
    );
    await assertNothingLeft(copier, subject);
  });

  test(`${name}: pushImages ends with APPLY_INTERRUPTED when it is aborted, before or in the middle, and leaves nothing`, async (t) => {
    const subject = await open();
    const images = await pushAll(subject, [{ repository: 'push/abort', files: { a: '1' } }]);
    const request = ask(subject, images);
    const copier = openCopier(t, subject);
    await assert.rejects(copier.pushImages(request, AbortSignal.abort()), (error) =>
      isToolError(error, 'APPLY_INTERRUPTED'),
    );
    subject.setFault('hangs');
    const stop = new AbortController();
    const [ended] = await Promise.allSettled([
      copier.pushImages(request, stop.signal),
      subject.waitForHang().then(() => stop.abort()),
    ]);
    assert.ok(ended.status === 'rejected' && isToolError(ended.reason, 'APPLY_INTERRUPTED'));
    await assertNothingLeft(copier, subject);
  });

  test(`${name}: pushImages says of an image that takes too long that it did not go through, and leaves nothing`, async (t) => {
    const subject = await open();
    const images = await pushAll(subject, [{ repository: 'push/slow', files: { a: '1' } }]);
    subject.setFault('hangs');
    const copier = openCopier(t, subject, { timeoutMilliseconds: 400 });
    const end = await copier.pushImages(ask(subject, images));
    assert.deepEqual(end, { pushed: new Set(), isRefused: false });
    await assertNothingLeft(copier, subject);
  });
}
