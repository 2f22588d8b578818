import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageSpec } from '../../scripts/lib/build-image.ts';
import { digestOf, parseDigest } from '../../src/base/digest.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import type { RegistryPort } from '../../src/registry/port.ts';

/** A registry under test and a way to fill it. */
export interface RegistrySubject {
  readonly registry: RegistryPort;
  /** Stores an image; returns the digest of its root manifest. */
  readonly push: (image: ImageSpec) => Promise<string>;
}

const ABSENT = parseDigest(`sha256:${'0'.repeat(64)}`);

/** What every registry port promises, run against the fake and against real registries. */
export function testRegistryContract(
  name: string,
  open: () => Promise<RegistrySubject> | RegistrySubject,
): void {
  test(`${name}: headManifest tells a tag and a digest that are there, with type and size`, async () => {
    const { registry, push } = await open();
    const digest = await push({ repository: 'c/one', tags: ['v1'], files: { a: '1' } });
    const byTag = await registry.headManifest('c/one', 'v1');
    assert.equal(byTag.state, 'present');
    assert.equal(byTag.digest, digest);
    assert.equal(byTag.mediaType, 'application/vnd.oci.image.manifest.v1+json');
    assert.ok(byTag.size !== null && byTag.size > 100);
    assert.deepEqual(await registry.headManifest('c/one', digest), byTag);
  });

  test(`${name}: headManifest says absent for an unknown tag, digest and repository`, async () => {
    const { registry, push } = await open();
    await push({ repository: 'c/two', tags: ['v1'], files: { a: '1' } });
    for (const [repository, reference] of [
      ['c/two', 'v2'],
      ['c/two', ABSENT],
      ['c/never', 'v1'],
    ] as const) {
      assert.deepEqual(await registry.headManifest(repository, reference), { state: 'absent' });
    }
  });

  test(`${name}: getManifest gives the bytes that the digest is over, of an index and a docker list too`, async () => {
    const { registry, push } = await open();
    for (const docker of [false, true]) {
      const platforms = ['linux/amd64', 'linux/arm64'];
      const digest = await push({ repository: 'c/many', platforms, files: { a: '1' }, docker });
      const body = await registry.getManifest('c/many', digest);
      assert.equal(body.digest, digest);
      assert.equal(digestOf(body.bytes), digest);
      assert.match(body.mediaType, docker ? /manifest\.list/ : /image\.index/);
    }
  });

  test(`${name}: getManifest and getBlob throw REGISTRY_NOT_FOUND for what is absent`, async () => {
    const { registry } = await open();
    await assert.rejects(registry.getManifest('c/never', 'v1'), isAbsent);
    await assert.rejects(registry.getBlob('c/never', ABSENT), isAbsent);
  });

  test(`${name}: getBlob streams the content of a layer`, async () => {
    const { registry, push } = await open();
    const bytes = Buffer.alloc(300_000, 'layer');
    const layers = [{ bytes, mediaType: 'application/vnd.oci.image.layer.v1.tar' }];
    await push({ repository: 'c/blob', tags: ['v1'], files: {}, layers });
    const chunks: Uint8Array[] = [];
    for await (const chunk of await registry.getBlob('c/blob', digestOf(bytes))) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(bytes));
  });

  test(`${name}: headBlob tells a layer that is there from one that is not`, async () => {
    const { registry, push } = await open();
    const bytes = Buffer.from('blob');
    const layers = [{ bytes, mediaType: 'application/vnd.oci.image.layer.v1.tar' }];
    await push({ repository: 'c/head', tags: ['v1'], files: {}, layers });
    assert.equal(await registry.headBlob('c/head', digestOf(bytes)), true);
    assert.equal(await registry.headBlob('c/head', ABSENT), false);
    await assert.rejects(registry.headBlob('c/head', ABSENT, AbortSignal.abort()));
  });

  test(`${name}: listTags gives all tags, and none for an unknown or untagged repository`, async () => {
    const { registry, push } = await open();
    await push({ repository: 'c/tags', tags: ['b', 'a', 'c'], files: { a: '1' } });
    await push({ repository: 'c/untagged', files: { a: '1' } });
    assert.deepEqual((await registry.listTags('c/tags')).toSorted(), ['a', 'b', 'c']);
    assert.deepEqual(await registry.listTags('c/untagged'), []);
    assert.deepEqual(await registry.listTags('c/never'), []);
  });

  test(`${name}: probe gives status, headers and body as they come, a refusal too`, async () => {
    const { registry, push } = await open();
    const digest = await push({ repository: 'c/probe', tags: ['v1'], files: { a: '1' } });
    const question = {
      repository: 'c/probe',
      accept: 'application/vnd.oci.image.manifest.v1+json',
    };
    const path = '/v2/c/probe/manifests/v1';
    const got = await registry.probe({ ...question, method: 'GET', path });
    assert.ok(got.state === 'answered');
    assert.deepEqual([got.status, got.headers['docker-content-digest']], [200, digest]);
    assert.equal(digestOf(got.body), digest);
    const head = await registry.probe({ ...question, method: 'HEAD', path });
    assert.ok(head.state === 'answered');
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    const lost = await registry.probe({ ...question, method: 'GET', path: `${path}9` });
    assert.equal(lost.state === 'answered' && lost.status, 404);
    const aborted = registry.probe({ ...question, method: 'GET', path }, AbortSignal.abort());
    await assert.rejects(aborted);
  });

  test(`${name}: an aborted signal rejects, and countRequests grows with each question`, async () => {
    const { registry } = await open();
    const signal = AbortSignal.abort(new Error('stopped by the user'));
    await assert.rejects(registry.headManifest('c/one', 'v1', signal), /stopped by the user/);
    await assert.rejects(registry.listTags('c/one', signal), /stopped by the user/);
    const before = registry.countRequests();
    await registry.headManifest('c/one', 'v9');
    assert.ok(registry.countRequests() > before);
  });
}

function isAbsent(error: unknown): boolean {
  return isToolError(error, 'REGISTRY_NOT_FOUND');
}
