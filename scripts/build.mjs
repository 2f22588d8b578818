// Makes dist/: the command in bundles that load on demand, and the types of what olmirror writes.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

rmSync(`${ROOT}dist`, { recursive: true, force: true });
const bundle = build({
  absWorkingDir: ROOT,
  // The worker stands beside the commands, which start it.
  entryPoints: {
    olmirror: 'src/cli/olmirror.ts',
    'chunks/catalog-worker': 'src/cli/catalog-worker.ts',
  },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  legalComments: 'none',
  plugins: [{ name: 'version-only', setup: keepVersionOnly }],
  logLevel: 'warning',
});
// esbuild has printed what is wrong.
const done = await bundle.then(
  () => true,
  () => false,
);
if (!done) process.exit(1);
chmodSync(`${ROOT}dist/olmirror.js`, 0o755);
const types = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.types.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = types.status ?? 1;

// The program imports package.json for its version; the rest of it has no business in the bundle.
function keepVersionOnly({ onLoad }) {
  onLoad({ filter: /package[.]json$/ }, () => ({
    contents: JSON.stringify({ version }),
    loader: 'json',
  }));
}
