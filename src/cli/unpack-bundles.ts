import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ContentReader } from '../base/oci.ts';
import { isToolError, messageOf, ToolError } from '../base/tool-error.ts';
import { visitLayer } from '../index/open-layer.ts';
import { nameBundle, type StateImage } from '../index/state-image.ts';

/** Writes the bundles of a backup into a folder, each layer checked against its digest; returns their files in order. */
export async function unpackBundles(
  reader: ContentReader,
  { repository, layers }: Pick<StateImage, 'layers'> & { readonly repository: string },
  folder: string,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const [index, { digest }] of layers.entries()) {
    const name = nameBundle(index);
    const file = join(folder, name);
    let found = false;
    // To its end first: what is wrong with the bytes says more than what cannot be unpacked of them.
    const layer = join(folder, 'layer');
    await pipeline(await reader.getBlob(repository, digest), createWriteStream(layer));
    try {
      await visitLayer(createReadStream(layer), async (entry) => {
        if (entry.header.name !== name || entry.header.type !== 'file') return void entry.resume();
        found = true;
        await pipeline(entry, createWriteStream(file));
      });
    } catch (error) {
      if (isToolError(error)) throw error;
      throw damaged(`${digest} cannot be unpacked: ${messageOf(error)}`, error);
    }
    if (!found) throw damaged(`${digest} holds no ${name}`);
    files.push(file);
  }
  return files;
}

function damaged(why: string, cause?: unknown): ToolError {
  return new ToolError('GIT_BAD_BUNDLE', `The layer ${why}. Nothing was restored.`, {
    cause,
    hint: 'Name an earlier backup of that repository as REPOSITORY:TAG.',
  });
}
