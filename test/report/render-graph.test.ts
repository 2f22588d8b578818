import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { buildUpgradeGraphs } from '../../src/catalog/upgrade-graph.ts';
import { findInstalled, findUpgradePath } from '../../src/catalog/upgrade-path.ts';
import { buildGraphDocument } from '../../src/report/build-graph-document.ts';
import type { GraphView } from '../../src/report/graph-view.ts';
import { renderGraphDot } from '../../src/report/render-graph-dot.ts';
import { renderGraphMermaid } from '../../src/report/render-graph-mermaid.ts';
import { renderGraphTable, renderGraphText } from '../../src/report/render-graph-text.ts';
import { type SampleEntry, type SamplePackage, sampleCatalog } from '../catalog/sample-catalog.ts';
import { assertGolden } from './golden.ts';

function viewsOf(sample: SamplePackage, from: string | null): readonly GraphView[] {
  const pkg = sampleCatalog(sample).packages.get(sample.name);
  assert.ok(pkg !== undefined);
  const graphs = buildUpgradeGraphs(pkg);
  const installed = from === null ? null : findInstalled(from, pkg, graphs);
  return graphs.map((graph) => ({
    catalog: 'idx',
    graph,
    path: installed === null ? null : findUpgradePath(graph, installed, graphs),
  }));
}

const ETCD: SamplePackage = {
  name: 'etcd',
  defaultChannel: 'stable',
  channels: {
    stable: [
      { name: 'etcd.v1.0.0' },
      { name: 'etcd.v1.1.0', replaces: 'etcd.v1.0.0' },
      { name: 'etcd.v1.2.0', replaces: 'etcd.v1.1.0' },
      {
        name: 'etcd.v1.3.0',
        replaces: 'etcd.v1.1.0',
        skips: ['etcd.v1.2.0', 'etcd.v1.2.1'],
        skipRange: '>=0.8.0 <1.3.0',
      },
    ],
    fast: [
      { name: 'etcd.v2.0.0', skips: ['etcd.v1.3.0'], replaces: 'etcd.v1.9.0' },
      { name: 'etcd.v1.3.0', skips: ['etcd.v1.0.0'] },
      { name: 'etcd.v1.0.0' },
    ],
    broken: [{ name: 'etcd.v1.0.0' }, { name: 'etcd.v2.0.0' }],
  },
  deprecations: [
    { schema: 'olm.bundle', name: 'etcd.v1.0.0', message: 'leaks memory' },
    { schema: 'olm.channel', name: 'fast', message: 'use stable' },
  ],
};

const RELEASES = Array.from({ length: 60 }, (_, i): SampleEntry => {
  const name = `a-long-operator-name.v4.${i}.0`;
  if (i === 0) return { name };
  const range = i % 3 === 0 ? { skipRange: `>=4.${Math.max(0, i - 6)}.0 <4.${i}.0` } : {};
  return { name, replaces: `a-long-operator-name.v4.${i - 1}.0`, ...range };
});
const LONG: SamplePackage = { name: 'a-long-operator-name', channels: { stable: RELEASES } };

const HOSTILE: SamplePackage = {
  name: 'evil"]\nend\u001b[1A',
  channels: {
    '%%{init: {}}%% "; x -> y': [
      { name: 'a"] --> b["v1.0.0', skipRange: '<1.0.0 "</script>' },
      { name: 'a-->b.v0.9.0' },
      { name: 'a_->b.v0.9.0', skips: ['a-->b.v0.9.0', 'a"] --> b["v1.0.0'] },
    ],
  },
};

test('renderGraphText shows skips, ranges, strands, deprecations and refusals as the golden file does', () => {
  assertGolden('graph-etcd.txt', renderGraphText(viewsOf(ETCD, null), null));
});

test('renderGraphText shows the way from one version as the golden file does', () => {
  const text = ['1.0.0', '1.2.0', '0.7.0', '9.0.0', '1.3.0'].map((from) =>
    renderGraphText(viewsOf(ETCD, from), from),
  );
  assertGolden('graph-etcd-from.txt', text.join('\n'));
});

test('renderGraphText gives each of 60 versions one line of a terminal, as the golden file does', () => {
  const text = renderGraphText(viewsOf(LONG, null), null);
  assertGolden('graph-long.txt', text);
  const lines = text.trimEnd().split('\n');
  assert.equal(lines.length, 60 + 3);
  assert.deepEqual(
    lines.filter((line) => line.length > 100),
    [],
  );
});

test('renderGraphTable gives each channel a line, as the golden file does', () => {
  const views = [...viewsOf(ETCD, null), ...viewsOf(LONG, null)];
  const [first] = views;
  assert.ok(first !== undefined);
  assertGolden('graph-table.txt', renderGraphTable(views));
  assert.match(renderGraphTable([...views, { ...first, catalog: 'other' }]), /^other +etcd/m);
});

test('renderGraphMermaid draws packages, channels and edges as the golden file does', () => {
  assertGolden('graph-etcd.mmd', renderGraphMermaid(viewsOf(ETCD, '1.0.0')));
});

test('renderGraphDot draws clusters and edges as the golden file does', () => {
  assertGolden('graph-etcd.dot', renderGraphDot(viewsOf(ETCD, '1.0.0')));
});

test('no form of the graph lets a hostile name out of its place', () => {
  const views = viewsOf(HOSTILE, null);
  const forms = {
    txt: renderGraphText(views, null),
    mmd: renderGraphMermaid(views),
    dot: renderGraphDot(views),
  };
  for (const [form, text] of Object.entries(forms)) {
    assertGolden(`graph-hostile.${form}`, text);
    assert.ok(!text.includes('\u001b'), form);
  }
  assert.ok(!forms.mmd.includes('%%{'), forms.mmd);
  const ids = [...forms.mmd.matchAll(/^ {6}(\S+)\["/gm)].map((match) => match[1]);
  assert.deepEqual([ids.length, new Set(ids).size], [3, 3]);
  const unquoted = forms.dot.replace(/"(?:[^"\\]|\\.)*"/g, 'Q');
  assert.match(unquoted, /^[\w\s={}[\],>-]*$/);
});

test('buildGraphDocument gives what its schema describes, with and without a path', () => {
  const url = new URL('../../schemas/graph.schema.json', import.meta.url);
  const check = new Ajv({ allErrors: true, strictTypes: false }).compile(
    JSON.parse(readFileSync(url, 'utf8')),
  );
  for (const from of [null, '0.7.0', '1.0.0']) {
    const text = JSON.stringify(buildGraphDocument(viewsOf(ETCD, from), from));
    assert.ok(check(JSON.parse(text)), JSON.stringify(check.errors));
    const { channels } = buildGraphDocument(viewsOf(ETCD, from), from);
    assert.deepEqual(
      channels.map(({ channel, head }) => `${channel} ${head}`),
      ['broken null', 'fast etcd.v2.0.0', 'stable etcd.v1.3.0'],
    );
  }
  assert.equal(check({ apiVersion: 'olmirror/v1alpha1', kind: 'Graph', from: null }), false);
});
