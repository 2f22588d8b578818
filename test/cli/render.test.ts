import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { makePackageText } from '../support/catalog.ts';
import { CLI } from '../support/cli.ts';
import { type CliResult, collect } from '../support/site.ts';

const IMAGE = `registry.example.com/v/b@sha256:${'b'.repeat(64)}`;

// Seen to fail: the whole text in one write to a destroyed pipe, `process.exit` after it, and Git
// asked for before the disk.
suite('olmirror render', () => {
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'olmirror-render-'));
    for (const name of ['a', 'b']) {
      await mkdir(join(folder, name));
      const text = makePackageText(name, [{ version: '1.0.0', image: IMAGE }]);
      await writeFile(join(folder, name, 'catalog.json'), text);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  function start(...args: readonly string[]) {
    return spawn(process.execPath, [CLI, 'render', ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  function render(...args: readonly string[]): Promise<CliResult> {
    return collect(start(...args));
  }

  test('prints folders and files one after the other, without a repository or a manifest', async () => {
    const { code, stdout, stderr } = await render('b', 'a/catalog.json');
    assert.deepEqual([code, stderr], [0, '']);
    const schemas = [...stdout.matchAll(/^ {4}"schema": "(.*)",\n {4}"name": "(.*)"/gm)];
    assert.deepEqual(
      schemas.map(([, schema, name]) => `${schema} ${name}`),
      [
        'olm.package a',
        'olm.channel stable',
        'olm.bundle a.v1.0.0',
        'olm.package b',
        'olm.channel stable',
        'olm.bundle b.v1.0.0',
      ],
    );
  });

  test('prints YAML that renders to the same JSON', async () => {
    const yaml = await render('a', '-o', 'yaml');
    assert.match(yaml.stdout, /^---\ndefaultChannel: /);
    await writeFile(join(folder, 'again.yaml'), yaml.stdout);
    const again = await render('again.yaml');
    assert.deepEqual([again.code, again.stdout], [0, (await render('a')).stdout]);
  });

  test('takes what opm render takes, even where opm validate refuses it', async () => {
    await writeFile(join(folder, 'twice.json'), '{"schema":"olm.package","name":"p"}\n'.repeat(2));
    const { code, stdout } = await render('twice.json');
    assert.deepEqual([code, stdout.match(/"name": "p"/g)?.length], [0, 2]);
  });

  test('names every fault of every source and prints nothing else', async () => {
    await mkdir(join(folder, 'bad'));
    await writeFile(join(folder, 'bad/x.json'), '{"schema":"olm.package","name":"p","icon":1}\n');
    await writeFile(join(folder, 'bad/y.yaml'), 'a: [1\n');
    await writeFile(join(folder, 'z.json'), '{"name":"n"}\n');
    const { code, stdout, stderr } = await render('a', 'bad/', 'z.json');
    assert.deepEqual([code, stdout], [1, '']);
    for (const place of ['bad/x.json:1', 'bad/y.yaml:2', 'z.json:1'])
      assert.ok(stderr.includes(`${place}:`), `${place} in ${stderr}`);
    assert.match(stderr, /3 errors/);
  });

  test('and validate names the same faults as annotations and as SARIF', async () => {
    for (const format of ['github', 'sarif']) {
      const args = [CLI, 'validate', 'bad', '--format', format];
      const child = spawn(process.execPath, args, {
        cwd: folder,
        env: { PATH: process.env['PATH'] ?? '', HOME: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const { code, stdout } = await collect(child);
      assert.equal(code, 1, format);
      for (const file of ['bad/x.json', 'bad/y.yaml'])
        assert.ok(
          stdout.includes(format === 'github' ? `file=${file},line=` : `"${file}"`),
          stdout,
        );
      if (format === 'sarif') assert.equal(JSON.parse(stdout).version, '2.1.0');
    }
  });

  test('refuses what is no source, production without a manifest, and a form it does not know', async () => {
    for (const args of [['nothing'], ['HEAD:a'], ['production'], ['a', '-o', 'xml'], []]) {
      const { code, stdout, stderr } = await render(...args);
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(stderr, /Hint: /);
    }
  });

  suite('of more than a pipe holds', () => {
    const bundles = Array.from({ length: 4000 }, (_, i) => ({
      version: `1.0.${i}`,
      image: IMAGE,
      ...(i === 0 ? {} : { replaces: `1.0.${i - 1}` }),
    }));
    before(async () => {
      await mkdir(join(folder, 'large'));
      await writeFile(join(folder, 'large/catalog.json'), makePackageText('large', bundles));
    });

    test('reaches a slow reader to the last byte', async () => {
      const child = start('large');
      child.stdout.pause();
      const ended = collect(child);
      await wait(500);
      child.stdout.resume();
      const { code, stdout } = await ended;
      assert.equal(code, 0);
      assert.ok(stdout.length > 1_000_000 && stdout.endsWith('}\n'), String(stdout.length));
      assert.equal(stdout.match(/"olm.bundle"/g)?.length, bundles.length);
    });

    test('ends without a word where the reader goes away', async () => {
      const child = start('large');
      const ended = collect(child);
      child.stdout.once('data', () => child.stdout.destroy());
      const { code, stderr } = await ended;
      assert.deepEqual([code, stderr], [0, '']);
    });
  });
});
