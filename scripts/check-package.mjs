// Checks what `npm publish` would send: only the files that belong there, and that they work when
// installed in an empty folder. Needs a build.
import { isAscii } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ALLOWED =
  /^(dist\/.*[.](c?js|d[.]ts)|dist\/third-party-licenses[.]txt|dist\/man\/olmirror[a-z-]*[.]1|schemas\/.*[.]json|README.*[.]md|LICENSE|CHANGELOG[.]md|package[.]json)$/;
const REQUIRED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'dist/man/olmirror-plan.1',
  'dist/olmirror.js',
  'dist/third-party-licenses.txt',
  'dist/types/plan/types.d.ts',
  'schemas/mirror.schema.json',
];

const folder = mkdtempSync(join(tmpdir(), 'olmirror-package-'));
try {
  const { filename, files, size } = pack();
  const paths = files.map((file) => file.path);
  const problems = [
    ...paths.filter((path) => !ALLOWED.test(path)).map((path) => `${path} does not belong there`),
    ...REQUIRED.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
    // They are read as Latin-1 (src/cli/load-bundle.ts).
    ...paths
      .filter((path) => path.endsWith('.cjs') && !isAscii(readFileSync(join(ROOT, path))))
      .map((path) => `${path} has more than ASCII`),
  ];
  console.log(`${filename}: ${paths.length} files, ${Math.round(size / 1000)} kB`);
  if (problems.length > 0) fail(problems.join('\n'));
  // Without the npm registry, as in an air gap.
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', [...install, join(folder, filename)]);
  checkCommands();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const args = ['pack', ROOT, '--json', '--loglevel=error'];
  return JSON.parse(run('npm', args))[0];
}

// Node 24 of this project: the machine's own may be older than what olmirror runs on.
function checkCommands() {
  const node = join(ROOT, 'node_modules/.bin/node');
  const entry = join(folder, 'node_modules/olmirror/dist/olmirror.js');
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    run(node, [entry, '--version']);
    return performance.now() - start;
  }).toSorted((a, b) => a - b);
  console.log(`installed; olmirror --version takes ${times[4]?.toFixed(0)} ms (median of 9)`);
  console.log(run(node, [entry, '--help']).split('\n')[0]);
  // plan and apply are another bundle.
  console.log(run(node, [entry, 'plan', '--help']).split('\n')[0]);
  console.log(run(node, [entry, '-C', ROOT, 'validate']).trimEnd());
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (result.status !== 0) fail(`${command} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

function fail(message) {
  console.error(message);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}
