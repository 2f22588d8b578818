import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAsked, parseAsked } from '../../src/images/find-asked.ts';
import { suggestAsked } from '../../src/images/suggest-asked.ts';
import type { WantedImage } from '../../src/images/types.ts';
import { REGISTRY_DEFAULTS } from '../../src/manifest/defaults.ts';
import { makeManifest, pathRule } from '../support/manifest.ts';
import { A, B, C, makeImage } from '../support/world.ts';

const HEX = 'a'.repeat(64);
const manifest = makeManifest({
  registries: {
    production: {
      ...REGISTRY_DEFAULTS,
      host: 'prod:5000',
      aliases: ['alias:5000'],
      pathPrefix: 'repo',
    },
    staging: { ...REGISTRY_DEFAULTS, host: 'stage:5001' },
  },
  paths: [pathRule('quay.io', '')],
});
const repository = { production: 'repo/v/a', staging: 'v/a' };
function needs(item: string): Pick<WantedImage, 'neededBy'> {
  return { neededBy: [{ catalog: 'idx', package: 'p', item }] };
}
const byDigest = makeImage('a', { digest: A, repository, ...needs('p.v1.0.0') });
const byTag = makeImage('a', { digest: null, tag: '1', repository, ...needs('p.v2.0.0') });
const named = makeImage('a', { digest: B, repository, arrivalTags: ['2'], demandedTags: ['3'] });
const other = makeImage('b', { digest: A, key: `odd/b@${A}`, ...needs('p.v10.0.0') });
const flat = makeImage('c', { digest: B, key: `c@${B}`, ...needs('p.v3.0.0') });
const images = [byDigest, byTag, named, other, flat];

function find(text: string): readonly string[] {
  return findAsked(parseAsked(text, manifest), images).map((image) => image.key);
}

// Seen to fail: with six digits taken for a digest; with all places held against those in production;
// without the key, the name that a report gives was not found.
test('findAsked finds an image by every name that Git or its place gives it', () => {
  const cases: readonly (readonly [string, readonly { readonly key: string }[]])[] = [
    [`quay.io/v/a@${A}`, [byDigest]],
    [`quay.io/v/a:9@${A}`, [byDigest]],
    [`prod:5000/repo/v/a@${A}`, [byDigest]],
    [`alias:5000/repo/v/a@${A}`, [byDigest]],
    [`stage:5001/v/a@${A}`, [byDigest]],
    [`prod:5000/repo/v/a:sha256-${HEX}`, [byDigest]],
    [`prod:5000/repo/v/a:olmirror-${HEX}`, [byDigest]],
    [`prod:5000/repo/v/a:sha256-${HEX}.sig`, [byDigest]],
    [`prod:5000/v/a@${A}`, []],
    [`stage:5001/repo/v/a@${A}`, []],
    [`quay.io/v/a@${C}`, []],
    ['quay.io/v/a:1', [byTag]],
    ['prod:5000/repo/v/a:2', [named]],
    ['stage:5001/v/a:3', [named]],
    ['quay.io/v/a:4', []],
    ['quay.io/v/a', [byDigest, byTag, named]],
    [A, [byDigest, other]],
    ['sha256:aaaaaaa', [byDigest, other]],
    ['aaaaaaa', [byDigest, other]],
    ['sha256:aaaaaa', []],
    ['sha256:aaaaaaab', []],
    [other.key, [other]],
    [flat.key, [flat]],
    ['p.v1.0.0', [byDigest, named]],
    ['p.v1.0', []],
  ];
  for (const [text, expected] of cases)
    assert.deepEqual(
      find(text),
      expected.map(({ key }) => key),
      text,
    );
});

function inGit(text: string): string {
  const asked = parseAsked(text, manifest);
  return asked.kind === 'reference' ? asked.inGit : assert.fail();
}

test('parseAsked turns an address of ours back into what Git would name', () => {
  assert.equal(inGit('quay.io/v/a:1'), 'quay.io/v/a:1');
  assert.equal(inGit('prod:5000/repo/v/a:1'), 'quay.io/v/a:1');
  assert.equal(inGit('stage:5001/v/a:1'), 'quay.io/v/a:1');
  const plain = makeManifest();
  const asked = parseAsked('prod.example:5000/v/a:1', plain);
  // Without rules the host that was dropped is not known.
  assert.equal(asked.kind === 'reference' ? asked.inGit : '', '/v/a:1');
});

test('parseAsked knows what a tag of cosign belongs to', () => {
  const tag = `sha256-${HEX}`;
  for (const [ending, kind] of [
    ['.sig', 'signature'],
    ['.att', 'attestation'],
    ['.sbom', 'sbom'],
  ] as const) {
    const asked = parseAsked(`quay.io/v/a:${tag}${ending}`, manifest);
    assert.ok(asked.kind === 'reference');
    assert.deepEqual(asked.attached, { kind, tag: `${tag}${ending}` });
    assert.deepEqual([asked.digest, asked.tag], [A, null]);
  }
});

function suggest(text: string): readonly string[] {
  return suggestAsked(parseAsked(text, manifest), images);
}

test('suggestAsked names what may have been meant, best first', () => {
  assert.deepEqual(suggest('p'), ['p.v10.0.0', 'p.v3.0.0', 'p.v2.0.0', 'p.v1.0.0']);
  assert.deepEqual(suggest('p.v2.0.1'), ['p.v2.0.0']);
  assert.deepEqual(suggest('v10'), ['p.v10.0.0']);
  assert.deepEqual(suggest('entirely-different'), []);
  assert.deepEqual(suggest(`quay.io/w/b@${A}`), [byDigest.upstream, other.upstream]);
  assert.deepEqual(suggest('quay.io/w/b:1'), [other.upstream]);
  assert.deepEqual(suggest('quay.io/v/a:7'), [byDigest.upstream, byTag.upstream, named.upstream]);
  assert.deepEqual(suggest('sha256:0000000'), []);
});
