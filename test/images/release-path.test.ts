import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createPathFinder,
  type PathFacts,
  type PathQuestion,
} from '../../src/images/release-path.ts';
import { readReleaseGraph } from '../../src/manifest/release-graph.ts';

function payload(version: string, ...previous: readonly string[]): PathFacts['payloads'][number] {
  return { version, previous, next: [], architecture: null };
}

function graphOf(files: Readonly<Record<string, string>>): NonNullable<PathFacts['graph']> {
  const { graph, problems } = readReleaseGraph(
    Object.entries(files).map(([path, text]) => ({ path, text })),
  );
  assert.deepEqual(problems, []);
  assert.ok(graph !== null);
  return graph;
}

const CHANNELS = {
  'channels/stable-4.19.yaml': 'name: stable-4.19\nversions: [4.19.1, 4.19.9, 4.19.12]\n',
  'channels/fast-4.20.yaml': 'name: fast-4.20\nversions: [4.19.9, 4.20.1, 4.20.3]\n',
  'channels/stable-4.20.yaml':
    'name: stable-4.20\nversions: [4.19.9, 4.19.12, 4.20.1, 4.20.3+amd64]\n',
};
const PAYLOADS = [
  payload('4.19.9', '4.19.1'),
  payload('4.19.12', '4.19.1', '4.19.9'),
  payload('4.20.1', '4.19.9'),
  payload('4.20.3', '4.19.9', '4.19.12', '4.20.1'),
];

function ask(
  question: Partial<PathQuestion>,
  facts: Partial<PathFacts> = {},
): readonly (string | readonly string[])[] {
  const find = createPathFinder({
    graph: null,
    payloads: PAYLOADS,
    architecture: 'x86_64',
    mirrored: new Set(PAYLOADS.map(({ version }) => version)),
    ...facts,
  });
  const { verdict, steps } = find({ from: '4.19.1', to: '4.20.3', channel: null, ...question });
  return [
    verdict,
    ...steps.map(({ to, channel, kind, risks, mirrored }) => [
      to,
      channel ?? '-',
      kind,
      ...risks.map(({ name }) => name),
      ...(mirrored ? [] : ['not mirrored']),
    ]),
  ];
}

test('without a graph payloads tell how to get there, by as few updates as it takes', () => {
  assert.deepEqual(ask({}), ['open', ['4.19.12', '-', 'clear'], ['4.20.3', '-', 'clear']]);
  assert.deepEqual(ask({ from: '4.20.3' }), ['same']);
  assert.deepEqual(ask({ from: '4.20.10' }), ['newer']);
  assert.deepEqual(ask({ from: '4.18.1' }), ['none']);
  assert.deepEqual(ask({ to: '4.21.0' }), ['unknown']);
  assert.deepEqual(ask({}, { payloads: [] }), ['unknown']);
  const lead = { ...payload('4.19.1'), next: ['4.21.0'] };
  const mirrored = new Set(['4.21.0']);
  assert.deepEqual(ask({ to: '4.21.0' }, { payloads: [lead], mirrored }), [
    'open',
    ['4.21.0', '-', 'clear'],
  ]);
});

// Guards against: a way over a channel that the cluster does not follow told as open.
test('channels of graph-data decide what a cluster is offered', () => {
  const graph = graphOf(CHANNELS);
  assert.deepEqual(ask({ channel: 'stable-4.20', from: '4.19.9' }, { graph }), [
    'open',
    ['4.20.3', 'stable-4.20', 'clear'],
  ]);
  assert.deepEqual(ask({ channel: 'stable-4.19' }, { graph }), [
    'other-channel',
    ['4.19.12', 'stable-4.19', 'clear'],
    ['4.20.3', 'stable-4.20', 'clear'],
  ]);
  assert.deepEqual(ask({ to: '4.19.12', channel: 'stable-4.19' }, { graph }), [
    'open',
    ['4.19.12', 'stable-4.19', 'clear'],
  ]);
  // 4.20.3 is in stable-4.20 for amd64 alone.
  assert.deepEqual(
    ask({ channel: 'stable-4.20', from: '4.19.9' }, { graph, architecture: 'aarch64' }),
    ['other-channel', ['4.20.3', 'fast-4.20', 'clear']],
  );
});

test('blocked edges close a way, conditional ones leave it open with their risks', () => {
  const risk = 'url: https://example.com/1\nname: SlowDisk\nmessage: Disks get slow.\n';
  const rules = 'matchingRules:\n- type: PromQL\n  promql: { promql: "1" }\n';
  const closed = { 'blocked-edges/4.20.3-a.yaml': 'to: 4.20.3\nfrom: ^4\\.19\\.12[+].*$\n' };
  const partly = {
    ...closed,
    'blocked-edges/4.20.3-b.yaml': `to: 4.20.3\nfrom: 4\\.19\\.9\n${risk}${rules}`,
  };
  const channel = 'stable-4.20';
  const from = '4.19.12';
  assert.deepEqual(ask({ channel, from }, { graph: graphOf({ ...CHANNELS, ...closed }) }), [
    'blocked',
    ['4.20.3', 'stable-4.20', 'blocked'],
  ]);
  // Where a way without risk is longer, it is taken all the same.
  assert.deepEqual(
    ask({ channel, from: '4.19.9' }, { graph: graphOf({ ...CHANNELS, ...partly }) }),
    ['open', ['4.20.1', 'stable-4.20', 'clear'], ['4.20.3', 'stable-4.20', 'clear']],
  );
  const whole = {
    ...partly,
    'blocked-edges/4.20.1.yaml': `to: 4.20.1\nfrom: .*\n${risk.replace('SlowDisk', 'NoNet')}${rules}`,
  };
  const graph = graphOf({ ...CHANNELS, ...whole });
  assert.deepEqual(ask({ channel, from: '4.19.9' }, { graph }), [
    'conditional',
    ['4.20.3', 'stable-4.20', 'conditional', 'SlowDisk'],
  ]);
  assert.deepEqual(graph.blocked[1]?.risk, {
    name: 'SlowDisk',
    message: 'Disks get slow.',
    url: 'https://example.com/1',
    conditions: ['PromQL'],
  });
  // Of another machine it blocks nothing.
  const other = { 'blocked-edges/4.20.3-a.yaml': 'to: 4.20.3+s390x\nfrom: .*\n' };
  assert.equal(ask({ channel, from }, { graph: graphOf({ ...CHANNELS, ...other }) })[0], 'open');
});

// Guards against: a way over a payload that no registry has, called open. Seen to fail with `brought` left out.
test('what an update service answers is taken as it is, and payloads that nobody brought are named', () => {
  const key = 'io.openshift.upgrades.graph.release.channels';
  const nodes = ['4.19.1', '4.19.9', '4.19.20', '4.20.3'].map((version) => ({
    version,
    payload: `quay.io/x@sha256:${'a'.repeat(64)}`,
    metadata: { [key]: 'fast-4.20,stable-4.20' },
  }));
  const risks = [{ url: '', name: 'SlowDisk', message: 'm', matchingRules: [{ type: 'Always' }] }];
  const answer = {
    nodes,
    edges: [
      [0, 2],
      [2, 3],
    ],
    conditionalEdges: [{ edges: [{ from: '4.19.9', to: '4.20.3' }], risks }],
  };
  const graph = graphOf({ 'releases/graph/stable-4.20.json': JSON.stringify(answer) });
  const channel = 'stable-4.20';
  assert.deepEqual(ask({ channel }, { graph }), [
    'not-mirrored',
    ['4.19.20', 'stable-4.20', 'clear', 'not mirrored'],
    ['4.20.3', 'stable-4.20', 'clear'],
  ]);
  const mirrored = new Set(['4.19.20', '4.20.3']);
  assert.equal(ask({ channel }, { graph, mirrored })[0], 'open');
  assert.deepEqual(ask({ channel, from: '4.19.9' }, { graph }), [
    'conditional',
    ['4.20.3', 'stable-4.20', 'conditional', 'SlowDisk'],
  ]);
  // The answer does not know it, whatever its payload says.
  assert.deepEqual(ask({ to: '4.20.1', from: '4.19.9' }, { graph }), ['unknown']);
});

test('a file that is no part of a graph is said, and the others count', () => {
  const { graph, problems } = readReleaseGraph(
    Object.entries({
      ...CHANNELS,
      LICENSE: 'x',
      'raw/metadata.json': '{}',
      version: '2.0.0\n',
      'blocked-edges/a.yaml': 'to: 4.20.3\nfrom: "("\n',
      'blocked-edges/b.yaml': 'to: 4.20.3\n',
      'channels/c.yaml': 'name: x\n',
      'other.json': '{"nodes":[]}',
      'edges.json': '{"nodes":[{"version":"1.0.0"}],"edges":[[0,7]]}',
    }).map(([path, text]) => ({ path, text })),
  );
  assert.deepEqual(
    [...(graph?.channels.keys() ?? [])],
    ['stable-4.19', 'fast-4.20', 'stable-4.20'],
  );
  assert.deepEqual(
    problems.map(({ file, severity }) => [file, severity]),
    [
      'version',
      'blocked-edges/a.yaml',
      'blocked-edges/b.yaml',
      'channels/c.yaml',
      'other.json',
      'edges.json',
    ].map((file) => [file, 'warning']),
  );
  assert.equal(readReleaseGraph([{ path: 'LICENSE', text: 'x' }]).graph, null);
});
