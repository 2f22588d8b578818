import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { type ManifestDraft, renderManifest } from '../../src/manifest/render-manifest.ts';

const DRAFT: ManifestDraft = {
  name: 'nexus',
  registries: {
    production: { host: '127.0.0.1:5000', insecure: true, aliases: ['10.0.0.5:5000'] },
    staging: { host: 'staging.example.com', insecure: false, aliases: [] },
  },
  catalog: {
    name: '1e3',
    repository: { production: 'olm/idx', staging: 'null' },
    tag: { production: '4.10', staging: '4.10' },
    base: 'scratch',
    platforms: ['linux/amd64', 'linux/s390x'],
  },
  paths: [
    {
      from: 'quay.io',
      to: { production: '', staging: 'mirror' },
      maxNestedPaths: { production: 2, staging: 2 },
      note: '4 of 4 images found in production.',
    },
    {
      from: 'registry.example.com/a',
      to: { production: 'null', staging: 'null' },
      maxNestedPaths: { production: null, staging: 1 },
      note: 'As mirror rules say.',
    },
  ],
};

test('renderManifest writes a manifest that parseManifest takes without a problem', () => {
  const text = renderManifest(DRAFT);
  const { manifest, problems } = parseManifest(text, 'mirror.yaml');
  assert.deepEqual(problems, []);
  assert.equal(manifest?.name, 'nexus');
  assert.deepEqual(
    [manifest.registries.production.host, manifest.registries.production.insecure],
    ['127.0.0.1:5000', true],
  );
  assert.deepEqual(
    [manifest.registries.staging.host, manifest.registries.staging.insecure],
    ['staging.example.com', false],
  );
  assert.deepEqual(manifest.registries.production.aliases, ['10.0.0.5:5000']);
  assert.deepEqual(
    manifest.paths,
    DRAFT.paths.map(({ from, to, maxNestedPaths }) => ({ from, to, maxNestedPaths })),
  );
  assert.match(text, /# 4 of 4 images found in production\.\n    - \{ from: "quay\.io"/);
  const [catalog] = manifest.catalogs;
  assert.equal(catalog?.path, 'catalogs/1e3');
  assert.deepEqual(catalog, { ...catalog, ...DRAFT.catalog });
  assert.match(text, /^# yaml-language-server: \$schema=schemas\/mirror\.schema\.json\n/);
});

test('the schema tells editors the defaults that a manifest really has', () => {
  const schema: unknown = JSON.parse(
    readFileSync(new URL('../../schemas/mirror.schema.json', import.meta.url), 'utf8'),
  );
  const minimal = parseManifest(
    'apiVersion: olmirror/v1alpha1\nkind: Mirror\nmetadata: {name: m}\nspec: {registries: {production: {host: a}, staging: {host: b}}, catalogs: [{name: c, repository: c, tag: c}]}',
    'mirror.yaml',
  );
  const spelled = parseManifest(
    JSON.stringify({
      apiVersion: 'olmirror/v1alpha1',
      kind: 'Mirror',
      metadata: { name: 'm' },
      spec: {
        ...defaultsOf(schema, '/properties/spec'),
        registries: {
          production: { ...defaultsOf(schema, '/definitions/registry'), host: 'a' },
          staging: { host: 'b' },
        },
        catalogs: [
          {
            ...defaultsOf(schema, '/properties/spec/properties/catalogs/items'),
            name: 'c',
            repository: 'c',
            tag: 'c',
          },
        ],
        policy: defaultsOf(schema, '/properties/spec/properties/policy'),
        reconcile: {
          ...defaultsOf(schema, '/properties/spec/properties/reconcile'),
          windows: defaultsOf(schema, '/properties/spec/properties/reconcile/properties/windows'),
        },
      },
    }),
    'mirror.yaml',
  );
  assert.deepEqual(spelled.problems, []);
  assert.deepEqual(spelled.manifest, minimal.manifest);
});

test('every field of the schemas has a title and a description', () => {
  let fields = 0;
  const folder = new URL('../../schemas/', import.meta.url);
  for (const name of readdirSync(folder)) {
    const schema: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    walk(schema, (field, at) => {
      fields += 1;
      assert.ok('description' in field, `${name} ${at}`);
      assert.ok('title' in field || '$ref' in field, `${name} ${at}`);
      if ('properties' in field)
        assert.equal(Reflect.get(field, 'additionalProperties'), false, `${name} ${at}`);
    });
  }
  assert.ok(fields > 250, `${fields} fields`);
});

function walk(schema: unknown, visit: (field: object, at: string) => void, at = ''): void {
  if (typeof schema !== 'object' || schema === null) return;
  visit(schema, at);
  for (const group of ['properties', 'definitions']) {
    const fields: unknown = Reflect.get(schema, group);
    if (typeof fields === 'object' && fields !== null)
      for (const [name, field] of Object.entries(fields)) walk(field, visit, `${at}/${name}`);
  }
  walk(Reflect.get(schema, 'items'), visit, `${at}[]`);
}

function defaultsOf(schema: unknown, pointer: string): Record<string, unknown> {
  const found = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined,
      schema,
    );
  assert.ok(typeof found === 'object' && found !== null && 'properties' in found, pointer);
  const entries = Object.entries(found.properties ?? {}).filter(
    ([, field]) => typeof field === 'object' && field !== null && 'default' in field,
  );
  assert.ok(entries.length > 0, pointer);
  return Object.fromEntries(entries.map(([name, field]) => [name, Reflect.get(field, 'default')]));
}
