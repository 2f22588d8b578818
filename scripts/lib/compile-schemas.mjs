// Compiling a JSON Schema takes longer than a whole short command, so the build does it, once: in this plugin of esbuild
// a schema that values are judged by brings its check along, and a module in the place of
// src/manifest/compile-schema.ts finds it. So a command loads the checks of the schemas that it imports.
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { transform } from 'esbuild';
import { AJV_OPTIONS } from '../../src/manifest/compile-schema.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REGISTRY = join(ROOT, 'src/manifest/compile-schema.ts');

export function compileSchemas({ onLoad }) {
  const checked = new Set(listChecked());
  onLoad({ filter: /src[/]manifest[/]compile-schema[.]ts$/ }, () => ({
    contents: RENDERED,
    loader: 'js',
  }));
  onLoad({ filter: /schemas[/][^/]+[.]schema[.]json$/ }, async ({ path }) => {
    if (!checked.has(basename(path))) return null;
    const schema = JSON.parse(readFileSync(path, 'utf8'));
    // Nobody reads what ajv writes, and each start reads all of it.
    const { code } = await transform(renderChecked(schema), { minify: true });
    return { contents: code, loader: 'js', resolveDir: ROOT };
  });
}

const RENDERED = `export const CHECKS = new Map();
  export function compileSchema({ $id }) {
    const check = CHECKS.get($id);
    if (check === undefined) throw new Error('The build has no check for ' + $id + '.');
    return check;
  }`;

function renderChecked(schema) {
  const ajv = new Ajv({ ...AJV_OPTIONS, code: { source: true, esm: true } });
  ajv.addSchema(schema);
  return `import { CHECKS } from ${JSON.stringify(REGISTRY)};
    ${standalone.default(ajv, { check: schema.$id })}
    CHECKS.set(${JSON.stringify(schema.$id)}, check);
    export default ${JSON.stringify(schema)};`;
}

// Values are judged by the schemas that the sources import; the others describe what is printed.
function listChecked() {
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((path) =>
    readFileSync(join(ROOT, path), 'utf8'),
  );
  const files = sources.flatMap((text) =>
    [...text.matchAll(/^import .* from '.*\/schemas\/(.+\.schema\.json)'/gm)].map(
      ([, file]) => file,
    ),
  );
  return [...new Set(files)].toSorted((a, b) => a.localeCompare(b, 'en'));
}
