import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { CatalogFile } from '../../src/catalog/types.ts';
import { makePackageText } from '../support/catalog.ts';
import { listRealCatalogs } from '../support/real-catalogs.ts';
import { findRealData } from '../support/real-data.ts';
import type { BuildOnce, BuiltOnce } from './build-once.ts';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, 'build-once.ts');
const NODE22 = findOnPath('node22');
const NO_NODE22 = NODE22 === null ? 'node22 is not on the PATH' : false;

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'olmirror-independence-'));
});
after(() => rm(root, { recursive: true, force: true }));

function findOnPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(existsSync) ?? null;
}

interface Surroundings {
  readonly node?: string;
  readonly umask?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Of Node. */
  readonly flags?: readonly string[];
}

/** Builds in a process of its own, which has nothing of the environment but what is said here. */
async function build(job: BuildOnce, around: Surroundings = {}): Promise<BuiltOnce> {
  const { node = process.execPath, umask = '022', env = {}, cwd = root, flags = [] } = around;
  const { stdout } = await run(
    'sh',
    ['-c', `umask ${umask}; exec "$0" "$@"`, node, ...flags, SCRIPT, JSON.stringify(job)],
    { cwd, env: { PATH: process.env['PATH'] ?? '', HOME: root, ...env }, maxBuffer: 2 ** 24 },
  );
  return JSON.parse(stdout);
}

interface FolderOptions {
  readonly files: readonly CatalogFile[];
  readonly mode?: number;
  /** Seconds since 1970. */
  readonly time?: number;
}

async function writeCatalog(name: string, options: FolderOptions): Promise<string> {
  const folder = join(root, name);
  for (const { path, bytes } of options.files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes, { mode: options.mode ?? 0o644 });
    if (options.time !== undefined) await utimes(file, options.time, options.time);
  }
  return folder;
}

/** Some virtual ones have none of the vector instructions that escaping and the scan of texts use where they are. */
const OLD_PROCESSOR = ['a processor without SSE 4.1', { flags: ['--no-enable-sse4-1'] }] as const;

/** Danish sorts aa behind z, and others hyphens and digits elsewhere. */
const NAMES = ['a', 'aa', 'a-b', 'ab', 'zulu', '10', '9'];

/** Enough packages for many layers. */
function makeFiles(): readonly CatalogFile[] {
  const names = [...NAMES, ...Array.from({ length: 40 }, (_, i) => `package-${i}`)];
  return names.map((name) => ({
    path: `${name}/catalog.json`,
    bytes: Buffer.from(
      makePackageText(
        name,
        ['1.0.0', '1.1.0'].map((version, i) => ({
          version,
          image: `r.example/${name}@sha256:${String(i).repeat(64)}`,
          related: [`r.example/operand-${name}@sha256:${'a'.repeat(64)}`],
          ...(i === 0 ? {} : { replaces: '1.0.0' }),
        })),
      ),
    ),
  }));
}

/** The same catalog as one file, the packages in another order. */
function joinFiles(files: readonly CatalogFile[]): readonly CatalogFile[] {
  const bytes = Buffer.concat(files.toReversed().map((file) => file.bytes));
  return [{ path: 'sub/all.json', bytes }];
}

/** Everything that must not matter; compression may differ where the libraries do. */
function assertSame(found: BuiltOnce, expected: BuiltOnce, name: string): void {
  assert.equal(found.imageId, expected.imageId, name);
  assert.equal(found.scratchId, expected.scratchId, name);
  assert.deepEqual(found.diffIds, expected.diffIds, name);
  if (found.zlib !== expected.zlib) return;
  assert.deepEqual(found.digests, expected.digests, name);
  assert.equal(found.manifest, expected.manifest, name);
}

// Promise 7. Seen to fail: with the time of the day as `created` in build-config.ts, everywhere; with process.umask() in
// its history, under other umasks; with localeCompare in compareBytes, under the Danish locale.
test('an index image is the same whatever process, place and form of its sources it is built of', async (t) => {
  const files = makeFiles();
  const source = await writeCatalog('one', { files });
  const job: BuildOnce = { source, chunk: null, compression: 'gzip' };
  const expected = await build(job);
  assert.match(expected.imageId, /^sha256:[0-9a-f]{64}$/);
  assert.ok(expected.diffIds.length > 20, `${expected.diffIds.length} layers`);

  const elsewhere = join(root, 'some where/é');
  await mkdir(elsewhere, { recursive: true });
  const surroundings: readonly (readonly [string, Surroundings])[] = [
    ['umask 077', { umask: '077' }],
    ['umask 000', { umask: '000' }],
    ['a Danish locale', { env: { LC_ALL: 'da_DK.UTF-8', LANG: 'da_DK.UTF-8' } }],
    ['the locale C', { env: { LC_ALL: 'C', LANG: 'C' } }],
    ['a time zone ahead of the date', { env: { TZ: 'Pacific/Kiritimati' } }],
    ['a time zone with half hours', { env: { TZ: 'America/St_Johns' } }],
    ['another folder and home', { cwd: elsewhere, env: { HOME: elsewhere, USER: 'other' } }],
    ['a build date for others', { env: { SOURCE_DATE_EPOCH: '1', HOSTNAME: 'other' } }],
    ...(process.arch === 'x64' ? [OLD_PROCESSOR] : []),
  ];
  for (const [name, around] of surroundings)
    await t.test(name, async () => assertSame(await build(job, around), expected, name));

  const forms: readonly (readonly [string, FolderOptions])[] = [
    ['written in another order', { files: files.toReversed() }],
    ['touched in 1980', { files, time: 315_600_000 }],
    ['with other modes', { files, mode: 0o600 }],
    ['in one file', { files: joinFiles(files) }],
  ];
  for (const [name, options] of forms)
    await t.test(name, async () => {
      const folder = await writeCatalog(name.replaceAll(' ', '-'), options);
      assertSame(await build({ ...job, source: folder }), expected, name);
    });

  for (const chunk of [1, 7, 4_096])
    await t.test(`read from a registry in pieces of ${chunk} bytes`, async () =>
      assertSame(await build({ ...job, chunk }), expected, String(chunk)),
    );

  await t.test('with zstd: the same id of other bytes', async () => {
    const found = await build({ ...job, compression: 'zstd' });
    assert.deepEqual([found.imageId, found.diffIds], [expected.imageId, expected.diffIds]);
    assert.notDeepEqual(found.digests, expected.digests);
  });

  await t.test('by Node 22', { skip: NO_NODE22 }, async () => {
    const found = await build(job, { node: NODE22 ?? '' });
    assert.match(found.node, /^22\./);
    assertSame(found, expected, 'Node 22');
  });

  await t.test('but not of another catalog', async () => {
    const folder = await writeCatalog('less', { files: files.slice(1) });
    assert.notEqual((await build({ ...job, source: folder })).imageId, expected.imageId);
  });
});

const PAIRS = findRealData('pairs');
test('real catalogs give one image id by Node 22 and 24, under other locales and umasks', {
  skip: PAIRS.skip || NO_NODE22,
}, async () => {
  let count = 0;
  for (const { path, files } of listRealCatalogs(dirname(PAIRS.path))) {
    if (path.startsWith('large/') || sizeOf(files) > 2 ** 21 || count >= 6) continue;
    const below = files.map((file) => ({ ...file, path: file.path.slice(path.length + 1) }));
    const source = await writeCatalog(`real-${count}`, { files: below });
    const job: BuildOnce = { source, chunk: null, compression: 'gzip' };
    const expected = await build(job);
    const around = { node: NODE22 ?? '', umask: '077', env: { LC_ALL: 'da_DK.UTF-8' } };
    assertSame(await build(job, around), expected, path);
    count += 1;
  }
  assert.ok(count > 0, 'some catalog was built');
});

function sizeOf(files: readonly CatalogFile[]): number {
  return files.reduce((sum, file) => sum + file.bytes.length, 0);
}
