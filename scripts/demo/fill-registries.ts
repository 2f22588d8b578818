import { type PushedImage, pushImage } from '../lib/push-image.ts';
import { type CatalogState, isInState, renderExampleCatalog } from './example-catalog.ts';
import { buildBundleImages, type ExampleImage } from './example-images.ts';
import type { ExampleRelease } from './example-release.ts';
import { OPERATORS, type Operator } from './operators.ts';

export const INDEX_REPOSITORY = 'olm/example-index';
export const INDEX_TAG = 'v4.20';

/** The images that the catalog names in one state, each once. */
export function listCatalogImages(
  state: CatalogState,
  operators: readonly Operator[] = OPERATORS,
): readonly ExampleImage[] {
  const images = operators.flatMap((operator) =>
    operator.versions
      .filter((version) => isInState(version, state))
      .flatMap((version) => buildBundleImages(operator, version)),
  );
  return [...new Map(images.map((image) => [image.upstream, image])).values()];
}

/** Pushes operators and their index as oc-mirror v2 does: upstream path without host, tag `sha256-<hex>`. */
export async function pushCatalog(
  host: string,
  state: CatalogState,
  operators: readonly Operator[] = OPERATORS,
): Promise<number> {
  const images = listCatalogImages(state, operators);
  await pushImages(host, images);
  await pushIndexOf(host, { files: renderExampleCatalog(state, operators), tag: INDEX_TAG });
  return images.length;
}

/** Pushes images as oc-mirror v2 does. */
export async function pushImages(host: string, images: readonly ExampleImage[]): Promise<void> {
  for (const image of images)
    await pushImage(host, { ...image.spec, tags: [image.digest.replace(':', '-')] });
}

/** Pushes a release as oc-mirror v2 does: payload and components have a repository each, tags name the version. */
export async function pushRelease(host: string, release: ExampleRelease): Promise<number> {
  for (const component of release.components) {
    const tags = [`${release.tag}-${component.name}`];
    await pushImage(host, { ...component.spec, repository: 'openshift/release', tags });
  }
  const repository = 'openshift/release-images';
  await pushImage(host, { ...release.payload.spec, repository, tags: [release.tag] });
  return release.components.length + 1;
}

/** Pushes an index of these files, without opm in it, as for a CatalogSource with extractContent. */
export function pushIndexOf(
  host: string,
  { files, tag }: { readonly files: ReadonlyMap<string, string>; readonly tag: string },
): Promise<PushedImage> {
  const configs = [...files].map(([path, text]) => [`configs/${path}`, text]);
  return pushImage(host, {
    repository: INDEX_REPOSITORY,
    tags: [tag],
    files: Object.fromEntries(configs),
    labels: { 'operators.operatorframework.io.index.configs.v1': '/configs' },
  });
}
