// First step of `npm test`, `npm run check`, `npm run build`, `npm run demo` and the benches. It needs nothing but
// the machine's Node 20: it installs the packages where they are missing and goes on with Node 24,
// which comes with them.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const NODE = join(BIN, 'node');
const SCRIPTS = {
  test: 'scripts/test.mjs',
  check: 'scripts/check.mjs',
  build: 'scripts/build.mjs',
  demo: 'scripts/demo/main.ts',
  bench: 'bench/catalog.ts',
  'bench:copies': 'bench/copies.ts',
  'bench:kills': 'bench/kills.ts',
  'bench:registry': 'bench/registry.ts',
  'bench:soak': 'bench/soak.ts',
  'bench:watch': 'bench/watch.ts',
};

const [name, ...rest] = process.argv.slice(2);
const script = Object.hasOwn(SCRIPTS, name ?? '') ? SCRIPTS[name] : undefined;
if (script === undefined) {
  console.error(`Usage: node scripts/start.mjs ${Object.keys(SCRIPTS).join('|')} [arguments]`);
  process.exit(1);
}
if (!isInstalled()) installPackages();
process.exit(run(NODE, [join(ROOT, script), ...rest]));

// npm writes its hidden lock file last, so a newer package-lock.json means an older installation.
function isInstalled() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installed) || !existsSync(NODE)) return false;
  return statSync(installed).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

function installPackages() {
  console.log('Installing the npm packages of package-lock.json: npm ci');
  // Engine warnings are about the machine's Node, which runs npm and nothing else.
  const code = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code === 0 && existsSync(NODE)) return;
  console.error('npm ci did not install the packages. Check the connection to the npm registry.');
  process.exit(code === 0 ? 1 : code);
}

function run(command, args) {
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` };
  const result = spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  if (result.error) console.error(result.error.message);
  return result.status ?? 1;
}
