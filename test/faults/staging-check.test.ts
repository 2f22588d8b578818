import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Fault, ProxiedRequest } from '../../scripts/lib/fault-proxy.ts';
import type { StagingCheck } from '../../src/plan/staging-types.ts';
import { listParts, openStorage } from '../support/damage.ts';
import {
  applyDelivery,
  createStagingSite,
  makePod,
  type StagingSite,
} from '../support/staging-site.ts';

type Rule = (request: ProxiedRequest) => Fault | null;

const NO: Fault = { kind: 'status', status: 401, body: 'no' };

const EMPTY: Fault = {
  kind: 'status',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"repositories":[]}',
};

interface Spoilt {
  readonly site: StagingSite;
  /** Sets what goes wrong from now on. */
  readonly spoil: (rules: { readonly production?: Rule; readonly staging?: Rule }) => void;
}

function sound(): null {
  return null;
}

async function createSpoiltSite(t: { after(end: () => unknown): void }): Promise<Spoilt> {
  const now: { production: Rule; staging: Rule } = { production: sound, staging: sound };
  const site = await createStagingSite(t, {
    production: (request) => now.production(request),
    staging: (request) => now.staging(request),
  });
  await applyDelivery(site);
  return {
    site,
    spoil({ production = sound, staging = sound }) {
      now.production = production;
      now.staging = staging;
    },
  };
}

function when(part: string, fault: Fault): Rule {
  return ({ url }) => (url.includes(part) ? fault : null);
}

function listUnclear({ unclear }: StagingCheck): readonly string[] {
  return unclear.map(({ kind, subject }) => `${kind} ${subject}`);
}

// Promise 6. Seen to fail, one line after the other: with unclear left out of the verdict; with a listing that is
// refused taken for an empty one; with an empty one believed; with a 401 for the tags of one repository taken for no tags; with production's
// unknown taken for absent, which made it a hindrance, and for present, which made the answer yes.
test('what a registry does not tell is not known: neither safe nor lost, and never the answer yes', async (t) => {
  const { site, spoil } = await createSpoiltSite(t);
  const staging = site.stagingProxy.host;
  assert.equal((await site.check()).verdict, 'may-be-emptied');
  const cases: readonly (readonly [string, Parameters<Spoilt['spoil']>[0], RegExp])[] = [
    ['no listing', { staging: when('/v2/_catalog', NO) }, /^listing 127/],
    ['a listing of nothing', { staging: when('/v2/_catalog', EMPTY) }, /^listing 127/],
    [
      'a listing that breaks',
      { staging: when('/v2/_catalog', { kind: 'status', status: 500 }) },
      /^listing 127/,
    ],
    [
      'one repository',
      { staging: when('/v2/vendor/a-operand/', NO) },
      /^tags 127\S+\/vendor\/a-operand$/,
    ],
    [
      'a page',
      { staging: when('/v2/vendor/a-bundle/', { kind: 'html' }) },
      /^tags 127\S+\/vendor\/a-bundle$/,
    ],
    [
      'one manifest',
      { staging: when('/v2/olm/idx/manifests/v1', { kind: 'status', status: 403 }) },
      /^index 127\S+\/olm\/idx:v1$|^manifest 127\S+\/olm\/idx:v1$/,
    ],
    [
      'production',
      { production: when('/v2/vendor/a-operand/manifests/', { kind: 'status', status: 502 }) },
      /^production 127\S+\/vendor\/a-operand@/,
    ],
    [
      'a blob of production',
      { production: when('/v2/vendor/a-bundle/blobs/', NO) },
      /^production 127\S+\/vendor\/a-bundle@/,
    ],
    [
      'the served index',
      { production: when('/v2/olm/idx/manifests/', NO) },
      /^(index|production) 127/,
    ],
  ];
  for (const [name, rules, expected] of cases) {
    spoil(rules);
    const check = await site.check();
    assert.equal(check.verdict, 'cannot-say', name);
    assert.ok(check.unclear.length > 0, name);
    for (const line of listUnclear(check)) assert.match(line, expected, name);
    assert.deepEqual(check.hindrances, [], name);
    assert.ok(
      check.unclear.every(({ next }) => next !== ''),
      name,
    );
  }
  spoil({ staging: when('/v2/_catalog', NO) });
  const { listing, sums } = await site.check();
  assert.deepEqual(
    [listing, sums.manifests],
    ['known', 9],
    'what Git knows is looked at all the same',
  );
  const { code, stdout } = await site.olmirror([
    'staging',
    'check',
    '--cluster-resources',
    site.cluster,
  ]);
  assert.equal(code, 1);
  assert.match(
    stdout,
    new RegExp(`^Whether ${staging} may be emptied cannot be said: 1 thing is not known\\.`),
  );
  assert.match(
    stdout,
    /\nNot known:\n {2}127\S+\n {4}.* does not list its repositories to this user.*\n {4}→ Let the credentials/,
  );
});

test('a staging that does not answer is not known', async (t) => {
  const { site } = await createSpoiltSite(t);
  await site.staging.stop();
  const { verdict, unclear } = await site.check();
  assert.equal(verdict, 'cannot-say');
  assert.ok(
    unclear.some(({ kind }) => kind === 'listing') && unclear.some(({ kind }) => kind === 'index'),
  );
});

// Seen to fail: with aliases left out of the names, with mirrors of IDMSs not read, without suspects, with `cluster/` not
// read, with no objects taken for none that point there, and with kinds that are missing not told.
test('objects of clusters that point at staging keep it, by its host or an alias; without objects nobody can say', async (t) => {
  const { site } = await createSpoiltSite(t);
  const { host } = site.stagingProxy;
  const file = join(site.state, 'mirror.yaml');
  await site.writeManifest({ production: site.productionProxy.host, staging: host });
  const text = `staging: { host: "${host}", insecure: true`;
  const before = await readFile(file, 'utf8');
  assert.ok(before.includes(text));
  await writeFile(file, before.replace(text, `${text}, aliases: ["mirror.example.com:5001"]`));
  await site.commit('an alias');
  const alias = 'mirror.example.com:5001';
  const objects = [
    { kind: 'CatalogSource', metadata: { name: 'cs' }, spec: { image: `${host}/olm/idx:v1` } },
    {
      kind: 'ClusterCatalog',
      metadata: { name: 'cc' },
      spec: { source: { image: { ref: `${alias}/olm/idx:v1` } } },
    },
    {
      kind: 'ImageDigestMirrorSet',
      metadata: { name: 'idms' },
      spec: {
        imageDigestMirrors: [
          { source: 'quay.io/x', mirrors: ['other.example.com/x', `${alias}/x`] },
        ],
      },
    },
    {
      kind: 'ImageTagMirrorSet',
      metadata: { name: 'itms' },
      spec: { imageTagMirrors: [{ source: 'quay.io', mirrors: [host] }] },
    },
    {
      kind: 'ImageContentSourcePolicy',
      metadata: { name: 'icsp' },
      spec: { repositoryDigestMirrors: [{ source: 'quay.io/x', mirrors: [`${host}/x`] }] },
    },
    makePod('by-host', `${host}/vendor/a-operand:v1`),
    makePod('by-alias', `${alias}/vendor/a-operand:v1`),
    makePod('ended', `${host}/vendor/a-operand:v1`, 'Succeeded'),
  ];
  await site.giveObjects(...objects);
  const check = await site.check();
  assert.deepEqual(
    check.hindrances.map(({ kind, message }) => [kind, message.split(' ').slice(0, 2).join(' ')]),
    [
      ['points-at-staging', 'CatalogSource cs'],
      ['points-at-staging', 'ClusterCatalog cc'],
      ['points-at-staging', 'ImageContentSourcePolicy icsp'],
      ['points-at-staging', 'ImageDigestMirrorSet idms'],
      ['points-at-staging', 'ImageTagMirrorSet itms'],
      ['points-at-staging', 'Pod ops/by-alias'],
      ['points-at-staging', 'Pod ops/by-host'],
    ],
  );
  assert.deepEqual([check.verdict, check.exitCode], ['may-not', 4]);
  assert.deepEqual([check.clusters[0]?.pods, check.clusters[0]?.endedPods], [3, 1]);

  await site.giveObjects();
  await mkdir(join(site.state, 'cluster'));
  await writeFile(join(site.state, 'cluster/idx.yaml'), JSON.stringify(objects[0]));
  await site.commit('what clusters are told');
  const declared = await site.check();
  assert.deepEqual(
    declared.hindrances.map(({ subject }) => subject),
    ['CatalogSource cs (cluster/idx.yaml)'],
  );
  await site.git('rm', '-q', 'cluster/idx.yaml');
  await site.commit('no more');

  await site.giveObjects(makePod('perhaps', '10.0.0.9:5001/vendor/a-operand:v1'));
  const suspect = await site.check();
  assert.deepEqual(
    [suspect.verdict, listUnclear(suspect)],
    ['cannot-say', [`unknown-registry Pod ops/perhaps (${site.cluster}/all.json)`]],
  );
  assert.equal((await site.check('--other-registry', '10.0.0.9:5001')).verdict, 'may-be-emptied');

  const none = await site.check('--none-of', 'pods');
  assert.deepEqual(listUnclear(none), ['cluster-incomplete clusters']);
  const all = ['--none-of', 'pods', '--none-of', 'catalogs', '--none-of', 'mirror-rules'];
  const stated = await site.check(...all);
  assert.deepEqual(
    [stated.verdict, stated.stated],
    ['may-be-emptied', ['pods', 'catalogs', 'mirror-rules']],
  );

  await writeFile(
    join(site.cluster, 'all.json'),
    JSON.stringify(makePod('only', 'registry.example.com/x/y:1')),
  );
  await appendFile(join(site.cluster, 'broken.yaml'), 'kind: [\n');
  const partial = await site.check();
  assert.deepEqual(
    partial.unclear.map(({ kind }) => kind),
    ['cluster-incomplete', 'cluster-incomplete', 'cluster-unreadable'],
  );
});

// Seen to fail with listChanged left out: the answer was yes.
test('an index that changes in staging while it is checked is not known', async (t) => {
  const { site, spoil } = await createSpoiltSite(t);
  let heads = 0;
  spoil({
    staging({ method, url }) {
      if (method !== 'HEAD' || !url.endsWith('/olm/idx/manifests/v1')) return null;
      heads += 1;
      return heads < 3 ? null : { kind: 'digest', digest: `sha256:${'0'.repeat(64)}` };
    },
  });
  const check = await site.check();
  assert.equal(heads, 3);
  assert.deepEqual(
    check.unclear.map(({ message }) => message),
    ['The index of idx changed in staging while it was checked.'],
  );
});

// Seen to fail with the served index not proved: the answer was yes.
test('an index that production serves and has lost a layer of keeps staging', async (t) => {
  const { site } = await createSpoiltSite(t);
  const { digest } = await site.open(site.production).getManifest('olm/idx', 'v1');
  const { blobs } = await listParts(site.open(site.production), 'olm/idx', digest);
  await openStorage(join(site.folder, 'production')).lose(blobs.at(-1) ?? '');
  const check = await site.check();
  assert.deepEqual(
    check.hindrances.map(({ kind, subject }) => [kind, subject]),
    [['served-index-damaged', `${site.productionProxy.host}/olm/idx@${digest}`]],
  );
});
