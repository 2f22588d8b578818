// Measures the catalog engine as whole processes, on real catalogs multiplied to size. Prints a table.
// Arguments: --size MB (default 74), --runs N (default 5), --only WORD.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { arch, availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCache } from './cache.ts';
import { measureCommit } from './commit.ts';
import { measureIndex } from './index-build.ts';
import { type PackageText, readPackages, writeCopies } from './make-inputs.ts';
import { type Measured, type MeasureOptions, measure } from './measure.ts';
import { measureReview } from './review.ts';
import { git, makeRepository } from './state-repository.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DATA = resolve(ROOT, process.env['OLMIRROR_TEST_DATA'] ?? '../shared', 'data');
const CLI = join(ROOT, 'dist/olmirror.js');
const PARSE_ALONE = join(import.meta.dirname, 'parse-alone.ts');

interface Case {
  readonly name: string;
  readonly command: readonly string[];
  readonly options?: Partial<MeasureOptions>;
  /** What opm v1.73.0 needed for the same work on 74 MB, seconds and MB. */
  readonly opm?: readonly [number, number | null];
  /** What the project wants: seconds and MB. */
  readonly wanted?: readonly [number | null, number];
}

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '74' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});
const megabytes = Number(values.size);
const runs = Number(values.runs);
if (!existsSync(DATA))
  throw new Error(`There are no real catalogs in ${DATA}; set OLMIRROR_TEST_DATA.`);
if (!existsSync(CLI)) throw new Error('There is no dist/: run `npm run build` first.');

const work = mkdtempSync(join(tmpdir(), 'olmirror-bench-'));
try {
  await main();
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function main(): Promise<void> {
  console.log(
    `${cpus()[0]?.model ?? arch()}, ${availableParallelism()} processors, `.concat(
      `${Math.round(totalmem() / 1e9)} GB, Node ${process.version}; ${runs} runs each, medians\n`,
    ),
  );
  const cases = makeCases().filter(({ name }) => name.includes(values.only));
  const floor = await measure([process.execPath, PARSE_ALONE, join(work, 'json')], { runs });
  console.log(
    `Parsing alone (bench/parse-alone.ts, one thread): ${floor.seconds.toFixed(2)} s, ${mega(floor.memory)} MB\n`,
  );
  console.log(
    '| work | seconds (fastest–slowest) | × parsing alone | peak MB | opm v1.73.0 | ratio to opm | wanted |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const job of cases) {
    const result = await measure(job.command, { runs, ...job.options });
    console.log(formatRow(job, result, floor));
  }
  if ('one changed package'.includes(values.only)) await measureCommit(readLarge());
  if ('review of one changed package'.includes(values.only)) measureReview(readLarge());
  if ('json cache of opm'.includes(values.only)) measureCache(readLarge(), megabytes);
  if ('index image'.includes(values.only))
    await measureIndex({
      packages: readLarge(),
      megabytes,
      runs,
      work,
      olmirror: [process.execPath, CLI],
      floor,
    });
}

function readLarge(): readonly PackageText[] {
  const root = join(DATA, 'large/v4.17');
  return ['community-operators', 'redhat-operators'].flatMap((name) =>
    readPackages(join(root, name)),
  );
}

function makeCases(): readonly Case[] {
  const size = megabytes * 1e6;
  const folders = { json: join(work, 'json'), yaml: join(work, 'yaml') };
  const large = readLarge();
  const made = writeCopies(
    large.filter((pkg) => pkg.yaml !== null),
    size,
    folders,
  );
  console.log(
    `Input: ${made.packages} packages, ${mega(made.bytes)} MB as JSON, ${mega(made.yamlBytes)} MB as YAML`,
  );
  const quarters = Array.from({ length: 4 }, (_, index) => join(work, `quarter${index}`));
  for (const folder of quarters) writeCopies(large, (170e6 / 74e6) * (size / 4), { json: folder });
  const state = makeState(size);
  const files = `find ${folders.json} -name catalog.json`;
  return [
    {
      name: 'validate, JSON',
      command: olmirror('validate', folders.json),
      opm: [7.3, 399],
      wanted: [0.5, 300],
    },
    {
      name: 'validate, YAML',
      command: olmirror('validate', folders.yaml),
      opm: [8.8, 386],
      wanted: [1.1, 300],
    },
    {
      name: 'render -o json',
      command: olmirror('render', folders.json),
      opm: [4.3, null],
      wanted: [0.9, 300],
    },
    {
      name: 'merge of two catalogs',
      command: olmirror('-C', state.folder, 'merge', '--from', state.incoming),
      options: { prepare: state.reset, accepts: [0, 4] },
      wanted: [2, 400],
    },
    {
      name: 'validate, four folders',
      command: olmirror('validate', ...quarters),
      wanted: [null, 512],
    },
    ...(hasProgram('jq')
      ? [
          {
            name: 'peer: jq reads the JSON',
            command: ['sh', '-c', `${files} | xargs cat | jq empty`],
          },
        ]
      : []),
  ];
}

/** A state repository with an earlier state of real packages, and the later one as delivery. */
function makeState(size: number): {
  readonly folder: string;
  readonly incoming: string;
  readonly reset: () => void;
} {
  const [folder, incoming] = [join(work, 'state'), join(work, 'incoming')];
  const pair = join(DATA, 'pairs/41-whole-community-v4.17');
  const made = writeCopies(readPackages(join(pair, 'new')), size, { json: incoming });
  const old = writeCopies(readPackages(join(pair, 'old')), size, {
    json: join(folder, 'catalogs/big'),
  });
  console.log(
    `Merge: ${old.packages} packages, ${mega(old.bytes)} MB, with ${made.packages} packages, ${mega(made.bytes)} MB\n`,
  );
  makeRepository(folder, {
    production: '{ host: "localhost:5000" }',
    staging: '{ host: "localhost:5001" }',
  });
  return {
    folder,
    incoming,
    reset: () => {
      git(folder, 'reset', '--hard');
      git(folder, 'clean', '-fd');
    },
  };
}

function olmirror(...args: readonly string[]): readonly string[] {
  return [process.execPath, CLI, ...args];
}

function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function formatRow({ name, opm, wanted }: Case, result: Measured, floor: Measured): string {
  const { seconds, fastest, slowest, memory } = result;
  const cells = [
    name,
    `${seconds.toFixed(2)} (${fastest.toFixed(2)}–${slowest.toFixed(2)})`,
    (seconds / floor.seconds).toFixed(1),
    mega(memory),
    opm === undefined ? '' : `${opm[0]} s${opm[1] === null ? '' : `, ${opm[1]} MB`}`,
    opm === undefined ? '' : `1/${(opm[0] / seconds).toFixed(1)}`,
    wanted === undefined ? '' : `${wanted[0] === null ? '' : `${wanted[0]} s, `}${wanted[1]} MB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
