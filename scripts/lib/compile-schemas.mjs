// Compiling a JSON Schema takes longer than a whole short command, so the build does it, once: this
// plugin of esbuild puts a module in the place of src/manifest/compile-schema.ts that has them all.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { AJV_OPTIONS } from '../../src/manifest/compile-schema.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function compileSchemas({ onLoad }) {
  onLoad({ filter: /src[/]manifest[/]compile-schema[.]ts$/ }, () => ({
    contents: renderModule(),
    loader: 'js',
    resolveDir: ROOT,
  }));
}

function renderModule() {
  const ajv = new Ajv({ ...AJV_OPTIONS, code: { source: true, esm: true } });
  const ids = listChecked().map((file) => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', file), 'utf8'));
    ajv.addSchema(schema);
    return schema.$id;
  });
  const checks = ids.map((id, index) => [`check${index}`, id]);
  return `${standalone.default(ajv, Object.fromEntries(checks))}
    const CHECKS = new Map([${checks.map(([name, id]) => `['${id}', ${name}]`).join(', ')}]);
    export function compileSchema({ $id }) {
      const check = CHECKS.get($id);
      if (check === undefined) throw new Error('The build has no check for ' + $id + '.');
      return check;
    }`;
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
