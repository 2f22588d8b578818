// Runs the tests: all of test/**/*.test.ts, or the files, folders and patterns given as arguments.
// Options: --test-name-pattern=REGEXP, --test-concurrency=N.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findPrograms, PROGRAM_SETS } from './lib/go-programs.mjs';
import { ensureTools, hasTool } from './lib/tools.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOOLS = ['skopeo', 'docker-registry', 'git'];
// Large, or of use for one kind of test only: `.ci/run` brings it.
const SKIPPED_TOOLS = 'podman sshd ssh-keygen gpg python3 zsh fish mandoc groff chromium'.split(
  ' ',
);
// Programs that Debian does not carry: tests against them are a bonus wherever they are present.
const OPTIONAL_TOOLS = ['opm', 'crane', 'node22', 'systemd-notify'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'test-name-pattern': { type: 'string' }, 'test-concurrency': { type: 'string' } },
});
const files = listTestFiles(positionals);
if (files.length === 0) fail(`No test file found for ${positionals.join(' ') || 'test/'}.`);
if (!ensureTools(TOOLS)) process.exit(1);
isolateGit();
process.env.OLMIRROR_TEST_CLI ??= buildCommand();
process.env.OLMIRROR_TEST_DATA ??= resolve(ROOT, '../shared');

/** @type {{ passed: number, failed: number, noData: string[], noTool: string[], noRoot: string[], wrongSkips: string[], empty: string[] }} */
const results = {
  passed: 0,
  failed: 0,
  noData: [],
  noTool: [],
  noRoot: [],
  wrongSkips: [],
  empty: [],
};
const stream = run({
  files,
  // Many tests wait: for time limits, processes and disks.
  concurrency: Number(values['test-concurrency'] ?? availableParallelism() + 1),
  ...(values['test-name-pattern'] && {
    testNamePatterns: [new RegExp(values['test-name-pattern'])],
  }),
});
stream.on('test:pass', (event) => countPass(event));
stream.on('test:fail', () => {
  results.failed += 1;
});
stream.on('end', finish);
stream.compose(insertSummary).compose(spec).pipe(process.stdout);

function listTestFiles(wanted) {
  const patterns = wanted.length > 0 ? wanted : ['test'];
  const found = patterns.flatMap((pattern) => {
    const isFolder = existsSync(pattern) && statSync(pattern).isDirectory();
    return globSync(isFolder ? `${pattern}/**/*.test.ts` : pattern, { cwd: ROOT });
  });
  return [...new Set(found.map((file) => resolve(ROOT, file)))].toSorted(compareText);
}

function compareText(a, b) {
  return a < b ? -1 : Number(a > b);
}

// Tests run the command some thousand times: bundles start in half the time that sources take, and are what users have.
function buildCommand() {
  const folder = mkdtempSync(join(tmpdir(), 'olmirror-test-cli-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const built = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), folder], {
    stdio: 'inherit',
  });
  if (built.status !== 0) fail('The command cannot be built.');
  // Else each of their state folders is given compiled code of its own.
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'code');
  return join(folder, 'olmirror.js');
}

// A test must not depend on the developer's Git settings, nor reach a proxy.
function isolateGit() {
  Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
  for (const name of Object.keys(process.env)) {
    if (/^(https?|all|no)_proxy$/i.test(name)) delete process.env[name];
  }
}

function countPass(event) {
  // Node reports a file in which no test ran as a test of its own that passed.
  if (event.name === event.file) {
    if (values['test-name-pattern'] === undefined) results.empty.push(event.file);
    return;
  }
  if (event.skip === undefined || event.skip === false) {
    if (event.details?.type !== 'suite') results.passed += 1;
    return;
  }
  const reason = `${event.name}: ${event.skip === true ? 'no reason given' : event.skip}`;
  if (reason.includes('OLMIRROR_TEST_DATA')) results.noData.push(reason);
  else if (namesMissingTool(reason)) results.noTool.push(reason);
  else if (!process.env.CI && reason.includes('only root may')) results.noRoot.push(reason);
  else results.wrongSkips.push(reason);
}

function namesMissingTool(reason) {
  const words = reason.match(/[\w-]+/g) ?? [];
  const known = process.env.CI
    ? OPTIONAL_TOOLS
    : [...OPTIONAL_TOOLS, ...TOOLS, ...SKIPPED_TOOLS, 'jq', 'curl'];
  if (!process.env.CI && words.some(isUnbuilt)) return true;
  return words.some((word) => known.includes(word) && !hasTool(word));
}

// Built by `scripts/go-programs.mjs`, not found on the PATH; `.ci/run` has them.
function isUnbuilt(name) {
  return Object.values(PROGRAM_SETS).some(
    (set) => Object.hasOwn(set.programs, name) && findPrograms(set) === null,
  );
}

// Node's own totals stay the last lines, so ours go before them.
async function* insertSummary(events) {
  let printed = false;
  for await (const event of events) {
    const isTotals = event.type === 'test:diagnostic' && /^tests \d+$/.test(event.data.message);
    if (isTotals && !printed) {
      printed = true;
      process.stdout.write(formatSummary());
    }
    yield event;
  }
}

function formatSummary() {
  const data = results.noData.length;
  const lines = [
    `${results.passed + results.failed} tests ran in ${files.length} files; ${data} skipped for absence of real data`,
  ];
  if (data > 0) lines.push(`  real data: OLMIRROR_TEST_DATA is ${process.env.OLMIRROR_TEST_DATA}`);
  for (const reason of results.noTool) lines.push(`  skipped, a tool is missing: ${reason}`);
  for (const reason of results.noRoot) lines.push(`  skipped, run as another user: ${reason}`);
  for (const reason of results.wrongSkips) lines.push(`  NOT ALLOWED to skip: ${reason}`);
  for (const file of results.empty) lines.push(`  NO TEST in ${file}`);
  return `\n${lines.join('\n')}\n`;
}

function finish() {
  const ran = results.passed + results.failed;
  const faults = results.failed + results.wrongSkips.length + results.empty.length;
  process.exitCode = faults === 0 && ran > 0 ? 0 : 1;
  if (ran === 0) console.error('No test ran.');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
