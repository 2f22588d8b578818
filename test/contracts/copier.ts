import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Copier, CopyRequest } from '../../src/apply/port.ts';
import { digestOf } from '../../src/base/digest.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import { testPushContract } from './copier-push.ts';
import type { CopierLimits, CopierSubject } from './copier-subject.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const ACCESS = { insecure: true, authFile: null, caFile: null };

function openCopier(t: TestContext, subject: CopierSubject, limits?: CopierLimits): Copier {
  const copier = subject.createCopier(limits);
  t.after(() => copier.forget());
  return copier;
}

function ask(
  { source, destination }: CopierSubject,
  image: { readonly repository: string; readonly digest: string; readonly to?: string },
  more: Partial<CopyRequest> = {},
): CopyRequest {
  const { repository, digest, to = repository } = image;
  return {
    source: { host: source.host, repository, reference: digest },
    destination: { host: destination.host, repository: to, reference: 'v1' },
    sourceAccess: ACCESS,
    destinationAccess: ACCESS,
    multiArch: 'all',
    sharesLayers: false,
    isSmall: false,
    ...more,
  };
}

/** What every copier promises, run against the fake and against skopeo with real registries. */
export function testCopierContract(name: string, open: () => Promise<CopierSubject>): void {
  testPushContract(name, open);
  test(`${name}: copy brings an image by digest, with the bytes of its manifest and its blobs`, async (t) => {
    const subject = await open();
    const repository = 'copy/one';
    const digest = await subject.push({ repository, files: { a: '1' } });
    await openCopier(t, subject).copy(ask(subject, { repository, digest }));
    const copied = await subject.destination.getManifest(repository, 'v1');
    const original = await subject.source.getManifest(repository, digest);
    assert.equal(copied.digest, digest);
    assert.deepEqual(Buffer.from(copied.bytes), Buffer.from(original.bytes));
    assert.equal(subject.countUploads(), 2, 'a config and a layer');
  });

  test(`${name}: copy brings an index with all platforms, and index-only an index alone`, async (t) => {
    const subject = await open();
    const repository = 'copy/many';
    const digest = await subject.push({ repository, platforms: PLATFORMS, files: { a: '1' } });
    const request = ask(subject, { repository, digest });
    const copier = openCopier(t, subject);
    await assert.rejects(
      copier.copy({ ...request, multiArch: 'index-only' }),
      (error) => isToolError(error, 'APPLY_COPY_FAILED') && error.side === 'destination',
    );
    await copier.copy(request);
    const { bytes } = await subject.destination.getManifest(repository, 'v1');
    const { manifests }: { manifests: { digest: string }[] } = JSON.parse(
      Buffer.from(bytes).toString(),
    );
    assert.equal(manifests.length, 2);
    for (const child of manifests) {
      const presence = await subject.destination.headManifest(repository, child.digest);
      assert.equal(presence.state, 'present', child.digest);
    }
    const before = subject.countUploads();
    const destination = { ...request.destination, reference: 'v2' };
    await copier.copy({ ...request, destination, multiArch: 'index-only' });
    const second = await subject.destination.headManifest(repository, 'v2');
    assert.equal(second.state === 'present' && second.digest, digest);
    assert.equal(subject.countUploads(), before);
  });

  test(`${name}: copy uploads nothing that the repository has, and a layer that is shared once`, async (t) => {
    const subject = await open();
    const bytes = Buffer.alloc(70_000, 'shared');
    const layers = [{ bytes, mediaType: 'application/vnd.oci.image.layer.v1.tar' }];
    const copier = openCopier(t, subject);
    const uploads: number[] = [];
    for (const repository of ['copy/a', 'copy/b', 'copy/a']) {
      const digest = await subject.push({ repository, files: { name: repository }, layers });
      await copier.copy(ask(subject, { repository, digest }, { sharesLayers: true }));
      uploads.push(subject.countUploads());
      const { state } = await subject.destination.headBlob(repository, digestOf(bytes));
      assert.equal(state, 'present');
    }
    await copier.forget();
    assert.deepEqual(uploads, [3, 5, 5]);
  });

  test(`${name}: copy names the source where it lacks the image, and writes nothing`, async (t) => {
    const subject = await open();
    const image = { repository: 'copy/never', digest: digestOf('never') };
    await assert.rejects(
      openCopier(t, subject).copy(ask(subject, image)),
      (error) => isToolError(error, 'APPLY_COPY_FAILED') && error.side === 'source',
    );
    assert.deepEqual(await subject.destination.headManifest('copy/never', 'v1'), {
      state: 'absent',
    });
  });

  for (const [fault, disposition] of [
    ['refuses', 'stall'],
    ['is full', 'retry'],
  ] as const)
    test(`${name}: copy names the destination where it ${fault}, ${disposition}, and nothing is visible there`, async (t) => {
      const subject = await open();
      const repository = 'copy/fault';
      const digest = await subject.push({ repository, files: { a: fault } });
      subject.setFault(fault);
      const copier = openCopier(t, subject);
      await assert.rejects(
        copier.copy(ask(subject, { repository, digest })),
        (error) =>
          isToolError(error, 'APPLY_COPY_FAILED') &&
          error.side === 'destination' &&
          error.disposition === disposition,
      );
      const presence = await subject.destination.headManifest(repository, digest);
      assert.deepEqual(presence, { state: 'absent' });
      await copier.forget();
      assert.deepEqual(await subject.listLeftovers(), []);
    });

  test(`${name}: copy ends with APPLY_INTERRUPTED when it is aborted, before or in the middle, and leaves nothing`, async (t) => {
    const subject = await open();
    const repository = 'copy/abort';
    const digest = await subject.push({ repository, files: { a: '1' } });
    const request = ask(subject, { repository, digest }, { sharesLayers: true });
    const copier = openCopier(t, subject);
    await assert.rejects(
      copier.copy(request, AbortSignal.abort()),
      (error) => isToolError(error, 'APPLY_INTERRUPTED') && error.disposition === 'retry',
    );
    subject.setFault('hangs');
    const stop = new AbortController();
    const [ended] = await Promise.allSettled([
      copier.copy(request, stop.signal),
      subject.waitForHang().then(() => stop.abort()),
    ]);
    assert.equal(
      ended.status === 'rejected' && isToolError(ended.reason) && ended.reason.code,
      'APPLY_INTERRUPTED',
    );
    await copier.forget();
    assert.deepEqual(await subject.listLeftovers(), []);
    assert.deepEqual(await subject.destination.headManifest(repository, digest), {
      state: 'absent',
    });
  });

  for (const [what, limits] of [
    ['takes too long', { timeoutMilliseconds: 400 }],
    ['says nothing for too long', { idleMilliseconds: 400 }],
  ] as const)
    test(`${name}: copy ends with APPLY_COPY_TIMEOUT when it ${what}, and leaves nothing`, async (t) => {
      const subject = await open();
      const repository = 'copy/slow';
      const digest = await subject.push({ repository, files: { a: '1' } });
      subject.setFault('hangs');
      const copier = openCopier(t, subject, limits);
      await assert.rejects(
        copier.copy(ask(subject, { repository, digest })),
        (error) => isToolError(error, 'APPLY_COPY_TIMEOUT') && error.disposition === 'retry',
      );
      await copier.forget();
      assert.deepEqual(await subject.listLeftovers(), []);
    });
}
