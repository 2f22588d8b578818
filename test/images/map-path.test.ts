import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { mapReference, mapRepository } from '../../src/images/map-path.ts';
import { makeManifest, pathRule } from '../support/manifest.ts';

const plain = makeManifest();
const ruled = makeManifest({
  paths: [
    pathRule('registry.redhat.io', ''),
    pathRule('registry.redhat.io/ubi9', 'base'),
    pathRule('quay.io/deep', 'x', 2),
    {
      from: 'docker.io',
      to: { production: 'hub', staging: 'hub' },
      maxNestedPaths: { production: 1, staging: null },
    },
    {
      from: 'ghcr.io',
      to: { production: 'gh', staging: 'mirror/gh' },
      maxNestedPaths: { production: null, staging: null },
    },
  ],
});

const CASES: readonly (readonly [string, typeof plain, string, string])[] = [
  ['drops the source host, as oc-mirror v2 does', plain, 'registry.redhat.io/ns/name:1', 'ns/name'],
  [
    'puts a release payload where oc-mirror does',
    plain,
    'quay.io/openshift-release-dev/ocp-release:4.20.1-x86_64',
    'openshift/release-images',
  ],
  [
    'puts release components where oc-mirror does',
    plain,
    'quay.io/openshift-release-dev/ocp-v4.0-art-dev:x',
    'openshift/release',
  ],
  ['follows a rule for a host', ruled, 'registry.redhat.io/rhel/a:1', 'rhel/a'],
  ['prefers the longest rule', ruled, 'registry.redhat.io/ubi9/ubi:1', 'base/ubi'],
  ['matches whole components only', ruled, 'registry.redhat.io/ubi99/ubi:1', 'ubi99/ubi'],
  ['joins surplus components with a dash', ruled, 'quay.io/deep/a/b/c:1', 'x/a-b-c'],
  ['differs by role where the rule says so', ruled, 'ghcr.io/o/i:1', 'gh/o/i'],
];

for (const [name, manifest, reference, expected] of CASES) {
  test(`mapRepository ${name}`, () =>
    assert.equal(mapRepository(parseImageRef(reference), 'production', manifest), expected));
}

test('mapRepository keeps the path where a rule would leave nothing of it', () => {
  const whole = makeManifest({ paths: [pathRule('quay.io/ns/image', '')] });
  assert.equal(mapRepository(parseImageRef('quay.io/ns/image:1'), 'production', whole), 'ns/image');
});

test('mapRepository uses the path of the role', () => {
  assert.equal(mapRepository(parseImageRef('ghcr.io/o/i:1'), 'staging', ruled), 'mirror/gh/o/i');
  assert.equal(mapRepository(parseImageRef('docker.io/o/i:1'), 'production', ruled), 'hub-o-i');
  assert.equal(mapRepository(parseImageRef('docker.io/o/i:1'), 'staging', ruled), 'hub/o/i');
});

test('mapReference puts host and path prefix before the path and keeps tag and digest', () => {
  const { registries } = plain;
  const prefixed = makeManifest({
    registries: {
      ...registries,
      production: { ...registries.production, pathPrefix: 'docker-prod' },
    },
  });
  assert.equal(
    mapReference(parseImageRef('quay.io/a/b:1'), 'production', prefixed),
    'prod.example:5000/docker-prod/a/b:1',
  );
});
