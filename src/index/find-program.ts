import { basename } from 'node:path/posix';
import type { ContentReader } from '../base/oci.ts';
import { formatPlatform } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { IndexBase } from './build-index.ts';
import { readLayerTree } from './read-files.ts';

const OPM = 'opm';

/**
 * Reads the layers of a base image to its end and looks for opm, without which no pod of an index on
 * that base would start. Throws `INDEX_BAD_BASE` for a platform that has none.
 */
export async function assertCarriesOpm(reader: ContentReader, base: IndexBase): Promise<void> {
  const { repository } = base;
  for (const { platform, layers } of base.platforms) {
    const tree = await readLayerTree(reader, { repository, layers, folders: [], programs: [OPM] });
    if ([...tree.keys()].some((path) => basename(path) === OPM)) continue;
    throw new ToolError(
      'INDEX_BAD_BASE',
      `The base image ${repository} has no program ${OPM} for ${formatPlatform(platform)}, so that no pod of an index on it would start.`,
      {
        hint: 'Name an image that carries opm as `base` of the catalog in mirror.yaml, or scratch where the CatalogSource has extractContent.',
      },
    );
  }
}
