// Makes dist/: the command in bundles that load on demand, and the types of what olmirror writes. Given a
// folder, it makes the bundles alone, there.
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileSchemas } from './lib/compile-schemas.mjs';
import { SCRIPT_OPTIONS } from './lib/script-options.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const [target = ''] = process.argv.slice(2);
const OUT = target === '' ? join(ROOT, 'dist') : resolve(target);

const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

const OWN_PACKAGE = new RegExp(`^${RegExp.escape(ROOT)}package[.]json$`);

const AGENT_LINES = [
  "const Dispatcher = require('./lib/dispatcher/dispatcher')",
  "const Pool = require('./lib/dispatcher/pool')",
  "const Agent = require('./lib/dispatcher/agent')",
  "const ProxyAgent = require('./lib/dispatcher/proxy-agent')",
  "const errors = require('./lib/core/errors')",
  "const api = require('./lib/api')",
  "const buildConnector = require('./lib/core/connect')",
  'Object.assign(Dispatcher.prototype, api)',
  'module.exports.Pool = Pool',
  'module.exports.Agent = Agent',
  'module.exports.ProxyAgent = ProxyAgent',
  'module.exports.buildConnector = buildConnector',
  'module.exports.errors = errors',
];

const API_LINES = [
  "export * from './config.js';",
  "export * from './api.js';",
  "export * from './types.js';",
];

const COMMAND = /^[.][/]commands[/]([a-z-]+)[.]ts$/;
const PASSES = ['apply', 'plan', 'plan-review'];

rmSync(OUT, { recursive: true, force: true });
/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: ROOT,
  outdir: OUT,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Packages are taken in: loading them from hundreds of small files is a quarter of a short command,
  // and what stands alone can be carried into an air gap as one file.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  legalComments: 'none',
  metafile: true,
  plugins: [
    { name: 'version-only', setup: keepVersionOnly },
    { name: 'plain-width', setup: measurePlainText },
    { name: 'no-spare-help', setup: skipSpareHelp },
    { name: 'agents-only', setup: takeAgentsOnly },
    { name: 'own-url', setup: takeOwnUrl },
    { name: 'api-only', setup: takeApiOnly },
    { name: 'compiled-schemas', setup: compileSchemas },
  ],
  logLevel: 'warning',
};
/** @type {import('esbuild').BuildOptions} */
const script = { ...options, ...SCRIPT_OPTIONS };
const bundle = Promise.all([
  // The worker and the launcher stand beside the commands, which start them.
  build({
    ...options,
    plugins: [...options.plugins, { name: 'load-bundles', setup: loadBundles }],
    entryPoints: {
      olmirror: 'src/cli/olmirror.ts',
      'chunks/catalog-worker': 'src/cli/catalog-worker.ts',
      'chunks/launcher-process': './launcher-process.ts',
      'chunks/pass-process': './pass-process.ts',
    },
  }),
  build({ ...script, entryPoints: { 'chunks/main': 'src/cli/main.ts' } }),
  build({
    ...script,
    entryPoints: { 'chunks/pass-main': 'src/cli/pass-main.ts' },
    plugins: [...options.plugins, { name: 'passes-only', setup: takePassesOnly }],
  }),
  build({
    ...script,
    entryPoints: {
      'chunks/launcher-process': 'src/apply/launcher-process.ts',
      'chunks/pass-process': 'src/cli/pass-process.ts',
    },
  }),
]);
// esbuild has printed what is wrong.
const done = await bundle.catch(() => null);
if (done === null) process.exit(1);
for (const { metafile } of done)
  for (const path of Object.keys(metafile.outputs)) if (path.endsWith('.cjs')) escapeRest(path);
const inputs = Object.assign({}, ...done.map(({ metafile }) => metafile.inputs));
writeFileSync(join(OUT, 'third-party-licenses.txt'), renderLicenses({ inputs }));
chmodSync(join(OUT, 'olmirror.js'), 0o755);
if (target === '') process.exitCode = writeTypes() || writePages();
// As in the package. Where nothing says it, Node parses each file to find out.
else writeFileSync(join(OUT, 'package.json'), '{ "type": "module" }\n');

function writeTypes() {
  const command = ['-p', 'tsconfig.types.json'];
  const types = spawnSync('node_modules/.bin/tsc', command, { cwd: ROOT, stdio: 'inherit' });
  return types.status ?? 1;
}

// Where npm looks for the manual pages of a package (`directories.man` of package.json).
function writePages() {
  const command = [join(OUT, 'olmirror.js'), 'man', '--quiet', '--output-dir', join(OUT, 'man')];
  return spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}

// esbuild leaves letters beyond ASCII in regular expressions, where an escape means the same, and in tagged templates, of
// whose tags none of ours looks at how its text is written.
function escapeRest(path) {
  const file = join(ROOT, path);
  const text = readFileSync(file, 'utf8');
  const escaped = text.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (escaped !== text) writeFileSync(file, escaped);
}

// The program imports its package.json for its version; the rest of it has no business in the bundle.
function keepVersionOnly({ onLoad }) {
  onLoad({ filter: OWN_PACKAGE }, () => ({
    contents: JSON.stringify({ version }),
    loader: 'json',
  }));
}

// yargs measures columns of help with string-width, whose tables of emoji are a quarter of each
// start. Our help is plain text.
function measurePlainText({ onLoad }) {
  onLoad({ filter: /node_modules[/]string-width[/]index[.]js$/ }, () => ({
    contents: `import { stripVTControlCharacters } from 'node:util';
      export default (text) => stripVTControlCharacters(text).length;`,
  }));
}

// yargs lays out a command's help at each start of the command, in case its failure is to show it.
// Ours never does, and that is a tenth of a short command.
function skipSpareHelp({ onLoad }) {
  onLoad({ filter: /node_modules[/]yargs[/]build[/]lib[/]command[.]js$/ }, ({ path }) => {
    const text = readFileSync(path, 'utf8');
    const contents = text.replace('.getUsageInstance().cacheHelpMessage();', ';');
    if (contents === text) throw new Error(`${path} does not lay out help any more.`);
    return { contents, loader: 'js' };
  });
}

// undici's index loads fetch, WebSocket, caches and mocks, which are four fifths of it, and modules of
// Node besides. Ours are its agents and how they connect; the calls of a dispatcher are put on as its index does. It is given
// as a module, of which esbuild refuses what it does not export, where CommonJS gives undefined once it runs.
function takeAgentsOnly({ onLoad }) {
  onLoad({ filter: /node_modules[/]undici[/]index[.]js$/ }, ({ path }) => {
    const text = readFileSync(path, 'utf8');
    for (const line of AGENT_LINES)
      if (!text.includes(line)) throw new Error(`${path} does not say \`${line}\` any more.`);
    const lines = AGENT_LINES.map((line) =>
      line.replace(/^module[.]exports[.](\w+) = .*/, 'export { $1 };'),
    );
    return { contents: lines.join('\n'), loader: 'js' };
  });
}

// node-fetch carries a parser of URLs for Nodes that have none: a table of 300 kB, and a warning at each start.
function takeOwnUrl({ onLoad }) {
  onLoad({ filter: /node_modules[/]whatwg-url[/]lib[/]public-api[.]js$/ }, () => ({
    contents: 'module.exports = { URL, URLSearchParams };',
    loader: 'js',
  }));
}

// Ours are its configuration and calls of the API, not exec, port-forward, informers and copies into pods.
function takeApiOnly({ onLoad }) {
  onLoad(
    { filter: /node_modules[/]@kubernetes[/]client-node[/]dist[/]index[.]js$/ },
    ({ path }) => {
      const text = readFileSync(path, 'utf8');
      for (const line of API_LINES)
        if (!text.includes(line)) throw new Error(`${path} does not say \`${line}\` any more.`);
      return { contents: API_LINES.join('\n'), loader: 'js' };
    },
  );
}

// The entry and the process of passes start what was built as one function.
function loadBundles({ onResolve, onLoad }) {
  onResolve(
    { filter: /^[.][/](?:main|pass-main|launcher-process|pass-process)[.]ts$/ },
    ({ path }) => ({
      path: basename(path, '.ts'),
      namespace: 'bundle',
    }),
  );
  onLoad({ filter: /./, namespace: 'bundle' }, ({ path }) => ({
    contents: [
      "import { findUse, loadBundle } from './src/cli/load-bundle.ts';",
      `const url = new URL('./${path}.cjs', import.meta.url);`,
      path.endsWith('-process')
        ? `loadBundle(url, '${path}');`
        : 'export const main = (argv) => loadBundle(url, findUse(argv)).main(argv);',
    ].join('\n'),
    resolveDir: ROOT,
  }));
}

// Only plan and apply are run by this bundle (src/cli/olmirror.ts).
function takePassesOnly({ onResolve, onLoad }) {
  onResolve({ filter: COMMAND }, ({ path, kind }) => {
    const [, command] = COMMAND.exec(path) ?? [];
    const isTaken = kind !== 'dynamic-import' || PASSES.includes(command);
    return isTaken ? undefined : { path: command, namespace: 'command-apart' };
  });
  onLoad({ filter: /./, namespace: 'command-apart' }, ({ path }) => ({
    contents: `throw new Error('The command ${path} is in the other bundle.');`,
  }));
}

// Whoever passes a package on passes its licence on.
function renderLicenses(metafile) {
  const folders = Object.keys(metafile.inputs).flatMap(
    (path) => /^(?:.*[/])?node_modules[/](?:@[^/]+[/])?[^/]+/.exec(path)?.[0] ?? [],
  );
  return [...new Set(folders)].toSorted().map(renderLicense).join('\n');
}

function renderLicense(folder) {
  const { name, version: its } = JSON.parse(
    readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
  );
  const file = readdirSync(join(ROOT, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence file.`);
  return `${name} ${its}\n\n${readFileSync(join(ROOT, folder, file), 'utf8').trimEnd()}\n`;
}
