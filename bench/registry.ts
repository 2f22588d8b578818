// What looking at a registry costs: HEADs beside wrk, which does nothing but send requests, and the plan of very many
// images against a registry that is only played.
// Arguments: --runs N (default 5), --images N (default 50000).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { pushImage } from '../scripts/lib/push-image.ts';
import { SCRIPT_OPTIONS } from '../scripts/lib/script-options.mjs';
import { startRegistry } from '../scripts/lib/start-registry.ts';
import { MANIFEST_MEDIA_TYPES, OCI_MANIFEST } from '../src/base/oci.ts';
import { findProgram } from '../src/cli/find-program.ts';
import { LESSONS } from '../src/cli/load-bundle.ts';
import { measure, medianOf } from './measure.ts';
import { chooseRegistry } from './peers.ts';
import { makeRepository } from './state-repository.ts';

const CLI = resolve(import.meta.dirname, '../dist/olmirror.js');
const HEADS = 2_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    images: { type: 'string', default: '50000' },
  },
});
const runs = Number(values.runs);
const work = mkdtempSync(join(tmpdir(), 'olmirror-bench-'));
try {
  await measureHeads();
  await measurePlan(Number(values.images));
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function measureHeads(): Promise<void> {
  const kind = chooseRegistry();
  const registry = await startRegistry({ folder: join(work, 'registry') });
  try {
    const { digest, repository } = await pushImage(registry.host, {
      repository: 'team/app',
      tags: ['v1'],
      files: { a: 'a' },
    });
    const path = `/v2/${repository}/manifests/${digest}`;
    const heads = await buildHeads();
    const first: number[] = [];
    const next: number[] = [];
    const theirs: number[] = [];
    // In turns, so that a busy moment of the machine meets both.
    // Those before teach what is kept of the program.
    for (let run = -LESSONS; run < runs; run += 1) {
      const mine = await runHeads(heads, [registry.host, repository, digest]);
      const wrk = await runWrk(registry.host, path);
      if (run < 0) continue;
      first.push(mine.first);
      next.push(mine.next);
      if (wrk !== null) theirs.push(wrk);
    }
    console.log(`HEADs a second, ${kind}:\n`);
    console.log('| | HEADs a second (slowest–fastest) | of wrk |');
    console.log('|---|---|---|');
    for (const [which, rates] of [
      ['first', first],
      ['next', next],
    ] as const) {
      const share =
        theirs.length === 0 ? '' : `${((100 * medianOf(rates)) / medianOf(theirs)).toFixed(0)} %`;
      console.log(
        `| olmirror's client, as commands use it, the ${which} ${HEADS} HEADs of a process | ${formatRates(rates)} | ${share} |`,
      );
    }
    if (theirs.length > 0)
      console.log(`| wrk -t1 -c8, GETs of the same manifest, 3 s | ${formatRates(theirs)} | |`);
    console.log('');
  } finally {
    await registry.stop();
  }
}

function formatRates(rates: readonly number[]): string {
  const all = [medianOf(rates), Math.min(...rates), Math.max(...rates)];
  const [median = '', least = '', most = ''] = all.map((rate) => rate.toFixed(0));
  return `${median} (${least}–${most})`;
}

/** Built as the commands are, so that what V8 compiled of it is kept from one run to the next as theirs is. */
async function buildHeads(): Promise<string> {
  await build({
    ...SCRIPT_OPTIONS,
    platform: 'node',
    target: 'node22',
    entryPoints: [join(import.meta.dirname, 'head-alone.ts')],
    outdir: work,
    logLevel: 'error',
  });
  const loader = resolve(import.meta.dirname, '../src/cli/load-bundle.ts');
  const program = join(work, 'heads.mjs');
  writeFileSync(
    program,
    `import { loadBundle } from ${JSON.stringify(pathToFileURL(loader).href)};
    const bundle = new URL('./head-alone.cjs', import.meta.url);
    await loadBundle(bundle, 'heads').main(process.argv.slice(2));\n`,
  );
  process.env['NODE_COMPILE_CACHE'] = join(work, 'code');
  return program;
}

/** In a process of its own, as olmirror is one; its start is not counted, since wrk's is not. */
async function runHeads(
  program: string,
  args: readonly string[],
): Promise<{ first: number; next: number }> {
  const text = await runProgram([process.execPath, program, ...args, String(HEADS)]);
  const [first = Number.NaN, next = Number.NaN] = text.split(' ').map(Number);
  return { first, next };
}

async function runWrk(host: string, path: string): Promise<number | null> {
  if ((await findProgram('wrk', process.env['PATH'] ?? '')) === null) {
    console.error('wrk is left out: it is not installed (apt-get install wrk).');
    return null;
  }
  // wrk waits for the body that a HEAD announces and does not bring, so it sends GETs: the registry does the same work.
  const script = join(work, 'accept.lua');
  const accept = MANIFEST_MEDIA_TYPES.join(', ');
  writeFileSync(script, `wrk.headers["Accept"] = "${accept}"\n`);
  const text = await runProgram([
    'wrk',
    '-t1',
    '-c8',
    '-d3s',
    '-s',
    script,
    `http://${host}${path}`,
  ]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? Number.NaN);
}

function runProgram([program = '', ...args]: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  return new Promise((done, fail) => {
    child.on('error', fail).on('close', (code) => {
      if (code === 0) done(text);
      else fail(new Error(`${program} ended with ${code}`));
    });
  });
}

/** Every second image is there; the others are in neither registry, so that each ends in an outcome of its own. */
async function measurePlan(images: number): Promise<void> {
  const server = createServer((request, response) => {
    const digest = /sha256:([0-9a-f]{64})$/.exec(request.url ?? '');
    const there = digest === null || Number.parseInt(digest[1]?.slice(-1) ?? '', 16) % 2 === 0;
    response.writeHead(there ? 200 : 404, {
      'content-type': there ? OCI_MANIFEST : 'application/json',
      ...(digest !== null && there && { 'docker-content-digest': digest[0] }),
    });
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const folder = join(work, 'plan');
  const { port } = address;
  const sources = Array.from({ length: images }, (_, number) => {
    const hex = number.toString(16).padStart(64, '0');
    return `    - { source: "registry.example/team/image${number}@sha256:${hex}" }\n`;
  });
  makeRepository(
    folder,
    {
      production: `{ host: "127.0.0.1:${port}", insecure: true }`,
      staging: `{ host: "localhost:${port}", insecure: true }`,
    },
    `  catalogs: []\n  images:\n${sources.join('')}`,
  );
  const { seconds, memory } = await measure(
    [process.execPath, CLI, '-C', folder, 'plan', '--format', 'json'],
    { runs: 1, accepts: [4], env: { XDG_STATE_HOME: join(work, 'xdg-state') } },
  );
  server.close();
  server.closeAllConnections();
  console.log(
    `| plan of ${images} images, half of them lost, played registry | ${seconds.toFixed(1)} s | ${(memory / 1e6).toFixed(0)} MB |`,
  );
}
