// Builds the layers of a catalog in one process, as `apply` does, and prints what each step costs, a `Step` a line.
// Argument: the folder of the catalog.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashCatalog } from '../src/catalog/hash-catalog.ts';
import { learnContent } from '../src/catalog/learn-blob.ts';
import { parseCatalog } from '../src/catalog/parse-catalog.ts';
import type { Catalog, CatalogFile } from '../src/catalog/types.ts';
import { boundMemory } from '../src/cli/bound-memory.ts';
import { createLayerBuilder } from '../src/cli/build-layers.ts';
import { createLayerStore } from '../src/files/layer-store.ts';
import { buildContentLayers } from '../src/index/content-layers.ts';
import type { ContentLayers } from '../src/index/layer-memory.ts';
import type { Step } from './index-steps.ts';

boundMemory();
const [folder = '.'] = process.argv.slice(2);
const files = readdirSync(folder)
  .toSorted()
  .map((name): CatalogFile => {
    const path = `${name}/catalog.json`;
    return { path, bytes: readFileSync(join(folder, path)) };
  });
const kept = mkdtempSync(join(tmpdir(), 'olmirror-bench-layers-'));

try {
  const catalog = await step('read the catalog', 0, async () => read(files));
  let built = 0;
  async function build(subject: Catalog, withBytes: boolean): Promise<ContentLayers> {
    const pool = createLayerBuilder(new AbortController().signal);
    return buildContentLayers({
      catalog: subject,
      cache: 'json',
      compression: 'gzip',
      withBytes,
      store: createLayerStore({ folder: kept, maxBytes: 1e9 }),
      buildGroups: (jobs, onBuilt) => {
        built = jobs.length;
        return pool(jobs, onBuilt);
      },
    });
  }
  function layersBuilt(): number {
    return built;
  }
  await step('build all layers', layersBuilt, () => build(catalog, true));
  built = 0;
  await step('nothing changed: the id', layersBuilt, () => build(catalog, false));
  await step('nothing changed: the layers to push', layersBuilt, () => build(catalog, true));
  const changed = read(files.map(changeMiddle));
  await step('one package changed', layersBuilt, () => build(changed, true));
} finally {
  rmSync(kept, { recursive: true });
}

function read(from: readonly CatalogFile[]): Catalog {
  const { catalog } = parseCatalog(from, learnContent);
  hashCatalog(catalog);
  return catalog;
}

function changeMiddle(file: CatalogFile, index: number): CatalogFile {
  if (index !== Math.floor(files.length / 2)) return file;
  const custom = Buffer.from('{\n    "schema": "olm.bench",\n    "round": 1\n}\n');
  const name = file.path.slice(0, file.path.indexOf('/'));
  const text = custom.toString().replace(',', `,\n    "package": ${JSON.stringify(name)},`);
  return { path: file.path, bytes: Buffer.concat([file.bytes, Buffer.from(text)]) };
}

async function step<T>(
  name: string,
  layers: number | (() => number),
  work: () => Promise<T>,
): Promise<T> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  const measured: Step = {
    name,
    seconds,
    cpu: (user + system) / 1e6,
    layers: typeof layers === 'number' ? layers : layers(),
    peak: process.resourceUsage().maxRSS / 1e3,
  };
  console.log(JSON.stringify(measured));
  return result;
}
