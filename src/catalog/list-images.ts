import { listField, textField } from './blob-fields.ts';
import { perBlob } from './per-blob.ts';
import type { Blob, BundleImages, Catalog } from './types.ts';

/** The images that each bundle names, in the catalog's order; empty related images are left out. */
export function listBundleImages(catalog: Catalog): readonly BundleImages[] {
  return [...catalog.packages.values()].flatMap((pkg) => pkg.bundles.map(readBundleImages));
}

/** The images that one bundle names, as written. */
export const readBundleImages: (bundle: Blob) => BundleImages = perBlob((bundle) => {
  const { value } = bundle;
  const related = listField(value, 'relatedImages').map((image) => textField(image, 'image'));
  return {
    package: bundle.package,
    bundle: bundle.name,
    image: textField(value, 'image'),
    relatedImages: related.filter((image) => image !== ''),
    file: bundle.file,
    get line() {
      return bundle.line;
    },
  };
});
