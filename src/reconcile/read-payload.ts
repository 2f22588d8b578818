import type { Digest } from '../base/digest.ts';
import type { ContentReader } from '../base/oci.ts';
import { type PayloadFiles, RELEASE_MANIFESTS } from '../images/release.ts';
import { listSortedFiles, readLayerTree } from '../index/read-files.ts';
import { readImage } from '../index/read-image.ts';

export interface ReadPayload extends PayloadFiles {
  readonly digest: Digest;
}

/** Reads what a release payload says of itself; of one for several architectures its first, since all name the same components. */
export async function readPayload(
  reader: ContentReader,
  repository: string,
  reference: string,
): Promise<ReadPayload> {
  const { digest, platforms } = await readImage(reader, repository, reference);
  const tree = await readLayerTree(reader, {
    repository,
    folders: [RELEASE_MANIFESTS],
    layers: platforms[0]?.manifest.layers ?? [],
  });
  const files = new Map(
    listSortedFiles(tree, RELEASE_MANIFESTS).map(({ path, bytes }) => [path, bytes]),
  );
  function readText(name: string): string | null {
    const bytes = files.get(name);
    return bytes === undefined ? null : Buffer.from(bytes).toString();
  }
  return {
    digest,
    references: readText('image-references'),
    metadata: readText('release-metadata'),
    machines: platforms.map(({ platform }) => platform.architecture),
  };
}
