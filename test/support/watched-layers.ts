// Packages of one group, and builds of their layers that are watched.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { createLayerStore } from '../../src/files/layer-store.ts';
import {
  type BuildGroups,
  buildGroup,
  type CacheChoice,
  type GroupTask,
} from '../../src/index/build-group.ts';
import { buildContentLayers } from '../../src/index/content-layers.ts';
import { findGroup } from '../../src/index/group-packages.ts';
import type { ContentLayers } from '../../src/index/layer-memory.ts';
import type { LayerStore } from '../../src/index/layer-store.ts';
import { makePackageText } from './catalog.ts';

/** Names of one group, of which some begin with others: what sorts between `a` and `a/…` is among them. */
export const NAMES: readonly string[] = [
  'a',
  ...Array.from({ length: 150 }, (_, i) => [`a-${i}`, `a${i}`, `a${i}-b`]).flat(),
]
  .filter((name) => findGroup(name) === findGroup('a'))
  .slice(0, 9);

export interface Spec {
  readonly versions: number;
  /** Bytes of a description: from 32 kB on a piece is compressed by itself. */
  readonly size: number;
  /** Numbers of custom objects, of two schemas. */
  readonly customs: readonly number[];
}

export type Specs = Readonly<Record<string, Spec>>;

export function writePackage(name: string, { versions, size, customs }: Spec): string {
  const bundles = Array.from({ length: versions }, (_, i) => ({
    version: `1.${i}.0`,
    image: `r.example/${name}:v${i}`,
    ...(i === 0 ? {} : { replaces: `1.${i - 1}.0` }),
    properties: [{ type: 'example', value: `${name} ${i} `.repeat(size / name.length) }],
  }));
  const others = customs.map((number) => ({
    schema: `example.${number % 2}`,
    package: name,
    number,
  }));
  return `${makePackageText(name, bundles)}${others.map((blob) => JSON.stringify(blob)).join('\n')}`;
}

export function catalogOf(specs: Specs): Catalog {
  const files = Object.entries(specs).map(([name, spec]) => ({
    path: `${name}/catalog.json`,
    bytes: Buffer.from(writePackage(name, spec)),
  }));
  return parseCatalog(files).catalog;
}

/** What a build asked for and was given. */
export interface Watched {
  /** Packages whose texts were asked for, a list each time. */
  readonly texts: (readonly string[])[];
  readonly tasks: GroupTask[];
}

export interface Choice {
  readonly cache?: CacheChoice;
  readonly compression?: 'gzip' | 'zstd';
  readonly store?: LayerStore | null;
}

export async function buildWatched(
  specs: Specs,
  { cache = 'json', compression = 'gzip', store = null }: Choice,
): Promise<ContentLayers & Watched> {
  const texts: string[][] = [];
  const tasks: GroupTask[] = [];
  async function buildGroups(...[jobs, onBuilt]: Parameters<BuildGroups>): Promise<void> {
    for (const [place, job] of jobs.entries()) {
      const task = await job.open();
      tasks.push(task);
      await onBuilt(place, buildGroup(task));
    }
  }
  const layers = await buildContentLayers({
    catalog: catalogOf(specs),
    cache,
    compression,
    store,
    buildGroups,
    openTexts: (order) => {
      const taken: string[] = [];
      assert.notDeepEqual([...order], []);
      texts.push(taken);
      return {
        take: async (names) => void taken.push(...names),
        release: () => undefined,
        close: async () => undefined,
      };
    },
  });
  return { ...layers, texts, tasks };
}

/** Names and bytes of layers, and what is remembered of them, as they are without any store. */
export async function assertAsAnew(
  built: ContentLayers,
  specs: Specs,
  choice: Choice = {},
): Promise<void> {
  const anew = await buildWatched(specs, { ...choice, store: null });
  assert.deepEqual(
    built.layers.map(({ diffId, descriptor }) => ({ diffId, descriptor })),
    anew.layers.map(({ diffId, descriptor }) => ({ diffId, descriptor })),
  );
  for (const [index, { file, bytes }] of built.layers.entries()) {
    const found = bytes ?? (await readFile(file ?? ''));
    assert.ok(Buffer.from(anew.layers[index]?.bytes ?? []).equals(found));
  }
  assert.deepEqual(
    [...built.groups.values()].map(({ summaries }) => summaries),
    [...anew.groups.values()].map(({ summaries }) => summaries),
  );
}

export function namesOf({ files, held }: GroupTask): readonly string[] {
  return [
    ...files.map(({ path }) => `rendered ${path}`),
    ...held.map(({ name }) => `held ${name}`),
  ];
}

export const SMALL: Spec = { versions: 1, size: 100, customs: [] };
export const OTHER: Spec = { versions: 2, size: 40_000, customs: [] };

export const FIRST: string = NAMES[0] ?? '';
export const SECOND: string = NAMES[1] ?? '';
export const THIRD: string = NAMES[2] ?? '';
/** Three packages of one group, and the same after a change of the third. */
export const BEFORE: Specs = {
  [FIRST]: OTHER,
  [SECOND]: { ...SMALL, customs: [1, 2] },
  [THIRD]: SMALL,
};
export const AFTER: Specs = { ...BEFORE, [THIRD]: OTHER };

/** A folder of layers for each test. */
export interface LayerFolder {
  readonly path: () => string;
  /** Another store on the same folder, as a later process has it. */
  readonly open: () => LayerStore;
  readonly build: (specs: Specs, choice?: Choice) => ReturnType<typeof buildWatched>;
}

export function useLayerFolder(): LayerFolder {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'olmirror-layers-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  function open(): LayerStore {
    return createLayerStore({ folder, maxBytes: 1e9 });
  }
  return {
    path: () => folder,
    open,
    build: (specs, choice = {}) => buildWatched(specs, { store: open(), ...choice }),
  };
}
