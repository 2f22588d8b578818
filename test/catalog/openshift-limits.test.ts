import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { MergeNote } from '../../src/catalog/merge-types.ts';
import {
  compareOpenShift,
  formatOpenShift,
  kubernetesMinorOf,
  nextOpenShift,
  openShiftOfKubernetes,
  parseOpenShiftTag,
  parseOpenShiftVersion,
} from '../../src/catalog/openshift-version.ts';
import type { Catalog, JsonObject } from '../../src/catalog/types.ts';
import { findRealData } from '../support/real-data.ts';
import { readPair } from './real-pair.ts';
import { parseText, sampleDocuments } from './sample-catalog.ts';
import { objectProperty, sampleCsv } from './sample-csv.ts';

const V415 = { major: 4, minor: 15 };

describe('OpenShift versions', () => {
  it('are read out of a property and out of the tag of an index', () => {
    assert.deepEqual(parseOpenShiftVersion('4.15'), V415);
    for (const text of ['4', '4.15.1', 'v4.15', '4.015', ''])
      assert.equal(parseOpenShiftVersion(text), null);
    for (const tag of ['v4.15', '4.15', 'v4.15-2026-01-01', 'v4.15.3'])
      assert.deepEqual(parseOpenShiftTag(tag), V415);
    for (const tag of ['v1', 'latest', '3.11', 'v4.15x', 'release-4.15'])
      assert.equal(parseOpenShiftTag(tag), null);
  });

  it('know their order, the one after them and their Kubernetes; 4.23 is 5.0', () => {
    const [last, five] = [
      { major: 4, minor: 23 },
      { major: 5, minor: 0 },
    ];
    assert.equal(compareOpenShift(last, five), 0);
    assert.ok(compareOpenShift({ major: 5, minor: 1 }, last) > 0);
    assert.ok(compareOpenShift(V415, { major: 4, minor: 9 }) > 0);
    assert.equal(formatOpenShift(nextOpenShift(V415)), '4.16');
    assert.deepEqual([last, five].map(nextOpenShift).map(formatOpenShift), ['5.1', '5.1']);
    assert.equal(kubernetesMinorOf({ major: 4, minor: 19 }), 32);
    assert.deepEqual([last, five].map(kubernetesMinorOf), [36, 36]);
    for (const minor of [14, 32, 36, 40]) {
      const version = openShiftOfKubernetes(minor);
      assert.equal(version === null ? null : kubernetesMinorOf(version), minor);
    }
    assert.equal(openShiftOfKubernetes(13), null);
  });
});

interface Head {
  readonly version: string;
  readonly properties?: readonly JsonObject[];
  readonly channels?: readonly string[];
}

/** A package whose channels all lead to the last of these versions. */
function catalogOf(...heads: readonly Head[]): Catalog {
  const names = heads.map(({ version }) => `foo.v${version}`);
  const entries = names.map((name, i) => ({
    name,
    ...(i === 0 ? {} : { replaces: names[i - 1] ?? '' }),
  }));
  const channels = heads.at(-1)?.channels ?? ['stable'];
  const documents = sampleDocuments({
    name: 'foo',
    channels: Object.fromEntries(channels.map((channel) => [channel, entries])),
    bundles: Object.fromEntries(
      heads.map(({ version, properties = [] }) => [
        `foo.v${version}`,
        {
          properties: [
            { type: 'olm.package', value: { packageName: 'foo', version } },
            ...properties,
          ],
        },
      ]),
    ),
  });
  return parseText(documents.map((document) => JSON.stringify(document)).join('\n'));
}

function max(value: JsonObject[string]): JsonObject {
  return { type: 'olm.maxOpenShiftVersion', value };
}

function minKube(minKubeVersion: string): JsonObject {
  return { type: 'olm.csv.metadata', value: { minKubeVersion } };
}

function projected(value: string): JsonObject {
  const text = `[{"type": "olm.maxOpenShiftVersion", "value": ${value}}]`;
  return { type: 'olm.csv.metadata', value: { annotations: { 'olm.properties': text } } };
}

function notesOf(
  base: Catalog,
  incoming: Catalog,
  minor: number | null = null,
): readonly MergeNote[] {
  const { notes, gaps } = mergeCatalogs(base, incoming, {
    duplicateBundle: 'newer',
    acceptDefaultChannel: false,
    strandedUpgrades: 'block',
    openshift: minor === null ? null : { major: 4, minor },
  });
  assert.deepEqual(gaps, []);
  return notes;
}

function after(
  properties: readonly JsonObject[],
  old: readonly JsonObject[] = [],
  minor: number | null = null,
): readonly MergeNote[] {
  const one = { version: '1.0.0', properties: old };
  return notesOf(catalogOf(one), catalogOf(one, { version: '2.0.0', properties }), minor);
}

describe('mergeCatalogs, what a new head asks of clusters', () => {
  it('notes a limit that the head before did not have, and what it means', () => {
    const [note, ...others] = after([max('4.15')]);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [note?.kind, note?.package, note?.channel, note?.bundle],
      ['max-openshift', 'foo', 'stable', 'foo.v2.0.0'],
    );
    assert.match(
      note?.message ?? '',
      /up to 4\.15 .* OLM blocks the upgrade of a cluster to 4\.16\.$/,
    );
  });

  it('reads the limit from a text, a number with its zero, the CSV annotation, and manifests', () => {
    const csv = sampleCsv({
      metadata: {
        annotations: { 'olm.properties': '[{"type":"olm.maxOpenShiftVersion","value":"4.10"}]' },
      },
    });
    const ways = [[max('4.10')], [projected('"4.10"')], [projected('4.10')], [objectProperty(csv)]];
    for (const properties of ways)
      assert.match(after(properties)[0]?.message ?? '', /up to 4\.10 /);
    const text = '{"type":"olm.maxOpenShiftVersion","value":4.10}';
    const base = catalogOf({ version: '1.0.0' });
    const incoming = catalogOf(
      { version: '1.0.0' },
      { version: '2.0.0', properties: [max('NUMBER')] },
    );
    const [bundle] =
      incoming.packages.get('foo')?.bundles.filter(({ name }) => name === 'foo.v2.0.0') ?? [];
    assert.ok(bundle !== undefined);
    const whole = [...incoming.packages.values()].flatMap((pkg) => [
      ...pkg.packages,
      ...pkg.channels,
      ...pkg.bundles,
    ]);
    const numbered = whole.map((blob) =>
      JSON.stringify(blob.value).replace(/\{"type":"olm\.max[^}]*\}/, text),
    );
    assert.match(notesOf(base, parseText(numbered.join('\n')))[0]?.message ?? '', /up to 4\.10 /);
  });

  const QUIET: Readonly<Record<string, readonly MergeNote[]>> = {
    'the head before had the same limit': after([max('4.15')], [max('4.15')]),
    'the limit was raised': after([max('4.17')], [max('4.15')]),
    'the limit is above the OpenShift of the catalog': after([max('4.17')], [], 16),
    'the limit is no version': after([max('never')]),
    'Kubernetes is asked for as before': after([minKube('1.25.0')], [minKube('1.25.0')]),
    'an older Kubernetes is asked for': after([minKube('1.20.0')], [minKube('1.25.0')]),
    'the catalog is for an OpenShift that has that Kubernetes': after([minKube('1.29.0')], [], 16),
  };
  for (const [name, notes] of Object.entries(QUIET))
    it(`says nothing where ${name}`, () => assert.deepEqual(notes, []));

  it('notes a lowered limit, and one of the very release that the catalog is for', () => {
    assert.match(after([max('4.15')], [max('4.17')])[0]?.message ?? '', /4\.17 before/);
    assert.match(
      after([max('4.16')], [], 16)[0]?.message ?? '',
      /to 4\.17\. The catalog is for OpenShift 4\.16\.$/,
    );
  });

  it('notes a higher minKubeVersion with the OpenShift that has it', () => {
    const [note] = after([minKube('1.32.0')], [minKube('1.25.0')]);
    assert.equal(note?.kind, 'min-kubernetes');
    assert.match(
      note.message,
      /Kubernetes 1\.32\.0 or later \(minKubeVersion; 1\.25\.0 before\), which is OpenShift 4\.19: /,
    );
    assert.equal(after([minKube('1.32.0')], [], 18)[0]?.kind, 'min-kubernetes');
    assert.deepEqual(after([minKube('1.32.0')], [], 19), []);
  });

  it('names a head once, with all of its channels', () => {
    const channels = ['fast', 'stable'];
    const base = catalogOf({ version: '1.0.0', channels });
    const incoming = catalogOf(
      { version: '1.0.0' },
      { version: '2.0.0', properties: [max('4.15')], channels },
    );
    const notes = notesOf(base, incoming);
    assert.deepEqual(
      notes.map(({ channel }) => channel),
      [null],
    );
    assert.match(notes[0]?.message ?? '', /of the channels "fast", "stable" of/);
  });

  it('speaks of new channels and packages only where it knows what they meet', () => {
    const incoming = catalogOf({ version: '1.0.0', properties: [max('4.15'), minKube('1.30.0')] });
    const empty: Catalog = { packages: new Map(), loose: [] };
    assert.deepEqual(notesOf(empty, incoming), []);
    assert.deepEqual(
      notesOf(empty, incoming, 15).map(({ kind }) => kind),
      ['max-openshift', 'min-kubernetes'],
    );
    assert.deepEqual(
      notesOf(empty, incoming, 14).map(({ kind }) => kind),
      ['min-kubernetes'],
    );
  });

  it('says nothing of limits where a delivery is older, or merged once more', () => {
    const incoming = catalogOf(
      { version: '1.0.0' },
      { version: '2.0.0', properties: [max('4.15')] },
    );
    assert.deepEqual(notesOf(incoming, incoming), []);
    assert.deepEqual(
      notesOf(incoming, catalogOf({ version: '1.0.0', properties: [max('4.10')] })).map(
        ({ kind }) => kind,
      ),
      ['older-delivery'],
    );
  });
});

const { skip } = findRealData('pairs');

describe('real catalogs of two OpenShift versions', { skip }, () => {
  it('36-xver-wmco: the head that needs a newer Kubernetes is noted, unless the catalog is for that OpenShift', () => {
    const { old, fresh } = readPair('36-xver-wmco-10.16-to-10.17');
    function limitsFor(minor: number | null): readonly (string | null)[] {
      return notesOf(old, fresh, minor)
        .filter(({ kind }) => kind !== 'skips-added' && kind !== 'range-lost')
        .map(({ kind, bundle }) => `${kind} ${bundle}`);
    }
    const noted = ['min-kubernetes windows-machine-config-operator.v10.17.2'];
    assert.deepEqual(limitsFor(null), noted);
    assert.deepEqual(limitsFor(16), noted);
    assert.deepEqual(limitsFor(17), []);
  });

  it('31-xver-compliance: equal versions ask nothing new', () => {
    const { old, fresh } = readPair('31-xver-compliance-4.16-to-4.17');
    assert.deepEqual(notesOf(old, fresh), []);
  });
});
