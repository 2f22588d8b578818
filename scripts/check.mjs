// Runs every check of the sources, all of them whatever fails, and prints a table.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['src', 'test', 'scripts', 'bench'].filter((folder) =>
  existsSync(`${ROOT}${folder}`),
);
const sources = globSync('src/**/*.ts', { cwd: ROOT }).length;

// `seen` finds in a tool's output how many files it looked at: a tool that silently looks at nothing passes nothing.
const CHECKS = [
  { name: 'types (tsc)', command: ['tsc', '-p', '.'] },
  {
    name: 'format, import order (biome)',
    command: ['biome', 'ci', '--colors=off', '--max-diagnostics=100', '.'],
    seen: /Checked (\d+) files/,
  },
  {
    name: 'lint (oxlint)',
    command: ['oxlint', '--type-aware', '--deny-warnings', ...FOLDERS],
    seen: /on (\d+) files/,
  },
  {
    name: 'layers (dependency-cruiser)',
    command: ['depcruise', '--config', '.dependency-cruiser.cjs', ...FOLDERS],
    seen: /(\d+) modules/,
  },
  { name: 'dead code (knip)', command: ['knip', '--no-progress'] },
  { name: 'dead code (knip --production)', command: ['knip', '--no-progress', '--production'] },
];

const results = CHECKS.map(runCheck);
console.log('');
for (const { name, seconds, problem } of results) {
  console.log(
    `${problem === null ? 'ok  ' : 'FAIL'}  ${seconds.padStart(5)} s  ${name}${problem === null ? '' : `: ${problem}`}`,
  );
}
const failed = results.filter((result) => result.problem !== null).length;
console.log(`\n${results.length - failed} checks passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function runCheck({ name, command, seen }) {
  const [program, ...args] = command;
  const start = performance.now();
  const result = spawnSync(`node_modules/.bin/${program}`, args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const output = `${result.stdout}${result.stderr}`.trim();
  const problem = judge(result, { output, seen });
  if (problem !== null) console.log(`--- ${name}\n${output}\n`);
  return { name, seconds, problem };
}

function judge(result, { output, seen }) {
  if (result.status !== 0) return result.error?.message ?? `exit ${result.status}`;
  if (seen === undefined) return null;
  const count = Number(seen.exec(output)?.[1] ?? 0);
  return count >= Math.max(1, sources) ? null : `looked at ${count} of ${sources} source files`;
}
