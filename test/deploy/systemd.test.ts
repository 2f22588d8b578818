import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSandbox } from '../support/sandbox.ts';

const FOLDER = join(import.meta.dirname, '../../deploy/systemd');
const UNITS = readdirSync(FOLDER).filter((name) => /\.(?:service|timer)$/.test(name));
const NO_SYSTEMD =
  spawnSync('systemd-analyze', ['--version']).status !== 0 && 'systemd-analyze is not there';
/** Of 10; what is left is the network, sockets, and memory that Node compiles into. */
const MOST_EXPOSED = 1.5;

// Seen to fail: with `ProtectSytem=strict`, which systemd passes over with a warning.
test('the units are what systemd understands', { skip: NO_SYSTEMD }, async (t) => {
  const { folder } = await createSandbox(t);
  for (const name of UNITS) {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    writeFileSync(join(folder, name), text.replaceAll('/opt/olmirror/bin/node', process.execPath));
  }
  assert.deepEqual(UNITS.toSorted(), [
    'olmirror-apply.service',
    'olmirror-apply.timer',
    'olmirror-watch.service',
  ]);
  const result = spawnSync('systemd-analyze', ['verify', ...UNITS], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.deepEqual([result.status, result.stderr], [0, '']);
});

// Seen to fail: with NoNewPrivileges and the filter of system calls taken out.
test('the services are shut in', { skip: NO_SYSTEMD }, () => {
  for (const name of UNITS.filter((unit) => unit.endsWith('.service'))) {
    const args = ['security', '--offline=true', `--threshold=${MOST_EXPOSED * 10}`, '--no-pager'];
    const result = spawnSync('systemd-analyze', [...args, join(FOLDER, name)], {
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, result.stdout + result.stderr);
    assert.match(result.stdout, /Overall exposure level/);
  }
});

// Seen to fail: with a line of one service taken out.
test('both services are shut in by the same lines', () => {
  const [apply = [], watch = []] = ['apply', 'watch'].map((name) => {
    const text = readFileSync(join(FOLDER, `olmirror-${name}.service`), 'utf8');
    const shut = text.slice(text.indexOf('DynamicUser='), text.indexOf('UMask='));
    return shut.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  });
  assert.ok(apply.length > 30);
  assert.deepEqual(apply, watch);
});
