import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePackageText } from './catalog.ts';

export interface LargeCatalog {
  readonly bytes: number;
  readonly images: number;
}

export interface LargeCatalogOptions {
  readonly packages: number;
  readonly bundles: number;
  /** Bytes of what one bundle says of itself, about. */
  readonly bundleBytes: number;
}

/** Writes a catalog of packages as large as real ones, a folder each. The same every time. */
export async function writeLargeCatalog(
  folder: string,
  options: LargeCatalogOptions,
): Promise<LargeCatalog> {
  let bytes = 0;
  for (let number = 0; number < options.packages; number += 1) {
    const name = `operator-${String(number).padStart(3, '0')}`;
    const text = renderPackage(name, number, options);
    bytes += Buffer.byteLength(text);
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'catalog.json'), text);
  }
  return { bytes, images: options.packages * options.bundles };
}

function renderPackage(
  name: string,
  number: number,
  { bundles, bundleBytes }: LargeCatalogOptions,
): string {
  const specs = Array.from({ length: bundles }, (_, at) => ({
    version: `1.${at}.0`,
    image: `registry.example/${name}/bundle@sha256:${renderHex(number * 1_000 + at)}`,
    ...(at === 0 ? {} : { replaces: `1.${at - 1}.0` }),
  }));
  const words = createWords(number + 1);
  return makePackageText(name, specs).replaceAll(
    /^ {4}"properties": \[$/gm,
    (start) =>
      `${start}\n        {\n            "type": "olm.csv.metadata",\n            "value": { "displayName": "${name}", "description": "${words(bundleBytes)}" }\n        },`,
  );
}

function renderHex(number: number): string {
  return number.toString(16).padStart(64, '0');
}

// As well compressible as prose is.
function createWords(seed: number): (length: number) => string {
  let state = seed;
  return (length) => {
    let text = '';
    while (text.length < length) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      text += `${(state >>> 12).toString(36)} `;
    }
    return text;
  };
}
