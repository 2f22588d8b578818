import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isToolError } from '../../src/base/tool-error.ts';
import { listWanted } from '../../src/images/list-wanted.ts';
import { parseImageReferences } from '../../src/images/release.ts';
import { makeCatalog } from '../support/catalog.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';

const [A, B, C] = [digestOfChar('a'), digestOfChar('b'), digestOfChar('c')];
const catalog = makeCatalog({
  a: [
    {
      version: '1.0.0',
      image: `quay.io/v/a-bundle@${A}`,
      related: [`quay.io/v/operand@${B}`, 'quay.io/v/proxy:1.2'],
    },
    {
      version: '1.1.0',
      replaces: '1.0.0',
      image: `quay.io/v/a-bundle@${C}`,
      related: [`quay.io/v/operand@${B}`, `quay.io/v/operand:x@${B}`],
    },
  ],
});

test('listWanted names one location once, with everyone who needs it', () => {
  const { images, problems } = listWanted({
    manifest: makeManifest(),
    catalogs: new Map([['idx', catalog]]),
    releases: [],
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    images.map((image) => image.key),
    [`v/a-bundle@${A}`, `v/a-bundle@${C}`, `v/operand@${B}`, 'v/proxy:1.2'],
  );
  const operand = images[2];
  assert.deepEqual(
    operand?.neededBy.map((need) => need.item),
    ['a.v1.0.0', 'a.v1.1.0'],
  );
  assert.deepEqual(operand?.arrivalTags, ['x']);
  assert.deepEqual([images[3]?.digest, images[3]?.tag], [null, '1.2']);
});

test('listWanted does not depend on the order of its input', () => {
  const packages = ['p', 'q', 'r', 's'].map(
    (name, i) =>
      [
        name,
        [
          {
            version: '1.0.0',
            image: `quay.io/v/${name}@${A}`,
            related: [`quay.io/v/shared@${B}`, `quay.io/v/t:${i % 2}`],
          },
        ],
      ] as const,
  );
  function list(order: readonly (typeof packages)[number][]): unknown {
    const catalogs = new Map(
      order.map(([name, bundles]) => [name, makeCatalog({ [name]: bundles })]),
    );
    return listWanted({ manifest: makeManifest(), catalogs, releases: [] }).images;
  }
  const expected = list(packages);
  fc.assert(
    fc.property(fc.shuffledSubarray(packages, { minLength: packages.length }), (order) =>
      assert.deepEqual(list(order), expected),
    ),
    { numRuns: 20 },
  );
});

test('listWanted adds payload, components and extra images', () => {
  const manifest = makeManifest({
    releases: [{ version: '4.20.3', architecture: 'x86_64' }],
    images: [{ source: `registry.redhat.io/ubi9/ubi@${C}`, tags: ['9.6'] }],
  });
  const components = [
    { name: 'etcd', image: `quay.io/openshift-release-dev/ocp-v4.0-art-dev@${A}` },
    { name: 'etcd-too', image: `registry.ci.example/x@${A}` },
  ];
  const { images } = listWanted({
    manifest,
    catalogs: new Map(),
    releases: [{ version: '4.20.3', architecture: 'x86_64', components }],
  });
  assert.deepEqual(
    images.map((image) => [image.key, image.kind, image.demandedTags, image.arrivalTags]),
    [
      ['openshift/release-images:4.20.3-x86_64', 'release', [], []],
      [`openshift/release@${A}`, 'release', [], ['4.20.3-x86_64-etcd', '4.20.3-x86_64-etcd-too']],
      [`ubi9/ubi@${C}`, 'extra', ['9.6'], []],
    ],
  );
});

test('listWanted reports two upstream images that would share a tag', () => {
  const clash = makeCatalog({
    a: [{ version: '1.0.0', image: 'quay.io/v/a:1', related: ['ghcr.io/v/a:1'] }],
  });
  const { problems } = listWanted({
    manifest: makeManifest(),
    catalogs: new Map([['idx', clash]]),
    releases: [],
  });
  assert.equal(problems.length, 1);
  assert.equal(problems[0]?.code, 'IMAGES_COLLISION');
  assert.match(
    problems[0]?.message ?? '',
    /ghcr\.io\/v\/a and quay\.io\/v\/a would both become v\/a:1/,
  );
});

test('parseImageReferences reads the components of a payload', () => {
  const text = JSON.stringify({
    kind: 'ImageStream',
    spec: { tags: [{ name: 'etcd', from: { kind: 'DockerImage', name: `quay.io/x/y@${A}` } }] },
  });
  assert.deepEqual(parseImageReferences(text, { version: '4.20.3', architecture: 'x86_64' }), [
    { name: 'etcd', image: `quay.io/x/y@${A}` },
  ]);
});

for (const [name, text] of [
  ['no JSON', '{'],
  ['no tags', '{}'],
  ['a tag without image', '{"spec":{"tags":[{"name":"a"}]}}'],
  ['an image by tag', '{"spec":{"tags":[{"name":"a","from":{"name":"quay.io/x/y:1"}}]}}'],
] as const) {
  test(`parseImageReferences refuses ${name} and names the release`, () => {
    assert.throws(
      () => parseImageReferences(text, { version: '4.20.3', architecture: 'x86_64' }),
      (error: unknown) =>
        isToolError(error, 'IMAGES_BAD_RELEASE') && error.message.includes('4.20.3-x86_64'),
    );
  });
}

test('listWanted gives a tag that two images ask for to neither, and says so', () => {
  const { images, problems } = listWanted({
    manifest: makeManifest({
      images: [
        { source: `quay.io/v/tool@${A}`, tags: ['v1', 'a'] },
        { source: `quay.io/v/tool@${C}`, tags: ['v1'] },
      ],
    }),
    catalogs: new Map(),
    releases: [],
  });
  assert.deepEqual(
    images.map((image) => image.demandedTags),
    [['a'], []],
  );
  assert.deepEqual(
    problems.map((problem) => problem.code),
    ['IMAGES_COLLISION'],
  );
  assert.match(problems[0]?.message ?? '', /both ask for the tag v\/tool:v1/);
});

// Seen to fail with one entry for each bundle, and with the needs of the first mention only.
test('listWanted names a reference that cannot be read once, with everyone who needs it', () => {
  const odd = `quay.io/v/odd@sha512:${'a'.repeat(128)}`;
  const { images, unreadable, problems } = listWanted({
    manifest: makeManifest(),
    catalogs: new Map([
      [
        'idx',
        makeCatalog({
          a: [
            { version: '1.0.0', image: `quay.io/v/a@${A}`, related: [odd] },
            { version: '1.1.0', replaces: '1.0.0', image: odd, related: [] },
          ],
        }),
      ],
    ]),
    releases: [],
  });
  assert.deepEqual(
    images.map((image) => image.key),
    [`v/a@${A}`],
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    unreadable.map(({ upstream, neededBy, problem }) => [
      upstream,
      neededBy.map(({ item }) => item),
      problem.code,
    ]),
    [[odd, ['a.v1.0.0', 'a.v1.1.0'], 'BASE_BAD_IMAGE_REF']],
  );
  assert.match(
    unreadable[0]?.problem.message ?? '',
    /^idx\/a\/a\.v1\.0\.0 and 1 more: "quay\.io\/v\/odd@sha512:a+" is not an image reference: its digest is sha512, but/,
  );
});
