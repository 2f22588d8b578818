import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makePackageText } from '../support/catalog.ts';
import { type BoundedRun, canBeHumble, runBounded } from '../support/run-bounded.ts';

/** More than a command needs that stops at none of these, and less than one that reads a device. */
const MEGABYTES = 400;
const SECONDS = 5;

/** A name that clears a terminal, breaks a line and turns what follows around. */
const HOSTILE = 'a\u001b[2J\u009b\nb\u202ec.json';
const HOSTILE_SHOWN = 'a\\u001b[2J\\u009b\\nb\\u202ec.json';

const LINKS = [
  ['zero', '/dev/zero'],
  ['hidden-zero', '/dev/zero'],
  ['full', '/dev/full'],
  ['loop', 'loop'],
  ['up', '..'],
  ['nothing', 'nowhere'],
  ['hidden-nothing', 'nowhere'],
  ['linked.json', 'catalog.json/alpha.json'],
] as const;

/** What is said of each entry that cannot be read. */
const UNREADABLE: readonly (readonly [name: string, message: RegExp])[] = [
  ['full', /is a link to a device/],
  ['locked-folder', /cannot be read: permission denied/],
  ['locked.json', /cannot be read: permission denied/],
  ['loop', /is a link that leads back to itself/],
  ['nothing', /is a link to nothing/],
  ['pipe', /is a pipe/],
  ['socket', /is a socket/],
  ['sub/.indexignore', /is a pipe/],
  ['up', /is a link to a folder/],
  ['zero', /is a link to a device/],
];
const BROKEN = [
  [HOSTILE, /has no schema/],
  ['broken.json', /This is not JSON/],
] as const;

const MANIFEST = `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: test }
spec:
  registries: { production: { host: "p.example:5000" }, staging: { host: "p.example:5001" } }
  catalogs:
    - { name: idx, path: catalogs/idx, repository: olm/idx, tag: v1, base: scratch, platforms: [linux/amd64] }
`;

interface Problem {
  readonly severity: string;
  readonly file?: string;
  readonly line?: number;
  readonly message: string;
}

/** Problems of a command's JSON that are errors, by their file. */
function listErrors({ stdout }: BoundedRun): ReadonlyMap<string, string> {
  const document: { subjects: readonly { problems: readonly Problem[] }[] } = JSON.parse(stdout);
  const errors = document.subjects
    .flatMap((subject) => subject.problems)
    .filter(({ severity }) => severity === 'error');
  assert.ok(errors.every(({ line = 0 }) => line >= 1));
  return new Map(errors.map(({ file, message }) => [file ?? '', message]));
}

async function makeOddFolder(odd: string): Promise<Server> {
  for (const folder of ['catalog.json', 'locked-folder', 'sub'])
    await mkdir(join(odd, folder), { recursive: true });
  const alpha = makePackageText('alpha', [{ version: '1.0.0', image: 'r.example/alpha:v1' }]);
  await writeFile(join(odd, 'catalog.json/alpha.json'), alpha);
  await writeFile(join(odd, 'broken.json'), '{"schema":');
  await writeFile(join(odd, HOSTILE), '{"\\u001b[31m\\u202e":1,"name":"\\u009b2J"}');
  await writeFile(join(odd, 'locked.json'), '{}');
  await writeFile(join(odd, '.indexignore'), 'hidden-*\n');
  for (const [name, target] of LINKS) await symlink(target, join(odd, name));
  for (const name of ['pipe', 'hidden-pipe', 'sub/.indexignore'])
    execFileSync('mkfifo', [join(odd, name)]);
  await chmod(join(odd, 'locked.json'), 0);
  await chmod(join(odd, 'locked-folder'), 0);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(odd, 'socket'), resolve));
  return server;
}

/** Controls of a terminal, line breaks and tabs left aside. */
const CONTROL = /(?![\n\t])[\p{Cc}\u202E]/u;

function assertNamesAll({ code, stdout, stderr }: BoundedRun): void {
  assert.deepEqual([code, stdout], [1, ''], stderr);
  for (const [name] of UNREADABLE) assert.ok(stderr.includes(`${name}:1: `), `no ${name}`);
  assert.ok(stderr.includes(`${HOSTILE_SHOWN}:1: `), stderr);
  assert.doesNotMatch(stderr, /hidden-/);
}

// Root may read everything, so it does this without that right.
const humble = process.getuid?.() === 0;
const SKIP = humble && !canBeHumble() ? 'root cannot give up reading what is locked here' : false;

describe('a folder of odd entries', { skip: SKIP }, () => {
  let root = '';
  const servers: Server[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'olm-odd-'));
    await mkdir(join(root, 'state/catalogs'), { recursive: true });
    await writeFile(join(root, 'state/mirror.yaml'), MANIFEST);
    for (const folder of ['odd', 'state/catalogs/idx'])
      servers.push(await makeOddFolder(join(root, folder)));
    execFileSync('git', ['init', '-q', join(root, 'state')]);
  });
  after(async () => {
    for (const server of servers) server.close();
    await rm(root, { recursive: true });
  });

  async function run(args: readonly string[], megabytes = MEGABYTES): Promise<BoundedRun> {
    const result = await runBounded(args, { cwd: root, home: root, humble });
    const told = `${args.join(' ')}: ${result.stderr}`;
    assert.ok(result.code !== null, `was killed: ${told}`);
    assert.ok(result.megabytes < megabytes, `took ${result.megabytes} MB: ${told}`);
    assert.ok(result.processorTime < SECONDS, `took ${result.processorTime} s: ${told}`);
    assert.doesNotMatch(result.stdout + result.stderr, CONTROL, told);
    assert.doesNotMatch(result.stderr, /bug in olmirror/, told);
    return result;
  }

  it('gets from validate a verdict on each of them, all at once', async () => {
    const result = await run(['validate', 'odd', '--format', 'json']);
    assert.equal(result.code, 1);
    const found = listErrors(result);
    const twice = ['catalog.json/alpha.json', 'linked.json'].filter((name) =>
      found.has(`odd/${name}`),
    );
    assert.equal(twice.length, 1, 'a linked file is read, so its package stands there twice');
    for (const [name, message] of [...UNREADABLE, ...BROKEN])
      assert.match(found.get(`odd/${name}`) ?? 'nothing', message, name);
    assert.equal(found.size, UNREADABLE.length + BROKEN.length + twice.length);
  });

  it('is told of in lines that no name of a file can break', async () => {
    const { stdout } = await run(['validate', 'odd']);
    const lines = stdout.trimEnd().split('\n');
    assert.ok(lines.length > UNREADABLE.length);
    assert.deepEqual(
      lines.slice(0, -1).filter((line) => !/^odd\/.*:\d+: /.test(line)),
      [],
    );
    assert.ok(stdout.includes(`odd/${HOSTILE_SHOWN}:1: `));
  });

  it('keeps terminal controls out of the forms of the verdict that are for other programs', async () => {
    for (const format of ['github', 'sarif']) {
      const { stdout } = await run(['validate', 'odd', '--format', format]);
      assert.match(stdout, /u202e/, format);
    }
  });

  it('is refused by render and convert, each entry named', async () => {
    for (const args of [
      ['render', 'odd'],
      ['convert', 'odd', '--output-dir', 'out'],
    ])
      assertNamesAll(await run(args));
    assert.deepEqual(
      (await readdir(root)).filter((name) => name === 'out'),
      [],
    );
  });

  it('is shown by graph as far as it can be read, and is said to be incomplete', async () => {
    const { code, stdout, stderr } = await run(['graph', '--source', 'odd']);
    assert.equal(code, 0);
    assert.match(stdout, /alpha/);
    assert.match(stderr, /warning: odd has \d+ problems/);
  });

  it('is judged in a state repository too, where a link is a fault of its own', async () => {
    const result = await run(['-C', 'state', 'validate', '--format', 'json']);
    assert.equal(result.code, 1);
    const found = listErrors(result);
    for (const [name, message] of [...UNREADABLE, ...BROKEN])
      assert.match(found.get(`catalogs/idx/${name}`) ?? 'nothing', message, name);
    assert.match(
      found.get('catalogs/idx/linked.json') ?? '',
      /is a link, which Git does not follow/,
    );
    assert.equal(found.size, UNREADABLE.length + BROKEN.length + 1);
  });

  it('is not merged, and nothing is written', async () => {
    const clean = join(root, 'state/catalogs/idx');
    await chmod(join(clean, 'locked-folder'), 0o755);
    await rm(clean, { recursive: true });
    assertNamesAll(await run(['-C', 'state', 'merge', '--from', '../odd']));
    assert.deepEqual((await readdir(join(root, 'state'))).toSorted(), [
      '.git',
      'catalogs',
      'mirror.yaml',
    ]);
  });

  it('does no harm where one of its entries is given by its name', async () => {
    for (const name of ['zero', 'socket']) {
      // Of a device as much is read as a text may hold.
      const { code, stderr } = await run(['render', join('odd', name)], 1_000);
      assert.equal(code, 1, name);
      assert.match(stderr, /\nHint: /, name);
    }
  });
});
