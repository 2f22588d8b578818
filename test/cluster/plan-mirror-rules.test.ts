import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planMirrorRules } from '../../src/cluster/plan-mirror-rules.ts';
import { resolveImage } from '../../src/cluster/resolve-image.ts';
import { listPlacedReferences } from '../../src/images/list-references.ts';
import type { ObservedMirror } from '../../src/manifest/observed-cluster.ts';
import type { PathRule } from '../../src/manifest/types.ts';
import { digestOfChar, makeManifest, pathRule } from '../support/manifest.ts';

const PLACE = { role: 'production', host: 'prod.example:5000' } as const;
const DIGEST = digestOfChar('a');

function place(sources: readonly string[], paths: readonly PathRule[] = []) {
  const images = sources.map((source) => ({ source, tags: [] }));
  const manifest = makeManifest({ images, paths });
  return listPlacedReferences({ manifest, catalogs: new Map(), releases: [] });
}

function plan(sources: readonly string[], paths: readonly PathRule[] = []) {
  return planMirrorRules(place(sources, paths), PLACE).map(
    ({ source, mirrors, redirects }) => `${redirects} ${source} ${mirrors.join()}`,
  );
}

test('planMirrorRules lets a namespace stand for its repositories, and never a host', () => {
  const found = plan([
    `r.io/oadp/a@${DIGEST}`,
    `r.io/oadp/b@${DIGEST}`,
    `r.io/oadp/deep/c:v1`,
    `r.io/single@${DIGEST}`,
  ]);
  assert.deepEqual(found, [
    'digest r.io/oadp prod.example:5000/oadp',
    'tag r.io/oadp prod.example:5000/oadp',
    'digest r.io/single prod.example:5000/single',
  ]);
});

test('planMirrorRules keeps repositories apart where one of a namespace lies elsewhere or under another name', () => {
  const sources = [`r.io/ns/a@${DIGEST}`, `r.io/ns/b@${DIGEST}`];
  assert.deepEqual(plan(sources, [pathRule('r.io/ns/b', 'other/b')]), [
    'digest r.io/ns/a prod.example:5000/ns/a',
    'digest r.io/ns/b prod.example:5000/other/b',
  ]);
  assert.deepEqual(plan(sources, [pathRule('r.io/ns', 'flat/ns', 2), pathRule('r.io/ns/b', 'x')]), [
    'digest r.io/ns/a prod.example:5000/flat/ns-a',
    'digest r.io/ns/b prod.example:5000/x',
  ]);
});

test('planMirrorRules redirects a release payload by tag and by digest', () => {
  const releases = [{ version: '4.20.3', architecture: 'x86_64' }];
  const manifest = makeManifest({ releases });
  const references = listPlacedReferences({ manifest, catalogs: new Map(), releases: [] });
  const payload = 'quay.io/openshift-release-dev/ocp-release';
  assert.deepEqual(
    planMirrorRules(references, PLACE).map(({ source, redirects, category }) => [
      source,
      redirects,
      category,
    ]),
    [
      [payload, 'digest', 'release'],
      [payload, 'tag', 'release'],
    ],
  );
});

const part = fc.constantFrom('a', 'b', 'c', 'ab');
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const host = fc.constantFrom('r.io', 'q.io:8443', 'prod.example:5000');
const source = fc
  .tuple(host, path, fc.constantFrom(`@${DIGEST}`, ':v1', `:v1@${DIGEST}`))
  .map(([at, name, end]) => `${at}/${name}${end}`);
const paths = fc.uniqueArray(
  fc
    .tuple(host, path, path, fc.constantFrom(null, 1, 2, 3))
    .map(([at, from, to, limit]) => pathRule(`${at}/${from}`, to, limit)),
  { maxLength: 4, selector: ({ from }) => from },
);

// Guards against: namespaces merged over a repository that lies elsewhere, and a longer source for digests alone that hides a shorter one for tags.
test('property: a node asks first at the place of every wanted image, whatever the manifest maps', () => {
  fc.assert(
    fc.property(fc.array(source, { minLength: 1, maxLength: 12 }), paths, (sources, mapped) => {
      const references = place(sources, mapped);
      const rules = planMirrorRules(references, PLACE).map(
        (rule): ObservedMirror => ({ ...rule, exclusive: false, object: '' }),
      );
      for (const { reference, ref, repository } of references) {
        const [first] = resolveImage(reference, rules);
        const end = reference.slice(`${ref.registry}/${ref.repository}`.length);
        assert.equal(first?.reference, `${PLACE.host}/${repository.production}${end}`);
      }
    }),
    { numRuns: 2000 },
  );
});

test('property: rules do not depend on the order of images, and each source stands once for a kind', () => {
  fc.assert(
    fc.property(fc.array(source, { maxLength: 12 }), paths, (sources, mapped) => {
      const rules = planMirrorRules(place(sources, mapped), PLACE);
      const reversed = planMirrorRules(place(sources.toReversed(), mapped), PLACE);
      assert.deepEqual(reversed, rules);
      assert.equal(new Set(rules.map((it) => `${it.source} ${it.redirects}`)).size, rules.length);
    }),
  );
});
