import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../src/cli/find-program.ts';
import type { IndexRehearsal } from '../../src/plan/index-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { CLI } from '../support/cli.ts';
import { countProcesses, writeFakeOpm } from '../support/fake-opm.ts';
import { listRealCatalogs } from '../support/real-catalogs.ts';
import { findRealData } from '../support/real-data.ts';
import { type CliResult, collect } from '../support/site.ts';
import { makeTwoPackages } from '../support/two-packages.ts';

const rehearsed = compileSchema<IndexRehearsal>('index-rehearsal');
const REAL_OPM = await findProgram('opm', process.env['PATH'] ?? '');

/** A state repository, and no registry behind its manifest: none is needed. */
interface State {
  readonly folder: string;
  /** Everything temporary that commands write. */
  readonly temporary: string;
  write(path: string, text: string): Promise<void>;
  git(...args: readonly string[]): void;
  start(args: readonly string[], searchPath?: string): Command;
  rehearse(args: readonly string[], searchPath?: string): Promise<CliResult>;
}

type Command = Parameters<typeof collect>[0];

async function createState(t: TestContext, cache = 'json'): Promise<State> {
  const root = await mkdtemp(join(tmpdir(), 'olmirror-rehearse-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const [folder, temporary, tools] = [join(root, 'state'), join(root, 'tmp'), join(root, 'tools')];
  for (const path of [folder, temporary, tools]) await mkdir(path);
  const git = await findProgram('git', process.env['PATH'] ?? '');
  await symlink(git ?? '', join(tools, 'git'));
  const env = { HOME: root, TMPDIR: temporary, GIT_CONFIG_GLOBAL: '/dev/null', LC_ALL: 'C' };
  function start(args: readonly string[], searchPath = ''): Command {
    return spawn(process.execPath, [CLI, 'index', 'rehearse', ...args], {
      cwd: folder,
      env: { ...env, PATH: `${searchPath}${delimiter}${tools}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await write(
    'mirror.yaml',
    `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: test }
spec:
  registries:
    production: { host: "127.0.0.1:1", insecure: true }
    staging: { host: "127.0.0.1:2", insecure: true }
  catalogs:
    - { name: idx, path: catalogs/idx, repository: olm/idx, tag: v1, cache: ${cache} }
`,
  );
  execFileSync('git', ['init', '-q', folder], { env: { ...env, PATH: process.env['PATH'] } });
  return {
    folder,
    temporary,
    write,
    git: (...args) => {
      const user = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
      execFileSync('git', [...user, ...args], {
        cwd: folder,
        env: { ...env, PATH: process.env['PATH'] },
      });
    },
    start,
    rehearse: (...request) => collect(start(...request)),
  };
}

async function createSmall(t: TestContext, cache = 'json'): Promise<State> {
  const state = await createState(t, cache);
  for (const { path, text } of makeTwoPackages()) await state.write(`catalogs/idx/${path}`, text);
  return state;
}

interface Rehearsed {
  readonly result: CliResult;
  readonly json: IndexRehearsal;
  readonly states: Readonly<Record<string, string>>;
}

async function rehearse(
  state: State,
  args: readonly string[],
  searchPath?: string,
): Promise<Rehearsed> {
  const result = await state.rehearse(['--format', 'json', ...args], searchPath);
  assert.notEqual(result.stdout, '', result.stderr);
  const json = parseChecked(rehearsed, result.stdout);
  assert.equal(json.exitCode, result.code);
  assert.deepEqual(await readdir(state.temporary), [], 'nothing is left behind');
  const states = Object.fromEntries(json.checks.map((check) => [check.name, check.state]));
  return { result, json, states };
}

const DIGESTS = {
  layout: 'passed',
  catalog: 'passed',
  'image-id': 'passed',
  content: 'passed',
  cache: 'passed',
};
const SERVED = { start: 'passed', packages: 'passed', heads: 'passed', bundles: 'passed' };

test('index rehearse without opm checks the digests alone, and says so', async (t) => {
  const state = await createSmall(t);
  const { result, json, states } = await rehearse(state, ['--working-tree']);
  assert.deepEqual(states, { ...DIGESTS, start: 'skipped' });
  assert.deepEqual([result.code, json.opm, json.revision], [0, null, 'working-tree']);
  const text = await state.rehearse(['--catalog', 'idx', '--working-tree']);
  assert.equal(text.code, 0);
  assert.match(text.stdout, /^Index [0-9a-f]{12} of catalog idx at the working tree, manifest /);
  assert.match(text.stdout, /– There is no opm on the PATH, so that only digests were checked/);
  assert.match(text.stdout, /\nAll is as it should be\.\n$/);
});

test('index rehearse lets the opm on the PATH serve what HEAD gives, and asks for everything', async (t) => {
  const state = await createSmall(t);
  state.git('add', '-A');
  state.git('commit', '-qm', 'one');
  const tools = join(dirname(state.folder), 'opm');
  const opm = await writeFakeOpm(tools);
  const { result, json, states } = await rehearse(state, [], tools);
  assert.deepEqual(states, { ...DIGESTS, ...SERVED }, result.stdout);
  assert.deepEqual([result.code, json.opm], [0, opm]);
  assert.match(json.revision, /^[0-9a-f]{40}$/);
  const text = await state.rehearse([], tools);
  for (const line of [
    'opm takes the cache, whose digest it checks, and says that it serves.',
    '2 packages with 2 channels are served as the catalog has them.',
    'The heads of 2 channels are served.',
    'The bundles of 6 channel entries are served, in the list and one by one.',
  ])
    assert.ok(text.stdout.includes(`✔ ${line}`), text.stdout);
  await state.write('catalogs/idx/beta/note.json', '');
  const dirty = await state.rehearse([], tools);
  assert.match(dirty.stderr, /Changes that are not committed are left out/);
});

test('index rehearse of a catalog with cache none lets opm build its own', async (t) => {
  const state = await createSmall(t, 'none');
  const opm = await writeFakeOpm(join(dirname(state.folder), 'opm'));
  const { json, states, result } = await rehearse(state, ['--working-tree', '--opm', opm]);
  assert.deepEqual(states, { ...DIGESTS, ...SERVED }, result.stdout);
  assert.equal(
    json.checks.find(({ name }) => name === 'start')?.message,
    'opm builds its own cache, and says that it serves.',
  );
});

const ENDS = [
  ['package', 4, 'packages', 'failed'],
  ['integrity', 4, 'start', 'failed'],
  ['hang', 1, 'packages', 'unknown'],
] as const;
for (const [lie, code, name, end] of ENDS)
  test(`index rehearse exits ${code} where a check is ${end}: ${lie}`, async (t) => {
    const state = await createSmall(t);
    const opm = await writeFakeOpm(join(dirname(state.folder), 'opm'), lie);
    const args = ['--working-tree', '--opm', opm, '--timeout', code === 1 ? '8s' : '60s'];
    const { result, states } = await rehearse(state, args);
    assert.deepEqual([result.code, states[name]], [code, end], result.stdout);
    assert.equal(await countProcesses(opm), 0);
  });

/** Waits for a stand-in that does not go on. */
async function waitUntilItWaits({ temporary }: Pick<State, 'temporary'>): Promise<void> {
  const paths = await readdir(temporary, { recursive: true });
  if (paths.some((path) => path.endsWith('/work/waits'))) return;
  await sleep(50);
  await waitUntilItWaits({ temporary });
}

// Seen to fail without `killDescendants`: the stand-in below the script lived on, and olmirror waited for its outputs.
for (const [name, lie, child] of [
  ['that does not answer', 'hang', false],
  ['that is not up yet and is started by a script', 'never listen', true],
] as const)
  test(`index rehearse ends an opm ${name}, and its folder is gone, on Ctrl-C`, {
    timeout: 60_000,
  }, async (t) => {
    const state = await createSmall(t);
    const opm = await writeFakeOpm(join(dirname(state.folder), 'opm'), lie, { child });
    const run = state.start(['--working-tree', '--opm', opm]);
    t.after(() => run.kill('SIGKILL'));
    const result = collect(run);
    await waitUntilItWaits(state);
    assert.equal(await countProcesses(opm), child ? 2 : 1);
    run.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^Stopped by a signal before the end\.\nHint: Run the command again\.\n$/);
    assert.equal(await countProcesses(opm), 0);
    assert.deepEqual(await readdir(state.temporary), []);
  });

test('index rehearse says of an index that podman builds that it is not rehearsed', async (t) => {
  const state = await createState(
    t,
    `json, builder: podman, builderImage: "olm/opm@sha256:${'0'.repeat(64)}"`,
  );
  const { code, stdout, stderr } = await state.rehearse(['--working-tree']);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(
    stderr,
    /^The index of idx is built by podman \(`builder: podman`\), so there is none/,
  );
  assert.match(stderr, /\nHint: `olmirror apply` reads back what podman built/);
});

test('index rehearse says where it may not write', async (t) => {
  const state = await createSmall(t);
  await rm(state.temporary, { recursive: true });
  const { code, stdout, stderr } = await state.rehearse(['--working-tree']);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /tmp cannot be written: ENOENT.*\nHint: .*TMPDIR/s);
});

test('index rehearse refuses what it cannot build or run, and says what to do', async (t) => {
  const state = await createSmall(t);
  const missing = await state.rehearse(['--working-tree', '--opm', './nowhere/opm']);
  assert.deepEqual([missing.code, missing.stdout], [1, '']);
  assert.match(missing.stderr, /nowhere\/opm cannot be run/);
  assert.match(missing.stderr, /Hint: .*--opm/);
  const unknown = await state.rehearse(['--catalog', 'other', '--working-tree']);
  assert.match(unknown.stderr, /no catalog other/);
  const duration = await state.rehearse(['--working-tree', '--timeout', 'soon']);
  assert.match(duration.stderr, /--timeout soon is not a duration/);
  await state.write('catalogs/idx/alpha/catalog.json', '{"schema":"olm.package","name":"alpha"}');
  const invalid = await state.rehearse(['--working-tree']);
  assert.equal(invalid.code, 1);
  assert.match(invalid.stderr, /opm would refuse the catalog idx, so no index is built of it:\n/);
  assert.match(invalid.stderr, /catalogs?\/?.*alpha\/catalog\.json/);
  assert.deepEqual(await readdir(state.temporary), []);
});

const DATA = findRealData('pairs');
const PROGRAMS = [
  ['the stand-in', null],
  ['real opm', REAL_OPM],
] as const;
for (const [name, program] of PROGRAMS)
  test(`index rehearse of real catalogs with ${name} finds nothing wrong`, {
    skip: DATA.skip || (name === 'real opm' && program === null && 'opm is not on the PATH'),
  }, async (t) => {
    const state = await createState(t);
    const opm = program ?? (await writeFakeOpm(join(dirname(state.folder), 'opm')));
    let count = 0;
    for (const { path, files } of listRealCatalogs(dirname(DATA.path))) {
      const size = files.reduce((sum, file) => sum + file.bytes.length, 0);
      if (path.startsWith('large/') || size > 2 ** 21 || count >= 6) continue;
      await rm(join(state.folder, 'catalogs'), { recursive: true, force: true });
      for (const file of files)
        await state.write(
          `catalogs/idx/${file.path.slice(path.length + 1)}`,
          Buffer.from(file.bytes).toString(),
        );
      const { result, states } = await rehearse(state, ['--working-tree', '--opm', opm]);
      assert.deepEqual(
        states,
        { ...DIGESTS, ...SERVED },
        `${path} ${result.stdout.slice(0, 3_000)}`,
      );
      count += 1;
    }
    assert.ok(count >= 3, `${count} catalogs were served`);
  });
