import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaseConfig } from '../../src/index/build-config.ts';
import { listHidingEntries } from '../../src/index/hide-base.ts';
import { renderServeCommand } from '../../src/index/serve-command.ts';

function hide(...settings: readonly NonNullable<BaseConfig['config']>[]): readonly string[] {
  return listHidingEntries(settings.map((config) => ({ config }))).map(({ type, path }) =>
    type === 'directory' ? `${path}/` : path,
  );
}

const OWN = ['configs/', 'configs/.wh..wh..opq', 'tmp/cache/', 'tmp/cache/.wh..wh..opq'];
const LABEL = 'operators.operatorframework.io.index.configs.v1';

test('listHidingEntries empties the folders of catalog and cache, and those that the base names', () => {
  assert.deepEqual(hide({}), OWN);
  const serve = ['serve', '/configs', '--cache-dir=/tmp/cache'];
  assert.deepEqual(hide({ Entrypoint: ['/bin/opm'], Cmd: serve }), OWN);
  const moved = {
    Labels: { [LABEL]: '/catalog/' },
    Cmd: ['serve', 'fbc', '--cache-dir', '/cache'],
  };
  assert.deepEqual(hide({ ...moved, WorkingDir: '/srv' }), [
    'cache/',
    'cache/.wh..wh..opq',
    'catalog/',
    'catalog/.wh..wh..opq',
    ...OWN.slice(0, 2),
    'srv/fbc/',
    'srv/fbc/.wh..wh..opq',
    ...OWN.slice(2),
  ]);
});

test('listHidingEntries gives one layer for all platforms, whatever their order', () => {
  const [a, b] = [{ Cmd: ['serve', '--cache-dir=/a'] }, { Cmd: ['serve', '--cache-dir=/b'] }];
  assert.deepEqual(hide(a, b), ['a/', 'a/.wh..wh..opq', 'b/', 'b/.wh..wh..opq', ...OWN]);
  assert.deepEqual(hide(b, a), hide(a, b));
});

test('listHidingEntries hides no folder that holds more than a cache', () => {
  const cases = [
    ['/tmp', ['tmp/.wh.digest', 'tmp/.wh.pogreb.v1', ...OWN.slice(2)]],
    ['/usr/bin', [...OWN.slice(2), ...whiteouts('usr/bin')]],
    // The program lies in it.
    ['/app/x/', [...whiteouts('app/x').slice(0, 3), ...OWN]],
    ['/', OWN],
    ['/../..', OWN],
    ['/configs/cache', OWN],
  ] as const;
  for (const [cacheDir, wanted] of cases) {
    const found = hide({ Entrypoint: ['/app/x/opm'], Cmd: ['serve', `--cache-dir=${cacheDir}`] });
    const all = wanted.length === OWN.length && wanted[0] === OWN[0] ? [] : OWN.slice(0, 2);
    assert.deepEqual(found.toSorted(), [...new Set([...all, ...wanted])].toSorted(), cacheDir);
  }
});

function whiteouts(folder: string): readonly string[] {
  return ['cache', 'digest', 'pogreb.v1'].map((name) => `${folder}/.wh.${name}`);
}

test('renderServeCommand keeps entrypoint and flags of the base, and puts our folders in', () => {
  const cases = [
    ['/bin/opm', 'serve /configs --cache-dir=/tmp/cache', '/bin/opm', ''],
    ['/bin/opm', 'serve /x --cache-dir /y -p 50052 --debug', '/bin/opm', ' -p 50052 --debug'],
    ['/bin/opm', 'serve /x --cache-only --cache-enforce-integrity=false', '/bin/opm', ''],
    ['/usr/bin/opm serve', '/x --termination-log=/l', '/usr/bin/opm', ' --termination-log=/l'],
    ['/bin/sh -c', 'sleep', '/bin/sh -c', ''],
    ['', '', '/bin/opm', ''],
  ] as const;
  for (const [entrypoint, cmd, wantedEntrypoint, flags] of cases) {
    const base = { entrypoint: split(entrypoint), cmd: split(cmd) };
    const json = renderServeCommand(base, { catalogDir: '/configs', cacheDir: '/tmp/cache' });
    assert.deepEqual(json.entrypoint, split(wantedEntrypoint), entrypoint);
    assert.deepEqual(json.cmd, split(`serve /configs --cache-dir=/tmp/cache${flags}`), cmd);
    const none = renderServeCommand(base, { catalogDir: '/configs', cacheDir: null });
    assert.deepEqual(none.cmd, split(`serve /configs${flags}`), cmd);
  }
});

function split(line: string): readonly string[] {
  return line === '' ? [] : line.split(' ');
}
