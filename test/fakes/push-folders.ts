import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PushEnd } from '../../src/apply/port.ts';
import { digestOf, parseDigest } from '../../src/base/digest.ts';
import { isIndexManifest, type ManifestBody, OCI_INDEX, OCI_MANIFEST } from '../../src/base/oci.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import type { FakeRegistry } from './registry.ts';

/**
 * Stores images that lie in folders as skopeo's `dir:` has them, in the order of their paths, up to the first for
 * which `meetFault` throws; throws itself only where that is an interrupt.
 */
export async function pushFolders(
  registry: FakeRegistry,
  folder: string,
  meetFault: () => Promise<void>,
): Promise<PushEnd> {
  const pushed = new Set<string>();
  for (const path of (await readdir(folder, { recursive: true })).toSorted()) {
    if (basename(path) !== 'manifest.json') continue;
    try {
      await meetFault();
    } catch (error) {
      if (isToolError(error, 'APPLY_INTERRUPTED')) throw error;
      break;
    }
    if (!(await isSound(join(folder, dirname(path))))) break;
    await pushFolder(registry, folder, dirname(path));
    pushed.add(dirname(path));
  }
  return { pushed, isRefused: false };
}

/** Whether each blob is what it is named after. */
async function isSound(folder: string): Promise<boolean> {
  for (const file of await readdir(folder))
    if (!file.includes('.') && file !== 'version')
      if (digestOf(await readFile(join(folder, file))) !== `sha256:${file}`) return false;
  return true;
}

async function pushFolder(registry: FakeRegistry, folder: string, name: string): Promise<void> {
  const [repository = '', tag = ''] = name.split(':');
  for (const file of await readdir(join(folder, name))) {
    const bytes = await readFile(join(folder, name, file));
    if (file === 'manifest.json') registry.store(repository, tag, describe(bytes));
    else if (file.endsWith('.json')) registry.store(repository, digestOf(bytes), describe(bytes));
    else if (file !== 'version') registry.storeBlob(parseDigest(`sha256:${file}`), bytes);
  }
}

function describe(bytes: Buffer): ManifestBody {
  const value: { readonly mediaType?: string } = JSON.parse(bytes.toString());
  const guess = isIndexManifest('', value) ? OCI_INDEX : OCI_MANIFEST;
  return { digest: digestOf(bytes), mediaType: value.mediaType ?? guess, bytes };
}
