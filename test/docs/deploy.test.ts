import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { compareBytes } from '../../src/base/text.ts';
import { assertTakes, type Command } from '../support/take-command.ts';

const ROOT = join(import.meta.dirname, '../..');

// Seen to fail: with `--webhook-secret` in the Deployment, and with `--ref-name` in the service of watch.
test('every command line of deploy/ is one that the command line takes', async () => {
  process.env['JOB_COMPLETION_INDEX'] = '0';
  const commands = [...listUnits(), ...listContainers()];
  for (const command of commands) await assertTakes(command, 'whole');
  const kinds = new Set(commands.map(({ words: [kind = ''] }) => kind));
  assert.deepEqual([...kinds].toSorted(compareBytes), ['apply', 'watch']);
  assert.ok(commands.length >= 5, `${commands.length} command lines`);
});

function listUnits(): readonly Command[] {
  return globSync('deploy/systemd/*.service', { cwd: ROOT }).flatMap((page) =>
    [...read(page).matchAll(/^ExecStart=\S+ \S*olmirror\.js (.*)$/gm)].map(([, line = '']) => ({
      words: dropGlobals(line.replaceAll(/\$\{\w+\}|%\w/g, fill).split(' ')),
      page,
    })),
  );
}

function listContainers(): readonly Command[] {
  return globSync('deploy/kubernetes/**/*.yaml', { cwd: ROOT }).flatMap((page) =>
    loadAll(read(page)).flatMap((document) =>
      listArguments(document).map((words) => ({
        words: words.map((word) => word.replaceAll(/\$\(\w+\)/g, fill)),
        page,
      })),
    ),
  );
}

// Containers that name a command of their own run something else.
function listArguments(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(listArguments);
  if (!('args' in value) || 'command' in value || !Array.isArray(value.args)) return below;
  return [value.args.map(String), ...below];
}

function dropGlobals(words: readonly string[]): readonly string[] {
  return words[0] === '-C' ? words.slice(2) : words;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function fill(variable: string): string {
  return variable.includes('REMOTE') ? 'https://git.example.com/team/state.git' : 'x';
}
