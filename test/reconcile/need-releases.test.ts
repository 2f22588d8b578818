import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { readReleaseGraph } from '../../src/manifest/release-graph.ts';
import { packGraph, unpackGraph } from '../../src/plan/carry-graph.ts';
import { sealMedia } from '../../src/plan/media-documents.ts';
import type { CarriedRelease, NeededReleases } from '../../src/plan/media-release-types.ts';
import type { MediaSnapshot } from '../../src/plan/media-types.ts';
import { needReleases, type ReleaseRequest } from '../../src/reconcile/need-releases.ts';
import { renderImageSet } from '../../src/report/render-image-set.ts';
import { makeSnapshot } from '../support/media.ts';

const CHANNELS = 'io.openshift.upgrades.graph.release.channels';

interface GraphSpec {
  /** Version → its channels. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly edges: readonly (readonly [string, string])[];
  readonly conditional?: readonly (readonly [string, string])[];
}

/** As an update service answers. */
function graphOf({ nodes, edges, conditional = [] }: GraphSpec): ReleaseRequest['given'] {
  const versions = Object.keys(nodes);
  const answer = {
    nodes: versions.map((version) => ({ version, metadata: { [CHANNELS]: nodes[version] } })),
    edges: edges.map((edge) => edge.map((version) => versions.indexOf(version))),
    conditionalEdges: [
      {
        edges: conditional.map(([from, to]) => ({ from, to })),
        risks: [{ name: 'SlowDisk', message: 'm', url: '', matchingRules: [{ type: 'Always' }] }],
      },
    ],
  };
  const { graph, problems } = readReleaseGraph([
    { path: 'graph.json', text: JSON.stringify(answer) },
  ]);
  assert.deepEqual(problems, []);
  assert.ok(graph !== null);
  return { place: 'graph.json', graph };
}

function held(version: string, more: Partial<CarriedRelease> = {}): CarriedRelease {
  return {
    architecture: 'x86_64',
    wanted: false,
    production: 'present',
    updates: null,
    version,
    ...more,
  };
}

function cluster(name: string, version: string, channel: string) {
  const history = [{ version, state: 'Completed' as const }];
  const architecture = 'x86_64';
  return { name, seen: null, release: { version, channel, architecture, history } };
}

function snapshotOf(content: Partial<MediaSnapshot>): MediaSnapshot {
  const clusters = [cluster('prod', '4.19.1', 'stable-4.19')];
  return makeSnapshot({ releases: [held('4.19.1')], clusters, ...content });
}

function ask(
  version: string | null,
  given: ReleaseRequest['given'],
  content: Partial<MediaSnapshot> & { readonly channel?: string } = {},
): NeededReleases {
  const { channel = null, ...carried } = content;
  const asked = version === null ? [] : [{ version, architecture: null }];
  const found = needReleases(snapshotOf(carried), { asked, channel, given });
  assert.ok(found !== null);
  return found;
}

function listBrought({ bring }: NeededReleases): readonly string[] {
  return bring.map(({ version, why, channel }) => `${version} ${why} ${channel}`);
}

function listVerdicts({ paths }: NeededReleases): readonly string[] {
  return paths.map(
    ({ cluster: name, release, verdict }) => `${name} ${release.version} ${verdict}`,
  );
}

/** `mirror.platform` of what oc-mirror v2 is given. */
function renderPlatform(releases: NeededReleases): unknown {
  const text = renderImageSet(
    sealMedia({
      apiVersion: 'olmirror/v1alpha1' as const,
      kind: 'Need' as const,
      snapshot: snapshotOf({}),
      catalogs: [],
      releases,
      images: [],
      held: [],
      unreadable: [],
      blobs: null,
      exitCode: 0 as const,
    }),
  );
  const parsed = load(text);
  assert.ok(isObject(parsed) && isObject(parsed['mirror']));
  assert.deepEqual(Object.keys(parsed['mirror']), ['platform']);
  return parsed['mirror']['platform'];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const WAY: GraphSpec = {
  nodes: {
    '4.19.1': 'stable-4.19',
    '4.19.12': 'stable-4.19,stable-4.20',
    '4.19.13': 'stable-4.19,stable-4.20',
    '4.20.3': 'stable-4.20',
    '4.20.5': 'stable-4.20',
  },
  edges: [
    ['4.19.1', '4.19.12'],
    ['4.19.1', '4.19.13'],
    ['4.19.12', '4.20.3'],
    ['4.20.3', '4.20.5'],
  ],
};

// Seen to fail with what lies on the way left out: a cluster then does not get to what was brought.
test('a release is brought with those that the way of a cluster leads over, as one range of one channel', () => {
  const needed = ask('4.20.3', graphOf(WAY));
  assert.deepEqual(listBrought(needed), ['4.19.12 way stable-4.20', '4.20.3 asked stable-4.20']);
  assert.deepEqual(listVerdicts(needed), ['prod 4.20.3 other-channel']);
  assert.deepEqual(renderPlatform(needed), {
    channels: [
      {
        name: 'stable-4.20',
        minVersion: '4.19.12',
        maxVersion: '4.20.3',
        shortestPath: true,
      },
    ],
  });
  assert.deepEqual(needed.bring.map(({ reference, repository }) => [reference, repository])[1], [
    'quay.io/openshift-release-dev/ocp-release:4.20.3-x86_64',
    'openshift/release-images',
  ]);
});

test('what production holds already is not brought again, and the way may lead over it', () => {
  const releases = [held('4.19.1'), held('4.19.12')];
  const needed = ask('4.20.3', graphOf(WAY), { releases, updateService: true });
  assert.deepEqual(listBrought(needed), ['4.20.3 asked stable-4.20']);
  assert.deepEqual(renderPlatform(needed), {
    channels: [{ name: 'stable-4.20', minVersion: '4.20.3', maxVersion: '4.20.3' }],
    graph: true,
  });
  const there = ask('4.19.12', graphOf(WAY), { releases });
  assert.deepEqual([there.bring, there.channels], [[], []]);
  assert.deepEqual(there.held, [{ version: '4.19.12', architecture: 'x86_64' }]);
});

test('a cluster that does not get there is told: no update, one taken out, or nobody knows', () => {
  const cut = { ...WAY, edges: [] };
  assert.deepEqual(listVerdicts(ask('4.20.3', graphOf(cut))), ['prod 4.20.3 none']);
  const silent = ask('4.20.3', null);
  assert.deepEqual(listVerdicts(silent), ['prod 4.20.3 unknown']);
  assert.match(
    silent.notes.join('\n'),
    /no graph of updates[^]*No graph lists 4\.20\.3 in stable-4\.20/,
  );
  const unseen = ask('4.20.3', graphOf(WAY), { clusters: null });
  assert.match(unseen.notes.join('\n'), /nobody knows who gets there/);
  // Graph-data lists the release, but which updates lead there says its payload, which nobody read.
  const { graph } = readReleaseGraph([
    { path: 'channels/stable-4.20.yaml', text: 'name: stable-4.20\nversions: [4.19.1, 4.20.3]\n' },
  ]);
  assert.ok(graph !== null);
  const old = ask('4.20.3', null, { graph: packGraph(graph) });
  assert.deepEqual(listVerdicts(old), ['prod 4.20.3 unknown']);
  assert.match(old.notes.join('\n'), /is that of the snapshot/);
});

test('--channel is the one that clusters are to follow', () => {
  const channel = 'stable-4.20';
  const clusters = [cluster('prod', '4.19.12', 'stable-4.19')];
  const releases = [held('4.19.12')];
  const without = ask('4.20.3', graphOf(WAY), { clusters, releases });
  const needed = ask('4.20.3', graphOf(WAY), { clusters, releases, channel });
  assert.deepEqual(
    [listVerdicts(without), listVerdicts(needed)],
    [['prod 4.20.3 other-channel'], ['prod 4.20.3 open']],
  );
});

// oc-mirror takes edges without a condition for its shortest way alone.
test('a range whose way has a condition, or that two clusters need differently, is no shortest way', () => {
  const risky = { ...WAY, edges: [], conditional: WAY.edges };
  const needed = ask('4.20.3', graphOf(risky));
  assert.deepEqual(listVerdicts(needed), ['prod 4.20.3 other-channel']);
  assert.deepEqual(needed.channels, [
    {
      name: 'stable-4.20',
      minVersion: '4.19.12',
      maxVersion: '4.20.3',
      shortestPath: false,
      exact: false,
    },
  ]);
  assert.match(needed.notes.join('\n'), /brings releases besides/);
});

test('what Git lists or a cluster runs is needed where production lacks it, asked for or not', () => {
  const releases = [
    held('4.19.1', { production: 'absent' }),
    held('4.20.3', { wanted: true, production: 'unknown' }),
  ];
  const needed = ask(null, graphOf(WAY), { releases });
  assert.deepEqual(
    needed.bring.map(({ version, why, state }) => `${version} ${why} ${state}`),
    ['4.19.1 in-use absent', '4.19.12 way absent', '4.20.3 wanted unknown'],
  );
  const nothing = needReleases(snapshotOf({}), { asked: [], channel: null, given: null });
  assert.equal(nothing, null);
});

test('each architecture that clusters run is brought', () => {
  const prod = cluster('prod', '4.19.12', 'stable-4.20');
  const release = { ...prod.release, architecture: 'aarch64' };
  const clusters = [prod, { ...prod, name: 'edge', release }];
  const releases = [held('4.19.12'), held('4.19.12', { architecture: 'aarch64' })];
  const needed = ask('4.20.3', graphOf(WAY), { clusters, releases });
  assert.deepEqual(
    needed.bring.map(({ reference }) => reference.split(':')[1]),
    ['4.20.3-aarch64', '4.20.3-x86_64'],
  );
  assert.deepEqual(renderPlatform(needed), {
    architectures: ['amd64', 'arm64'],
    channels: [{ name: 'stable-4.20', minVersion: '4.20.3', maxVersion: '4.20.3' }],
  });
});

test('a graph that was carried is the graph that was packed', () => {
  const { graph } = readReleaseGraph([
    { path: 'channels/fast-4.20.yaml', text: 'name: fast-4.20\nversions: [4.20.1+amd64]\n' },
    { path: 'blocked-edges/a.yaml', text: 'to: 4.20.1\nfrom: ^4\\.19\\.(1|2)[+].*$\n' },
  ]);
  assert.ok(graph !== null);
  assert.equal(graph.blocked.length, 1);
  assert.deepEqual(unpackGraph(JSON.parse(JSON.stringify(packGraph(graph)))), graph);
});
