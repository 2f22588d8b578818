// What publishing an index costs: as whole processes that push to a real registry, and the building
// alone in one process. Bytes are those that reach the registry's disk.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningRegistry, startRegistry } from '../scripts/lib/start-registry.ts';
import { commitChange } from './index-change.ts';
import { measureSteps } from './index-steps.ts';
import { type PackageText, writeCopies } from './make-inputs.ts';
import { type Measured, type MeasureOptions, measure } from './measure.ts';
import { chooseRegistry } from './peers.ts';
import { startAnew } from './start-anew.ts';
import { makeRepository } from './state-repository.ts';

export interface IndexBench {
  readonly packages: readonly PackageText[];
  readonly megabytes: number;
  readonly runs: number;
  /** Scratch folder. */
  readonly work: string;
  /** Command line of olmirror. */
  readonly olmirror: readonly string[];
  /** Reading and parsing alone, in the same run. */
  readonly floor: Measured;
}

interface Site {
  readonly folder: string;
  readonly registry: RunningRegistry;
  readonly storage: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Prints the tables of the index image. */
export async function measureIndex(bench: IndexBench): Promise<void> {
  const storage = join(bench.work, 'registry');
  const kind = chooseRegistry();
  const registry = await startRegistry({ folder: storage });
  try {
    const folder = join(bench.work, 'index-state');
    const env = { XDG_STATE_HOME: join(bench.work, 'xdg-state') };
    const site: Site = { folder, registry, storage, env };
    const made = makeState(site, bench);
    console.log(
      `\nThe index image: ${made.packages} packages, ${(made.bytes / 1e6).toFixed(0)} MB of catalog, json cache, gzip, pushed to ${kind}:\n`,
    );
    await measureProcesses(site, bench);
    await measureSteps({ ...bench, catalog: join(folder, 'catalogs/big') });
    await measurePasses(site, bench.runs);
  } finally {
    await registry.stop();
  }
}

function makeState(
  { folder, registry }: Site,
  { packages, megabytes }: IndexBench,
): { readonly packages: number; readonly bytes: number } {
  const made = writeCopies(packages, megabytes * 1e6, { json: join(folder, 'catalogs/big') });
  const { host } = registry;
  makeRepository(folder, {
    production: `{ host: "${host}", insecure: true }`,
    staging: `{ host: "${host}", pathPrefix: staging, insecure: true }`,
  });
  return made;
}

interface Case extends Pick<MeasureOptions, 'until' | 'accepts'> {
  readonly name: string;
  readonly command: readonly string[];
  readonly prepare: () => void;
}

async function measureProcesses(site: Site, bench: IndexBench): Promise<void> {
  const { olmirror, runs, floor } = bench;
  const apply = [...olmirror, '-C', site.folder, 'apply', '--index-only'];
  const plan = [...olmirror, '-C', site.folder, 'plan', '--index-only'];
  let uploads: Uploads = { layers: 0, bytes: 0, before: new Map() };
  let round = 0;
  function change(): void {
    round += 1;
    commitChange(site.folder, round);
  }
  function forget(): void {
    const aside = join(bench.work, 'aside');
    startAnew(join(site.storage, 'storage'), site.env['XDG_STATE_HOME'] ?? '', aside);
  }
  const cases: readonly Case[] = [
    {
      name: 'nothing remembered, empty registry: plan, build',
      command: plan,
      prepare: forget,
      // There is something to do.
      accepts: [2],
    },
    {
      name: 'the same, and push',
      command: apply,
      prepare: forget,
    },
    {
      name: 'one package changed: plan, build, push',
      command: apply,
      prepare: change,
    },
    {
      name: 'the same, until the tag has moved',
      command: apply,
      prepare: change,
      until: /^moved /m,
    },
    { name: 'nothing changed: plan', command: plan, prepare: () => undefined },
    { name: 'nothing changed: apply', command: apply, prepare: () => undefined },
  ];
  console.log(
    '| olmirror, whole process | seconds (fastest–slowest) | CPU s, skopeo included | × parsing alone | peak MB | blobs uploaded | MB uploaded |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const { name, command, prepare, until, accepts } of cases) {
    const result = await measure(command, {
      runs,
      env: site.env,
      ...(until === undefined ? {} : { until }),
      ...(accepts === undefined ? {} : { accepts }),
      prepare: () => {
        prepare();
        uploads = startUploads(site);
      },
    });
    const { layers, bytes } = countUploads(site, uploads);
    const { seconds, fastest, slowest, cpu, memory } = result;
    console.log(
      `| ${name} | ${seconds.toFixed(2)} (${fastest.toFixed(2)}–${slowest.toFixed(2)}) | ${cpu.toFixed(2)} | ${(seconds / floor.seconds).toFixed(1)} | ${(memory / 1e6).toFixed(0)} | ${layers} | ${(bytes / 1e6).toFixed(1)} |`,
    );
  }
}

/**
 * Passes in a row, in a process of their own, which prints rows of the table before. This process goes on
 * reading meanwhile: the registry stops where nobody takes what it logs.
 */
async function measurePasses({ folder, env }: Site, runs: number): Promise<void> {
  const child = join(import.meta.dirname, 'index-watch.ts');
  const running = spawn(process.execPath, [child, folder, String(runs)], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [code] = await once(running, 'exit');
  if (code !== 0) throw new Error(`${child} ended with ${code}.`);
}

interface Uploads {
  readonly layers: number;
  readonly bytes: number;
  readonly before: ReadonlyMap<string, number>;
}

function startUploads(site: Site): Uploads {
  return { layers: 0, bytes: 0, before: listBlobs(site.storage) };
}

function countUploads(site: Site, { before }: Uploads): Uploads {
  const fresh = [...listBlobs(site.storage)].filter(([path]) => !before.has(path));
  return { layers: fresh.length, bytes: fresh.reduce((sum, [, size]) => sum + size, 0), before };
}

function listBlobs(storage: string): ReadonlyMap<string, number> {
  const paths = readdirSync(storage, { recursive: true, encoding: 'utf8' });
  return new Map(
    paths
      .filter((path) => path.endsWith('/data') && path.includes('/blobs/sha256/'))
      .map((path) => [path, statSync(join(storage, path)).size]),
  );
}
