import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makePackageText } from '../support/catalog.ts';
import { CLI } from '../support/cli.ts';
import { type CliResult, collect } from '../support/site.ts';

const IMAGE = `registry.example.com/v/b@sha256:${'b'.repeat(64)}`;

suite('olmirror graph', () => {
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'olmirror-graph-'));
    const bundles = [
      { version: '1.0.0', image: IMAGE },
      { version: '1.1.0', image: IMAGE, replaces: '1.0.0' },
    ];
    for (const name of ['quay', 'etcd']) {
      await mkdir(join(folder, 'idx', name), { recursive: true });
      await writeFile(join(folder, 'idx', name, 'catalog.json'), makePackageText(name, bundles));
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function graph(...args: readonly string[]): Promise<CliResult> {
    const child = spawn(process.execPath, [CLI, 'graph', ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return collect(child);
  }

  test('gives a line for every channel of a folder, without a manifest or Git', async () => {
    const { code, stdout, stderr } = await graph('--source', 'idx');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^etcd +stable \* +etcd\.v1\.1\.0 +2 +0\nquay +stable \* /m);
  });

  test('shows one package, and what OLM does from a version', async () => {
    const whole = await graph('etcd', '--source', 'idx', '--channel', 'stable');
    assert.deepEqual([whole.code, whole.stdout.match(/^ {2}● etcd/gm)?.length], [0, 2]);
    const from = await graph('etcd', '--source', 'idx', '--from', '1.0.0', '--format', 'json');
    const { channels } = JSON.parse(from.stdout);
    assert.equal(channels.length, 1);
    assert.deepEqual(channels[0].path.hops, [{ kind: 'replaces', to: 'etcd.v1.1.0' }]);
  });

  test('prints Mermaid and DOT', async () => {
    const drawings = await Promise.all(
      ['mermaid', 'dot'].map((form) => graph('--source', 'idx', '--format', form)),
    );
    assert.deepEqual(
      drawings.map(({ code, stdout }) => [code, stdout.split('\n')[0]]),
      [
        [0, 'graph LR'],
        [0, 'digraph upgrades {'],
      ],
    );
  });

  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['etcdd', '--source', 'idx'], /no package etcdd in idx[^]*Did you mean etcd\?/],
    [['etcd', '--source', 'idx', '--channel', 'stabel'], /no channel stabel[^]*mean stable\?/],
    [['etcd', '--source', 'idx', '--from', 'newest'], /neither a version nor a bundle of etcd/],
    [['--source', 'idx', '--from', '1.0.0'], /--from needs the package/],
    [['--source', 'missing'], /"missing" is neither a path that exists/],
  ];
  for (const [args, message] of mistakes)
    test(`ends with 1 and a hint for ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await graph(...args);
      assert.deepEqual([code, stdout], [1, ''], stderr);
      assert.match(stderr, message);
      assert.match(stderr, /\nHint: /);
    });
});
