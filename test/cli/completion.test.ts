import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hasTool } from '../../scripts/lib/tools.mjs';
import { addCommands } from '../../src/cli/add-commands.ts';
import { listNodes } from '../../src/cli/help/command-tree.ts';
import { readCommandTree } from '../../src/cli/help/read-command-tree.ts';
import { CLI } from '../support/cli.ts';
import { createSandbox } from '../support/sandbox.ts';
import { splitWords } from '../support/shell-words.ts';
import { collect } from '../support/site.ts';
import { ALL, ONE, type Shell, typeLines } from '../support/type-lines.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What is typed, and what is offered for its last word. */
type Case = readonly [line: string, ...offered: string[]];

const CASES: readonly Case[] = [
  ['olmirror inde', 'index'],
  ['olmirror index ', 'extract', 'info', 'list', 'rehearse', 'rollback', 'show', 'verify'],
  ['olmirror plan --format ', 'html', 'json', 'markdown', 'text'],
  ['olmirror plan --format=m', '--format=markdown'],
  ['olmirror history show --fo', '--format'],
  ['olmirror status --wait R', 'Ready'],
  ['olmirror completion z', 'zsh'],
  ['olmirror --manifest index index li', 'list'],
  ['olmirror index list ', 'blue.index', 'red-index'],
  ['olmirror index show x --catalog r', 'red-index'],
  ["olmirror -C 'other site' index list ", 'far-index'],
  [`olmirror --directory='other site' --manifest "it's.yaml" merge `, 'its-index'],
  ['olmirror -C oth', 'other site'],
  ["olmirror -C 'other site' plan --out it", "it's.yaml"],
  ['olmirror plan --manifest two', "two 'words'.yaml"],
  ['olmirror plan --manifest a:b', 'a:b=c.yaml'],
  ['olmirror plan --manifest=two', "--manifest=two 'words'.yaml"],
  ['olmirror plan --out \\$', '$(touch pwned).json'],
  ['olmirror apply pl', 'plan.json'],
  ['olmirror diff oci:lay', 'oci:layout'],
  ['olmirror diff x prod', 'production'],
  ['olmirror watch --interval '],
  ['olmirror diff x y prod'],
];

// Seen to fail: with names of catalogs unchecked ($(touch pwned) is offered), with every word of COMP_WORDS taken as
// one of its own (a:b, --format=m), with -W given the folder's words (zsh), without the number of operands (fish).
for (const shell of SHELLS)
  test(`completion ${shell} completes commands, options, fixed words, catalogs and odd names of files`, {
    skip: hasTool(shell) ? false : `${shell} is missing`,
  }, async (t) => {
    const site = await createSite(t, shell);
    const offered = await complete(
      site,
      CASES.map(([line]) => line),
    );
    assert.deepEqual(
      CASES.map(([line], index) => [line, ...(offered[index] ?? [])]),
      CASES,
    );
    // The program is asked for catalogs alone; everything else stands in the script.
    const asked = (await readFile(site.log, 'utf8')).trim().split('\n');
    assert.deepEqual(new Set(asked.map((line) => line.split(' ')[0])), new Set(['__catalogs']));
    assert.deepEqual(
      spawnSync('ls', [site.folder], { encoding: 'utf8' }).stdout.includes('pwned\n'),
      false,
    );
  });

// Seen to fail: with the options of every command alone in the script.
test('completion bash offers every command and option that is declared', {
  skip: lackOf('bash'),
}, async (t) => {
  const site = await createSite(t, 'bash');
  const root = readCommandTree(addCommands);
  const nodes = listNodes(root);
  const lines = nodes.map(({ path }) => `${['olmirror', ...path].join(' ')} -`);
  const offered = await complete(site, lines);
  const shared = [
    '--directory',
    '--help',
    '--manifest',
    '--quiet',
    '--verbose',
    '-C',
    '-h',
    '-q',
    '-v',
  ];
  for (const [index, node] of nodes.entries()) {
    const own = node.options.flatMap(({ name, short }) =>
      short === null ? [`--${name}`] : [`--${name}`, `-${short}`],
    );
    const wanted = new Set(node === root ? [...shared, '--version'] : [...own, ...shared]);
    assert.deepEqual(new Set(offered[index]), wanted, lines[index]);
  }
  assert.ok(nodes.length > 30);
});

test('completion refuses a shell that it does not know, and names those it does', async (t) => {
  const sandbox = await createSandbox(t);
  const { code, stderr } = await sandbox.olmirror('completion', 'tcsh');
  assert.equal(code, 1);
  assert.match(stderr, /"tcsh".*"bash", "zsh", "fish"/s);
});

// Lines are typed at a terminal by a program in Python, save in fish, which answers by itself.
function lackOf(shell: Shell): string | false {
  const missing = [shell, shell === 'fish' ? 'fish' : 'python3'].find((tool) => !hasTool(tool));
  return missing === undefined ? false : `${missing} is missing`;
}

interface Site {
  readonly shell: Shell;
  readonly folder: string;
  readonly script: string;
  readonly log: string;
  readonly env: Readonly<Record<string, string>>;
}

async function createSite(t: TestContext, shell: Shell): Promise<Site> {
  const sandbox = await createSandbox(t);
  const { folder } = sandbox;
  const { stdout } = await sandbox.olmirror('completion', shell);
  await sandbox.write('tools/script', stdout);
  await sandbox.write(
    'mirror.yaml',
    renderManifest(['red-index', 'blue.index', '$(touch pwned)', '; ls']),
  );
  await sandbox.write('other site/mirror.yaml', renderManifest(['far-index']));
  await sandbox.write("other site/it's.yaml", renderManifest(['its-index']));
  await sandbox.write('layout/index.json', '');
  for (const name of ["two 'words'.yaml", 'a:b=c.yaml', '$(touch pwned).json', 'plan.json'])
    await sandbox.write(name, '');
  const log = join(folder, 'tools/log');
  await writeFile(log, '');
  await writeFile(join(folder, 'tools/olmirror'), renderProgram(log));
  await chmod(join(folder, 'tools/olmirror'), 0o755);
  const env = {
    PATH: `${join(folder, 'tools')}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    LC_ALL: 'C.UTF-8',
  };
  return { shell, folder, script: join(folder, 'tools/script'), log, env };
}

function renderManifest(names: readonly string[]): string {
  return `spec:\n  catalogs:\n${names.map((name) => `    - name: ${JSON.stringify(name)}\n`).join('')}`;
}

// Answers what the script asks, and else prints its arguments.
function renderProgram(log: string): string {
  return `#!/bin/sh
case $1 in __*) echo "$*" >>'${log}'; exec '${process.execPath}' '${CLI}' "$@" ;; esac
printf 'GOT'
printf ' <%s>' "$@"
echo ' END'
`;
}

/** What each line offers for its last word, in order; where nothing is, the line stays as it was. */
async function complete(
  site: Site,
  lines: readonly string[],
): Promise<readonly (readonly string[])[]> {
  if (site.shell === 'fish') return completeInFish(site, lines);
  const got = await typeLines(site.shell, {
    ...site,
    // Alone, a word is completed as the Tab key does it.
    lines: lines.map((line) => `${line}${/[ -]$/.test(line) ? ALL : ONE}`),
  });
  return got.map((words, index) => {
    const [, before = '', last = ''] = /^(.*?)(\S*)$/.exec(lines[index] ?? '') ?? [];
    const typed = splitWords(before)[0] ?? [];
    const offered = words.slice(typed.length - 1).map(dropSlash);
    return offered[0] === last ? [] : offered.toSorted();
  });
}

async function completeInFish(
  site: Site,
  lines: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const program = `source ${site.script}; for line in $argv; complete -C $line; echo END; end`;
  const child = spawn('fish', ['--no-config', '-c', program, ...lines], {
    cwd: site.folder,
    env: site.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout, stderr } = await collect(child);
  assert.deepEqual([code, stderr], [0, '']);
  const parts = stdout.split('END\n').slice(0, -1);
  return parts.map((part) =>
    part
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => dropSlash(line.split('\t')[0] ?? ''))
      .toSorted(),
  );
}

// A folder's slash is zsh's to take away again.
function dropSlash(word: string): string {
  return word.replace(/\/$/, '');
}
