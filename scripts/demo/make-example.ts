// Writes catalogs/example-index anew: `node scripts/demo/make-example.ts`. A test compares it.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderExampleCatalog } from './example-catalog.ts';

const FOLDER = fileURLToPath(new URL('../../catalogs/example-index', import.meta.url));

await rm(FOLDER, { recursive: true, force: true });
for (const [path, text] of renderExampleCatalog('merged')) {
  const file = join(FOLDER, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
