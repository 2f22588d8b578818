import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { dump, load, loadAll } from 'js-yaml';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { pushRelease, writeState } from '../support/release.ts';
import { createReleaseSigner } from '../support/release-signer.ts';
import { createSite, pushIndex, pushOperator, type Site } from '../support/site.ts';
import { applyFile, applyObject, type Kube, NO_KUBE, startKube } from '../support/start-kube.ts';
import { waitFor } from '../support/wait-for.ts';

const KINDS = [
  'CatalogSource',
  'ClusterCatalog',
  'ConfigMap',
  'ImageContentSourcePolicy',
  'ImageDigestMirrorSet',
  'ImageTagMirrorSet',
  'UpdateService',
];

const PATHS = [
  '/apis/config.openshift.io/v1/imagedigestmirrorsets',
  '/apis/config.openshift.io/v1/imagetagmirrorsets',
  '/apis/operator.openshift.io/v1alpha1/imagecontentsourcepolicies',
  '/apis/operators.coreos.com/v1alpha1/catalogsources',
  '/apis/olm.operatorframework.io/v1/clustercatalogs',
  '/apis/updateservice.operator.openshift.io/v1/updateservices',
];

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object below these names, of which an array has its places. */
function fieldsAt(value: unknown, ...names: readonly (string | number)[]): Fields {
  const found = names.reduce<unknown>((at, name) => {
    if (Array.isArray(at)) return at[Number(name)];
    return isFields(at) ? at[name] : undefined;
  }, value);
  assert.ok(isFields(found), names.join('.'));
  return found;
}

describe('what resources prints, at a real API server', { skip: NO_KUBE }, () => {
  let started: Kube | null = null;
  before(async () => {
    const server = await startKube();
    started = server;
    await applyFile(server, join(import.meta.dirname, 'crds/strict.yaml'));
    await waitFor('the API server serves the kinds', async () => {
      const answers = await Promise.all(PATHS.map((path) => server.ask('GET', path)));
      return answers.every(({ status }) => status === 200);
    });
  });
  after(() => started?.stop());

  function kube(): Kube {
    assert.ok(started !== null);
    return started;
  }

  // Seen to fail with `pollIntervalMinutes` misspelt in `buildClusterCatalog`, and without `replicas` in `buildUpdateService`.
  test('every kind is taken as it is, strictly by the schemas of its published type', async (t) => {
    const objects = await print(await createWholeSite(t));
    assert.deepEqual([...objects.keys()].toSorted(), KINDS);
    for (const object of [...objects.values()].flat()) {
      const made = await applyObject(kube(), dump(object));
      assert.equal(made.status, 201, `${dump(object)}${made.body}`);
    }
    for (const path of PATHS) {
      const { body } = await kube().ask('GET', path);
      assert.ok(Array.isArray(fieldsAt(JSON.parse(body))['items']));
      assert.doesNotMatch(body, /"items":\[\]/, path);
    }
  });

  // The other half: a schema that takes anything would take the objects above as well.
  test('what the published types do not have is refused', async (t) => {
    const objects = await print(await createWholeSite(t));
    const faults: readonly (readonly [string, string, (object: Fields) => void, RegExp])[] = [
      [
        'ImageDigestMirrorSet',
        'an unknown field',
        misspell('imageDigestMirrors'),
        /unknown|not declared/,
      ],
      [
        'ImageTagMirrorSet',
        'the field of its sister',
        misspell('imageTagMirrors', 'imageDigestMirrors'),
        /unknown|not declared/,
      ],
      [
        'ImageContentSourcePolicy',
        'an unknown field',
        misspell('repositoryDigestMirrors'),
        /unknown|not declared/,
      ],
      [
        'ImageDigestMirrorSet',
        'a mirror with a scheme',
        (object) => {
          fieldsAt(object, 'spec', 'imageDigestMirrors', 0)['mirrors'] = [
            'https://mirror.example.com/a',
          ];
        },
        /should match/,
      ],
      [
        'ImageDigestMirrorSet',
        'no source',
        (object) => {
          delete fieldsAt(object, 'spec', 'imageDigestMirrors', 0)['source'];
        },
        /source: Required value/,
      ],
      [
        'CatalogSource',
        'no source type',
        (object) => {
          delete fieldsAt(object, 'spec')['sourceType'];
        },
        /sourceType: Required value/,
      ],
      [
        'CatalogSource',
        'another security context',
        (object) => {
          fieldsAt(object, 'spec', 'grpcPodConfig')['securityContextConfig'] = 'strict';
        },
        /Unsupported value/,
      ],
      [
        'ClusterCatalog',
        'no tag and no digest',
        (object) => {
          fieldsAt(object, 'spec', 'source', 'image')['ref'] = 'mirror.example.com/olm/idx';
        },
        /must end with a digest or a tag/,
      ],
      [
        'ClusterCatalog',
        'a digest that is polled',
        (object) => {
          const image = fieldsAt(object, 'spec', 'source', 'image');
          image['ref'] = `mirror.example.com/olm/idx@sha256:${'a'.repeat(64)}`;
          image['pollIntervalMinutes'] = 10;
        },
        /cannot specify pollIntervalMinutes/,
      ],
      [
        'UpdateService',
        'no replicas',
        (object) => {
          delete fieldsAt(object, 'spec')['replicas'];
        },
        /replicas: Required value/,
      ],
      [
        'ConfigMap',
        'a signature that is no base64',
        (object) => {
          object['binaryData'] = { 'sha256-1': 'no base64!' };
        },
        /illegal base64|base64/,
      ],
    ];
    for (const [kind, what, spoil, message] of faults) {
      const [object] = objects.get(kind) ?? [];
      const spoilt = fieldsAt(load(dump(object)));
      spoil(spoilt);
      fieldsAt(spoilt, 'metadata')['name'] = 'spoilt';
      const answer = await applyObject(kube(), dump(spoilt));
      assert.ok(answer.status >= 400, `${kind} with ${what} was taken`);
      assert.match(answer.body, message, `${kind} with ${what}`);
    }
  });
});

/** Every object, by kind. */
async function print(site: Site): Promise<ReadonlyMap<string, readonly Fields[]>> {
  const objects: Fields[] = [];
  for (const args of [[], ['--cluster-version', '4.12', '--kinds', 'ImageContentSourcePolicy']]) {
    const printed = await site.olmirror(['resources', ...args]);
    assert.equal(printed.code, 0, printed.stderr);
    for (const object of loadAll(printed.stdout)) objects.push(fieldsAt(object));
  }
  return Map.groupBy(objects, ({ kind }) => String(kind));
}

function misspell(name: string, to = `${name}s`): (object: Fields) => void {
  return (object) => {
    const spec = fieldsAt(object, 'spec');
    spec[to] = spec[name];
    delete spec[name];
  };
}

/** A site with a catalog, a signed release, the image with the graph, and images by tag and by digest. */
async function createWholeSite(t: Parameters<typeof createSite>[0]): Promise<Site> {
  const site = await createSite(t);
  const { host } = site.production;
  const signer = await createReleaseSigner(t);
  const { payload } = await pushRelease(host, { version: '4.20.3' });
  await writeState(
    site,
    `releases/signatures/sha256=${payload.digest.slice(7)}/signature-1`,
    await signer.sign(payload.digest),
  );
  await pushImage(host, { repository: 'ubi9/ubi', tags: ['9.6'], files: { made: 'ubi' } });
  await site.writeManifest({
    spec: [
      '  releases: [{ version: 4.20.3 }]',
      '  images:',
      '    - { source: "registry.example.com/ubi9/ubi:9.6" }',
      '    - { source: "registry.example.com/openshift/graph-image:latest" }',
      '  movableTags: ["openshift/graph-image:latest"]',
    ].join('\n'),
  });
  await pushIndex(host, { a: await pushOperator(host, { name: 'a', versions: ['1.0.0'] }) });
  const init = await site.olmirror(['init']);
  assert.equal(init.code, 0, init.stderr);
  await site.commit('whole');
  return site;
}
