import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/**
 * A script of this folder as JavaScript, as the program is built, with the thread that reads catalogs: to take the types out
 * of a source while it runs is time and memory that no user spends. Returns its path.
 */
export async function bundleChild(name: string, folder: string): Promise<string> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { [name]: `bench/${name}.ts`, 'catalog-worker': 'src/cli/catalog-worker.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'warning',
  });
  return join(folder, `${name}.js`);
}
