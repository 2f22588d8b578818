import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { derivePaths, type FoundRepository } from '../../src/images/derive-paths.ts';
import { type Layout, listLayouts } from '../../src/images/layouts.ts';
import { mapRepository, placeBy } from '../../src/images/map-path.ts';
import { makeManifest } from '../support/manifest.ts';

const PLAIN = listLayouts({ mirrored: [], folders: [] });

test('derivePaths needs no rule for what oc-mirror mirrored, releases included', () => {
  const found = [
    place('registry.redhat.io/ns/a', { 'ns/a': 3 }),
    place('quay.io/openshift-release-dev/ocp-v4.0-art-dev', { 'openshift/release': 190 }),
  ];
  assert.deepEqual(derive(found, PLAIN), []);
});

test('derivePaths says a layout once, at the shortest prefix, and its exception after it', () => {
  const found = [
    place('registry.redhat.io/ns/a', { 'registry.redhat.io/ns/a': 3 }),
    place('registry.redhat.io/ns/b', { 'registry.redhat.io/ns/b': 1 }),
    place('registry.redhat.io/other/c', { 'registry.redhat.io/other/c': 1 }),
    place('registry.redhat.io/other/d', { d: 2 }),
    place('quay.io/x/y', { 'x/y': 1 }),
  ];
  assert.deepEqual(texts(derive(found, PLAIN)), [
    'registry.redhat.io → registry.redhat.io 5/5',
    'registry.redhat.io/other/d → d 2/2',
  ]);
});

test('derivePaths finds joined names, folders and last names', () => {
  assert.deepEqual(
    texts(
      derive([place('quay.io/a/b/c', { 'a-b-c': 1 }), place('quay.io/d/e', { 'd-e': 1 })], PLAIN),
    ),
    ['quay.io →  (1) 2/2'],
  );
  const below = listLayouts({ mirrored: [], folders: ['mirror'] });
  assert.deepEqual(
    texts(
      derive(
        [place('quay.io/a/b', { 'mirror/a/b': 1 }), place('quay.io/c/d', { 'mirror/d': 2 })],
        below,
      ),
    ),
    ['quay.io → mirror 1/1', 'quay.io/c → mirror 2/2'],
  );
});

test('derivePaths joins the rules of both roles at every prefix that one of them needs', () => {
  const found = {
    production: [place('quay.io/a/b', { 'quay.io/a/b': 4 })],
    staging: [place('quay.io/a/b', { b: 1 }), place('quay.io/c/d', { 'c/d': 1 })],
  };
  const rules = derivePaths(found, { production: PLAIN, staging: PLAIN });
  assert.deepEqual(
    rules.map(({ from, to }) => [from, to.production, to.staging]),
    [
      ['quay.io', 'quay.io', ''],
      ['quay.io/a', 'quay.io/a', ''],
    ],
  );
});

test('what mirror rules say goes before what sites are known to do', () => {
  const mirrored = [
    { source: 'quay.io/a', path: 'x/y' },
    { source: 'quay.io/a', path: 'z' },
  ];
  const layouts = listLayouts({ mirrored, folders: [] });
  const found = [place('quay.io/a/b', { 'x/y/b': 1 }), place('quay.io/a/c', { 'z/c': 1 })];
  assert.deepEqual(texts(derive(found, layouts)), ['quay.io/a → x/y 1/1', 'quay.io/a/c → z/c 1/1']);
});

const SPREAD = listLayouts({ mirrored: [], folders: ['mirror'] });
const REPOSITORY = fc.record({
  host: fc.integer({ min: 0, max: 1 }),
  namespace: fc.integer({ min: 0, max: 2 }),
  deep: fc.integer({ min: 0, max: 1 }),
  name: fc.integer({ min: 0, max: 8 }),
  layout: fc.integer({ min: 0, max: SPREAD.length - 1 }),
  images: fc.integer({ min: 1, max: 3 }),
});

test('derived rules lead to every image, however layouts are mixed, in whatever order', () => {
  fc.assert(
    fc.property(fc.array(REPOSITORY, { maxLength: 15 }), (repositories) => {
      const found = new Map<string, FoundRepository>();
      for (const { host, namespace, deep, name, layout, images } of repositories) {
        const upstream = `h${host}.example/n${namespace}/${deep === 1 ? 'deep/' : ''}r${name}`;
        const rule = SPREAD[layout]?.rulesAt(upstream).at(-1);
        assert.ok(rule);
        found.set(upstream, place(upstream, { [placeBy(rule, split(upstream), '')]: images }));
      }
      const all = [...found.values()];
      const derived = derive(all, SPREAD);
      for (const { hits, found: governed } of derived) assert.equal(hits, governed);
      const paths = derived.map(({ from, to, maxNestedPaths }) => ({
        from,
        to: { production: to, staging: to },
        maxNestedPaths: { production: maxNestedPaths, staging: maxNestedPaths },
      }));
      for (const { registry, repository, images } of all) {
        const ref = { registry, repository, tag: null, digest: null };
        assert.ok(images.has(mapRepository(ref, 'production', makeManifest({ paths }))));
      }
      assert.deepEqual(derived, derive(all.toReversed(), SPREAD));
    }),
  );
});

function place(upstream: string, images: Readonly<Record<string, number>>): FoundRepository {
  return { ...split(upstream), images: new Map(Object.entries(images)) };
}

function split(upstream: string): { readonly registry: string; readonly repository: string } {
  const slash = upstream.indexOf('/');
  return { registry: upstream.slice(0, slash), repository: upstream.slice(slash + 1) };
}

/** Rules for production alone. */
function derive(found: readonly FoundRepository[], layouts: readonly Layout[]) {
  return derivePaths({ production: found, staging: [] }, { production: layouts, staging: [] }).map(
    ({ from, to, maxNestedPaths, hits, found: all }) => ({
      from,
      to: to.production,
      maxNestedPaths: maxNestedPaths.production,
      hits: hits.production,
      found: all.production,
    }),
  );
}

function texts(rules: ReturnType<typeof derive>): readonly string[] {
  return rules.map(
    ({ from, to, maxNestedPaths, hits, found }) =>
      `${from} → ${to}${maxNestedPaths === null ? '' : ` (${maxNestedPaths})`} ${hits}/${found}`,
  );
}
