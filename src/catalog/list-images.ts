import { withLazyLine } from '../base/lazy-line.ts';
import { readBundleFacts } from './blob-fields.ts';
import type { Blob, BundleImages, Catalog } from './types.ts';

/** The images that each bundle names, in the catalog's order; empty related images are left out. */
export function listBundleImages(catalog: Catalog): readonly BundleImages[] {
  return [...catalog.packages.values()].flatMap((pkg) => pkg.bundles.map(readBundleImages));
}

/** The images that one bundle names, as written. */
export function readBundleImages(bundle: Blob): BundleImages {
  const { image, relatedImages } = readBundleFacts(bundle);
  const images = {
    package: bundle.package,
    bundle: bundle.name,
    image,
    relatedImages: relatedImages.filter((related) => related !== ''),
    file: bundle.file,
    line: 0,
  };
  return withLazyLine(images, () => bundle.line);
}
