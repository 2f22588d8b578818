import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { branchCatalog, removeCatalog } from '../../src/manifest/edit-catalogs.ts';
import { accept, HEAD, REGISTRIES } from './manifest-texts.ts';

const FIELDS = {
  name: 'y',
  path: 'catalogs/y',
  repository: 'olm/x',
  tag: 'v2',
  catalogSource: { name: 'cs-y', namespace: 'openshift-marketplace' },
};
const FLOW =
  '{ name: "y", path: catalogs/y, repository: olm/x, tag: "v2", base: scratch, catalogSource: { name: cs-y, namespace: openshift-marketplace } }';
const LINES = [
  '- name: "y"',
  '  path: catalogs/y',
  '  repository: olm/x',
  '  tag: "v2"',
  '  base: scratch',
  '  catalogSource: { name: cs-y, namespace: openshift-marketplace }',
];

function branch(text: string): string {
  return branchCatalog(text, 'mirror.yaml', { from: 'x', fields: FIELDS });
}

/** `§` stands where the catalog must come. */
const PLACES: readonly (readonly [string, string])[] = [
  [
    'in lines',
    '    # ours\n    - base: scratch # none\n      name: x\n      repository: olm/x\n      tag: v1 # the first§\n  # releases\n  releases: []\n',
  ],
  [
    'in lines, without its pin',
    '    - name: x\n      repository: olm/x\n      tag: v1\n      base: scratch\n      pin: { tag: v1-aaaaaaaaaaaa, reason: r, by: b }§\n',
  ],
  ['in braces', '    - { name: x, repository: olm/x, tag: v1, base: scratch }§\n'],
  [
    'behind the others',
    '    - { name: x, repository: olm/x, tag: v1, base: scratch } # x\n    - name: z\n      repository: olm/z\n      tag: v1§',
  ],
];

// Seen to fail with the pin kept, and with the lines put behind the catalog that it comes from.
for (const [name, marked] of PLACES)
  test(`branchCatalog writes the new catalog ${name}, and leaves everything else as it is`, () => {
    for (const breaks of ['\n', '\r\n']) {
      const text = `${HEAD}${REGISTRIES}  catalogs:\n${marked}`.replaceAll('\n', breaks);
      const own = marked.includes('- { name: x') ? [`- ${FLOW}`] : LINES;
      const added = own.map((line) => `${breaks}    ${line}`).join('');
      const edited = branch(text.replace('§', ''));
      assert.equal(edited, text.replace('§', added));
      assert.deepEqual(accept(edited).catalogs.at(-1), {
        ...accept(text.replace('§', '')).catalogs[0],
        name: 'y',
        path: 'catalogs/y',
        tag: { production: 'v2', staging: 'v2' },
        catalogSource: FIELDS.catalogSource,
        pin: null,
      });
    }
  });

test('branchCatalog writes into a list in brackets, and keeps what a merge key brings', () => {
  const list = `${HEAD}${REGISTRIES}  catalogs: [{ name: x, repository: olm/x, tag: v1, base: scratch }] # ours\n`;
  assert.equal(branch(list), list.replace('}]', `}, ${FLOW}]`));
  const merged = `${HEAD}${REGISTRIES}  catalogs:\n    - &z { name: z, repository: olm/z, tag: v1, platforms: [linux/amd64, linux/arm64] }\n    - { <<: *z, name: x, repository: olm/x }\n`;
  assert.deepEqual(accept(branch(merged)).catalogs[2]?.platforms, ['linux/amd64', 'linux/arm64']);
});

test('branchCatalog refuses a list that stands elsewhere, and gives the line', () => {
  const text = `${HEAD}${REGISTRIES}  images: &c []\n  catalogs: *c\n`;
  const shared = text.replace('[]', '[{ name: x, base: scratch }]');
  assert.throws(
    () => branch(shared),
    (error) =>
      isToolError(error, 'MANIFEST_INVALID') &&
      /Nothing was changed/.test(error.message) &&
      error.hint?.endsWith(`\n  - ${FLOW}`) === true,
  );
});

/** `‹…›` is what goes; `§` what comes instead. */
const REMOVALS: readonly (readonly [string, string])[] = [
  [
    'the first of several',
    '  catalogs:\n    # of all\n‹    - name: x # ours - or not\n      repository: olm/x\n      # its tag\n      tag: v1 # one\n›    # of z\n    - { name: z, repository: olm/z, tag: v1 }\n',
  ],
  [
    'the last of several',
    '  catalogs:\n    - name: z\n      repository: olm/z\n      tag: v1 # z - a\n    # of x\n‹    -\n      # here\n      name: x\n      repository: olm/x\n      tag: v1\n›  releases: []\n',
  ],
  [
    'one between others, in braces',
    '  catalogs:\n  - { name: z, repository: olm/z, tag: v1 }\n‹  - { name: x, repository: olm/x, tag: v1 }\n›  - { name: w, repository: olm/w, tag: v1 }\n',
  ],
  [
    'the only one',
    '  catalogs:‹\n    - name: x\n      repository: olm/x\n      tag: v1›§ # all\n  releases: []\n',
  ],
  [
    'one of a list in brackets',
    '  catalogs: [‹{ name: x, repository: olm/x, tag: v1 }, ›{ name: z, repository: olm/z, tag: v1 }]\n',
  ],
  [
    'the last of a list in brackets',
    '  catalogs: [{ name: z, repository: olm/z, tag: v1 }‹, { name: x, repository: olm/x, tag: v1 }›]\n',
  ],
];

// Seen to fail with the dash looked for backwards: the one in a comment was found.
for (const [name, marked] of REMOVALS)
  test(`removeCatalog takes out ${name}, and leaves everything else as it is`, () => {
    for (const breaks of ['\n', '\r\n']) {
      const text = `\uFEFF${HEAD}${REGISTRIES}${marked}`.replaceAll('\n', breaks);
      const wanted = text.replace(/‹[^›]*›/, '').replace('§', ' []');
      const edited = removeCatalog(text.replace(/[‹›§]/g, ''), 'mirror.yaml', 'x');
      assert.equal(edited, wanted);
      assert.ok(accept(edited).catalogs.every((entry) => entry.name !== 'x'));
    }
  });

test('removeCatalog undoes branchCatalog, and refuses where an anchor in the catalog is used elsewhere', () => {
  const text = readFileSync(new URL('../fixtures/manifest/whole.yaml', import.meta.url), 'utf8');
  const fields = { ...FIELDS, repository: 'olm/new' };
  const branched = branchCatalog(text, 'mirror.yaml', { from: 'redhat-index', fields });
  assert.equal(accept(branched).catalogs.length, accept(text).catalogs.length + 1);
  assert.equal(removeCatalog(branched, 'mirror.yaml', 'y'), text);
  const shared = `${HEAD}${REGISTRIES}  catalogs:\n    - { name: x, repository: olm/x, tag: &t v1 }\n    - { name: z, repository: olm/z, tag: *t }\n`;
  assert.throws(
    () => removeCatalog(shared, 'mirror.yaml', 'x'),
    (error) =>
      isToolError(error, 'MANIFEST_INVALID') && /shared with another place/.test(error.message),
  );
});
