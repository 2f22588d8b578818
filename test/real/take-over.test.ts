import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProxiedSite } from '../support/proxied-site.ts';
import { createSite, pushIndex, pushOperator, readText } from '../support/site.ts';
import {
  assertNothingToDo,
  fillProduction,
  initAnew,
  type Laid,
  readDraft,
  readProduction,
  readRules,
  writeObjects,
} from '../support/take-over.ts';

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function all(how: Laid): Readonly<Record<string, Laid>> {
  return { a: how, b: how };
}

interface FilledSite {
  /** Each operator by how it was brought. */
  readonly laid: Readonly<Record<string, Laid>>;
  readonly rules: readonly string[];
}

const SITES: Readonly<Record<string, FilledSite>> = {
  'by oc-mirror v2': { laid: all({}), rules: [] },
  'by oc-mirror v1, with hashes as tags': {
    laid: all({ tag: (digest) => digest.slice(7, 15) }),
    rules: [],
  },
  'by oc-mirror into a namespace': {
    laid: all({ place: (path) => `mirror/site/${path}` }),
    rules: ['registry.example.com → mirror/site'],
  },
  'by oc-mirror with --max-nested-paths': {
    laid: all({ place: (path) => path.replaceAll('/', '-') }),
    rules: ['registry.example.com →  (1)'],
  },
  'by hand, with last names alone': {
    laid: all({ place: lastName }),
    rules: ['registry.example.com/vendor → '],
  },
  'by hand, with the host as a folder': {
    laid: all({ place: (path) => `registry.example.com/${path}` }),
    rules: ['registry.example.com → registry.example.com'],
  },
  'by several people': {
    laid: { a: {}, b: { place: (path) => `byhand/${lastName(path)}` }, c: { place: lastName } },
    rules: [
      'registry.example.com/vendor/b-bundle → byhand/b-bundle',
      'registry.example.com/vendor/b-operand → byhand/b-operand',
      'registry.example.com/vendor/c-bundle → c-bundle',
      'registry.example.com/vendor/c-operand → c-operand',
    ],
  },
};

for (const [name, { laid, rules }] of Object.entries(SITES)) {
  test(`a production filled ${name} is taken over, and nothing is to be done`, async (t) => {
    // Seen to fail without derived rules, all but the first two: the images are listed as missing.
    const site = await createSite(t);
    await fillProduction(site, laid);
    const before = await readProduction(site);
    const init = await initAnew(site);
    assert.equal(init.code, 0, init.stderr);
    assert.doesNotMatch(init.stderr, /warning/);
    assert.deepEqual(await readRules(site), rules);
    await assertNothingToDo(site);
    assert.deepEqual(await readProduction(site), before);
  });
}

test('what waits in staging shows how deliveries are laid out there', async (t) => {
  const site = await createSite(t);
  await fillProduction(site, all({ place: lastName }));
  const place = (path: string): string => `delivery/${path}`;
  const a = await pushOperator(site.staging.host, {
    name: 'a',
    versions: ['1.0.0', '1.1.0'],
    place,
  });
  await pushIndex(site.staging.host, { a });
  const init = await initAnew(site);
  assert.equal(init.code, 0, init.stderr);
  assert.deepEqual(await readRules(site), [
    'registry.example.com → , staging delivery',
    'registry.example.com/vendor → , staging delivery/vendor',
  ]);
  await assertNothingToDo(site);
  assert.equal((await site.olmirror(['merge'])).code, 0);
  await site.commit('delivery');
  const apply = await site.olmirror(['apply']);
  assert.equal(apply.code, 0, apply.stdout + apply.stderr);
  assert.match(apply.stdout, /copied 3/);
  const tags = [...(await readProduction(site)).keys()];
  assert.ok(
    tags.every((tag) => /^(a|b)-(bundle|operand):|^olm\/idx:/.test(tag)),
    tags.join(' '),
  );
});
