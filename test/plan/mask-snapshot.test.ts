import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { listBlobs } from '../../src/catalog/build-catalog.ts';
import { chooseAsked } from '../../src/catalog/choose-asked.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { isSameContent } from '../../src/catalog/same-content.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import type { FollowedPackage } from '../../src/manifest/types.ts';
import { fitsMasked, maskCatalogFile, recognizeMasked } from '../../src/plan/mask-catalog.ts';
import { maskSnapshot } from '../../src/plan/mask-snapshot.ts';
import type { CarriedCatalog, MediaSnapshot } from '../../src/plan/media-types.ts';
import {
  createPseudonyms,
  mapTexts,
  PSEUDONYM,
  type Pseudonyms,
} from '../../src/plan/pseudonyms.ts';
import { readPair } from '../catalog/real-pair.ts';
import { checkLaw } from '../support/check-law.ts';
import { makeSnapshot } from '../support/media.ts';
import { findRealData } from '../support/real-data.ts';

/** What a site does not want to be read outside. */
interface Secrets {
  readonly production: string;
  readonly staging: string;
  readonly alias: string;
  readonly mirror: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly user: string;
  readonly source: string;
}

const word = fc.stringMatching(/^zq[a-z0-9]{1,6}(?:-[a-z0-9]{1,4})?$/);
const host = fc.tuple(word, word).map(([machine, domain]) => `${machine}.${domain}.corp:5000`);
const anySecrets: fc.Arbitrary<Secrets> = fc
  .record({
    production: host,
    staging: host,
    alias: word.map((machine) => `${machine}.corp`),
    mirror: word,
    cluster: word,
    namespace: word,
    user: word,
    source: word,
  })
  .filter((secrets) => new Set(Object.values(secrets)).size === 8);

/** What of these must not be read anywhere: of a host the machine, too. */
function listForbidden(secrets: Secrets): readonly string[] {
  return Object.values(secrets).map((text) => text.replace(/:\d+$/, ''));
}

/** A sentence with everything in it. */
function tell(secrets: Secrets): string {
  const { production, staging, alias, mirror, cluster, namespace, user, source } = secrets;
  return [
    `Mirror ${mirror} at https://${production}/ui (${alias}), then ${staging};`,
    `console.${cluster}.corp runs ${namespace}/${user} from "${source}".`,
  ].join(' ');
}

/** Says it in every place in which a catalog can. */
function writeFiles(secrets: Secrets): CarriedCatalog['files'] {
  const told = tell(secrets);
  const manifest = { kind: 'ClusterServiceVersion', metadata: { annotations: { note: told } } };
  const yaml = `kind: ConfigMap\ndata:\n  note: ${secrets.cluster}\n`;
  const annotations = { [`${secrets.cluster}.corp/owner`]: told, createdAt: '2026-01-01' };
  const bundle = {
    schema: 'olm.bundle',
    name: 'a.v1.0.0',
    package: 'a',
    image: `${secrets.production}/own/a-bundle@sha256:${'1'.repeat(64)}`,
    properties: [
      { type: 'olm.package', value: { packageName: 'a', version: '1.0.0' } },
      { type: 'olm.csv.metadata', value: { annotations, description: told } },
      { type: 'olm.bundle.object', value: { data: encode(JSON.stringify(manifest)) } },
      { type: 'olm.bundle.object', value: { data: encode(yaml) } },
      { type: 'site.note', value: [told, 12_345_678_901_234_567_890n.toString()] },
    ],
    relatedImages: [{ name: 'r', image: 'registry.example.com/vendor/a:1' }],
  };
  const blobs = [
    { schema: 'olm.package', name: 'a', defaultChannel: 'stable', description: told },
    { schema: 'olm.channel', name: 'stable', package: 'a', entries: [{ name: 'a.v1.0.0' }] },
    bundle,
    {
      schema: 'olm.deprecations',
      package: 'a',
      entries: [{ reference: { schema: 'olm.bundle', name: 'a.v1.0.0' }, message: told }],
    },
  ];
  return [
    { path: 'a/catalog.json', text: blobs.map((blob) => JSON.stringify(blob)).join('\n') },
    { path: 'b/catalog.yaml', text: `# ${told}\nschema: olm.package\nname: b\n` },
    { path: 'c/catalog.json', text: '{"schema":"olm.package","name":"c"}\n' },
    { path: '.indexignore', text: `# ${told}\n*.md\n` },
  ];
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function makeSite(secrets: Secrets): {
  readonly content: MediaSnapshot;
  readonly pseudonyms: Pseudonyms;
} {
  const { production, staging, alias, mirror, cluster, namespace, user, source } = secrets;
  const catalogSource = { name: source, namespace };
  const use: FollowedPackage = {
    cluster,
    seen: null,
    user: `Subscription ${namespace}/${user}`,
    package: 'a',
    bundle: 'a.v1.0.0',
    source,
    sourceNamespace: namespace,
    terms: { kind: 'Subscription', channel: 'stable', approval: 'Automatic', pending: null },
  };
  const content = makeSnapshot({
    name: mirror,
    registries: {
      production: { host: production, pathPrefix: '' },
      staging: { host: staging, pathPrefix: '' },
    },
    paths: [
      {
        from: `${alias}/own`,
        to: { production: 'own', staging: 'own' },
        maxNestedPaths: { production: null, staging: null },
      },
    ],
    catalogs: [
      {
        name: 'idx',
        tag: 'v1',
        content: `sha256:${'2'.repeat(64)}`,
        catalogSource,
        files: writeFiles(secrets),
        bridges: [],
        excludes: [],
      },
    ],
    clusters: [{ name: cluster, seen: null, release: null }],
    inUse: [use],
    unclear: [{ subject: `${production}/own/a`, message: tell(secrets) }],
  });
  const pseudonyms = createPseudonyms({
    name: mirror,
    hosts: { production, staging },
    aliases: [alias],
    clusters: [cluster],
    catalogSources: [catalogSource],
    uses: [use],
    known: new Set(['a', 'b', 'c', 'idx']),
  });
  return { content, pseudonyms };
}

function parseFiles([catalog]: MediaSnapshot['catalogs']): Catalog {
  const files = (catalog?.files ?? []).map(({ path, text }) => ({
    path,
    bytes: Buffer.from(text),
  }));
  const { catalog: parsed, problems } = parseCatalog(files);
  assert.deepEqual(problems, []);
  return parsed;
}

// Base64 is no disguise.
function decodeAll(text: string): string {
  return text.replaceAll(/[A-Za-z0-9+/]{16,}={0,2}/g, (data) =>
    Buffer.from(data, 'base64').toString(),
  );
}

// Seen to fail with each of these left out: the words beside the hosts, base64, comments of YAML, aliases, keys of objects.
test('no host and no name of a site is read anywhere in a masked snapshot, whatever the catalogs say', (t) => {
  checkLaw(
    t,
    fc.property(anySecrets, (secrets) => {
      const { content, pseudonyms } = makeSite(secrets);
      const text = JSON.stringify(maskSnapshot(content, pseudonyms));
      const shown = `${text}\n${decodeAll(text)}`;
      const found = listForbidden(secrets).filter((secret) => shown.includes(secret));
      assert.deepEqual(found, []);
      assert.ok(shown.split(PSEUDONYM).length > 40);
    }),
    300,
  );
});

test('a masked snapshot read with its pseudonyms is the snapshot again', (t) => {
  checkLaw(
    t,
    fc.property(anySecrets, (secrets) => {
      const { content, pseudonyms } = makeSite(secrets);
      const masked = maskSnapshot(content, pseudonyms);
      const revealed = mapTexts(masked, (told) =>
        told.replaceAll(PSEUDONYM, (pseudonym) => pseudonyms.names.get(pseudonym) ?? pseudonym),
      );
      assert.deepEqual({ ...revealed, catalogs: [], masked: false }, { ...content, catalogs: [] });
      assert.deepEqual(maskSnapshot(content, makeSite(secrets).pseudonyms), masked);
    }),
    300,
  );
});

test('outside what upstream says too is known again, so that it is not taken for another content', (t) => {
  checkLaw(
    t,
    fc.property(anySecrets, (secrets) => {
      const { content, pseudonyms } = makeSite(secrets);
      const masked = parseFiles(maskSnapshot(content, pseudonyms).catalogs);
      const upstream = parseFiles(content.catalogs);
      const wanted = [...listBlobs(upstream)];
      function countSame(catalog: Catalog): number {
        return [...listBlobs(catalog)].filter((blob, at) => {
          const other = wanted[at];
          return other !== undefined && isSameContent(blob, other);
        }).length;
      }
      assert.equal(wanted.length, 6);
      assert.deepEqual([countSame(masked), countSame(recognizeMasked(masked, upstream))], [3, 6]);
    }),
    300,
  );
});

test('what a merge goes by keeps its names, although a cluster or Subscription has them too', () => {
  const secrets = {
    production: 'nexus.example.com:5000',
    staging: 'nexus.example.com:5001',
    alias: 'mirror.example.com',
    mirror: 'stable',
    cluster: 'vendor',
    namespace: 'openshift-operators',
    user: 'a',
    source: '123',
  };
  const { content, pseudonyms } = makeSite(secrets);
  const masked = parseFiles(maskSnapshot(content, pseudonyms).catalogs);
  const pkg = masked.packages.get('a');
  assert.deepEqual(pkg?.channels[0]?.name, 'stable');
  assert.match(JSON.stringify(pkg?.bundles[0]?.value), /registry\.example\.com\/vendor\/a:1/);
  const text = JSON.stringify(maskSnapshot(content, pseudonyms));
  // Product names, names of packages and digits say nothing of a site, and stand in every catalog.
  assert.match(text, /runs openshift-operators\/a from \\*"123/);
  assert.doesNotMatch(text, /nexus|Mirror stable|console\.vendor/);
});

test('fitsMasked takes a text only for what may have been masked', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['at cluster-0123abcd.', 'at east.', true],
    ['at cluster-0123abcd.', 'at east and west.', false],
    ['at cluster-0123abcd.', 'at .', false],
    ['cluster-0123abcd and host-0123abcd.invalid', 'east and nexus.corp:5000', true],
    ['cluster-0123abcd and host-0123abcd.invalid', 'east and nexus.corp:5000!', false],
    ['same', 'same', true],
    ['same', 'same too', false],
  ];
  for (const [masked, plain, fits] of cases)
    assert.equal(fitsMasked(masked, plain), fits, `${masked} / ${plain}`);
});

const real = findRealData('pairs');

// A site whose alias, mirror, clusters and namespaces are named by words that vendors use as well: most blobs have some of them.
describe('need by masked catalogs, over all real pairs', { skip: real.skip }, () => {
  const pseudonyms = createPseudonyms({
    name: 'production',
    hosts: { production: 'nexus.example.com:5000', staging: 'nexus.example.com:5001' },
    aliases: ['quay.io'],
    clusters: ['cluster', 'installation'],
    catalogSources: [{ name: 'catalog', namespace: 'storage' }],
    uses: [],
    known: new Set(),
  });
  let masks = 0;
  for (const name of real.skip === false ? readdirSync(real.path) : [])
    test(`asks for the same: ${name}`, () => {
      const { old, fresh } = readPair(name);
      const masked = maskCatalog(old, pseudonyms);
      masks +=
        JSON.stringify([...listBlobs(masked)].map(({ value }) => value)).split(PSEUDONYM).length -
        1;
      const [plain, hidden] = [old, recognizeMasked(masked, fresh)].map((base) => ask(base, fresh));
      assert.deepEqual(hidden, plain);
    });
  after(() => assert.ok(masks > 1_000, `${masks} words were masked`));
});

function maskCatalog(catalog: Catalog, pseudonyms: Pseudonyms): Catalog {
  const text = [...listBlobs(catalog)].map(({ value }) => JSON.stringify(value)).join('\n');
  const { path, text: masked } = maskCatalogFile({ path: 'catalog.json', text }, pseudonyms);
  return parseCatalog([{ path, bytes: Buffer.from(masked) }]).catalog;
}

function ask(base: Catalog, fresh: Catalog): unknown {
  const options = {
    duplicateBundle: 'block' as const,
    strandedUpgrades: 'block' as const,
    acceptDefaultChannel: false,
    openshift: null,
    declared: { today: '2026-11-28', bridges: [] },
  };
  const wanted = [...base.packages.keys()].map((name) => ({ name, channels: [] }));
  const { asked, required, unclosed } = chooseAsked(fresh, wanted, {
    base,
    exclusions: [],
    options,
  });
  return { asked, required, left: unclosed.map(({ package: pkg, channel }) => [pkg, channel]) };
}
