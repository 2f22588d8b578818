import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findUse } from '../../src/cli/load-bundle.ts';
import { V8_DEFAULTS } from '../../src/cli/v8-flags.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOADER = pathToFileURL(join(ROOT, 'src/cli/load-bundle.ts')).href;

// What is counted is how many functions V8 parses: none of those that were kept.
const BUNDLE = `(function (exports, require, module, __filename, __dirname) { 'use strict';
  const v8 = require('node:v8');
  function deep() { return __filename.length + __dirname.length; }
  exports.run = function (code) {
    v8.setFlagsFromString('--semi-space-growth-factor=1');
    v8.setFlagsFromString('--heap-growing-percent=40');
    v8.setFlagsFromString('--wasm-tiering-budget=1000000000');
    process.exitCode = code;
    return deep();
  };
})`;

interface Ran {
  readonly stderr: string;
  readonly status: number | null;
  /** Functions of the bundle that were parsed. */
  readonly parsed: readonly string[];
}

interface Place {
  readonly code: string;
  readonly bundle: string;
  run(given?: RunOptions): Promise<Ran>;
  list(): Promise<readonly string[]>;
}

interface RunOptions {
  readonly use?: string;
  readonly exitCode?: number;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function createPlace(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-bundle-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'main.cjs');
  const code = join(folder, 'code');
  await writeFile(bundle, BUNDLE);
  return {
    code,
    bundle,
    async run({ use = 'plan', exitCode = 0, flags = [], env = { NODE_COMPILE_CACHE: code } } = {}) {
      const log = join(folder, 'v8.log');
      const program = `import { loadBundle } from ${JSON.stringify(LOADER)};
        loadBundle(new URL(${JSON.stringify(pathToFileURL(bundle).href)}), '${use}').run(${exitCode});`;
      const traced = ['--log-function-events', `--logfile=${log}`, '--no-logfile-per-isolate'];
      const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...rest } = process.env;
      const { stderr, status } = spawnSync(
        process.execPath,
        [...traced, ...flags, '--input-type=module', '--eval', program],
        { encoding: 'utf8', env: { ...rest, ...env } },
      );
      return { stderr, status, parsed: listParsed(await readFile(log, 'utf8'), bundle) };
    },
    list: async () =>
      existsSync(code) ? (await readdir(code)).filter((name) => name.startsWith('main.cjs-')) : [],
  };
}

// `script-details,<id>,<file>` and `function,full-parse,<script>,<start>,<end>,<ms>,<stamp>,<name>`.
function listParsed(log: string, bundle: string): readonly string[] {
  const lines = log.split('\n').map((line) => line.split(','));
  const id = lines.find(([kind, , file]) => kind === 'script-details' && file === bundle)?.[1];
  return lines.flatMap(([kind, event, script, , , , , name]) =>
    kind === 'function' && event === 'full-parse' && script === id ? [name ?? ''] : [],
  );
}

// Seen to fail: with the settings of V8 left as the bundle has changed them, and with code kept where a module was loaded.
test('what ran of a bundle is not parsed again by the same command, whatever it set of V8', async (t) => {
  const place = await createPlace(t);
  const first = await place.run();
  assert.deepEqual([first.stderr, first.status], ['', 0]);
  assert.ok(first.parsed.includes('deep'), first.parsed.join());
  assert.deepEqual((await place.run()).parsed, []);
  assert.ok((await place.run({ use: 'apply' })).parsed.includes('deep'));
  const [apply = '', plan = ''] = (await place.list()).toSorted();
  assert.match(apply, /^main\.cjs-apply-\d+-\d+-v[\d.]+-\w+$/);
  assert.match(plan, /^main\.cjs-plan-/);
});

test('a command teaches thrice and no more, and not where it failed or may not', async (t) => {
  const place = await createPlace(t);
  assert.equal((await place.run({ exitCode: 1 })).status, 1);
  await place.run({ env: {} });
  await place.run({ env: { NODE_COMPILE_CACHE: place.code, NODE_DISABLE_COMPILE_CACHE: '1' } });
  await place.run({ use: '../escape' });
  assert.deepEqual(await place.list(), []);
  const texts: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    await place.run({ exitCode: 2 });
    const [name = ''] = await place.list();
    texts.push(readFileSync(join(place.code, name)).toString('latin1'));
  }
  assert.equal(new Set(texts).size, 3);
  assert.equal(texts[2], texts[3]);
});

test('code that is damaged, of another bundle or for other settings is left, and the bundle runs', async (t) => {
  const place = await createPlace(t);
  await place.run();
  const [name = ''] = await place.list();
  const path = join(place.code, name);
  const kept = await readFile(path);
  const other = await place.run({ flags: ['--max-lazy'] });
  assert.deepEqual([other.stderr, other.status], ['', 0]);
  assert.deepEqual(await readFile(path), kept);
  for (const damaged of [
    kept.subarray(0, kept.length / 2),
    Buffer.from(kept).fill(1, 200, 210),
    Buffer.alloc(0),
  ]) {
    await writeFile(path, damaged);
    const ran = await place.run();
    assert.deepEqual([ran.stderr, ran.status], ['', 0]);
    assert.ok(ran.parsed.includes('deep'));
    assert.deepEqual((await place.run()).parsed, []);
  }
  await place.run({ use: 'plan-more' });
  await writeFile(place.bundle, BUNDLE.replace('deep() {', 'deep() { /* another */'));
  assert.ok((await place.run()).parsed.includes('deep'));
  // What belonged to the other one is gone, and that of another command is not.
  const left = await place.list();
  assert.deepEqual([left.length, left.includes(name)], [2, false]);
});

test('a folder that cannot be written is no reason to stop or to say anything', async (t) => {
  const place = await createPlace(t);
  await writeFile(place.code, 'a file');
  const ran = await place.run();
  assert.deepEqual([ran.stderr, ran.status], ['', 0]);
});

test('code is kept by the command, and apart for what is asked of it', () => {
  const uses = [['plan'], ['-C', 'dir', 'apply'], ['plan', '--help'], ['-h'], ['--quiet'], []];
  assert.deepEqual(
    uses.map((argv) => findUse(argv)),
    ['plan', 'apply', 'help', 'help', '--quiet', ''],
  );
});

test('the settings of V8 that olmirror changes are known with what V8 has by itself', () => {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const [flag, value] of Object.entries(V8_DEFAULTS)) {
    const [, shown] =
      new RegExp(`default: --(${flag}(?:=\\d+)?|no-${flag})$`, 'm').exec(stdout) ?? [];
    assert.equal(shown, value === true ? flag : `${flag}=${value}`);
  }
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((path) =>
    readFileSync(join(ROOT, path), 'utf8'),
  );
  const set = sources.flatMap((text) => [...text.matchAll(/setFlagsFromString\('--([a-z-]+)/g)]);
  assert.ok(set.length > 0);
  for (const [, flag = ''] of set) assert.ok(Object.hasOwn(V8_DEFAULTS, flag), flag);
});
