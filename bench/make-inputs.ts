// Catalogs large enough to measure: real packages, multiplied under other names.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCatalog } from '../src/catalog/parse-catalog.ts';
import { renderBlob } from '../src/catalog/render-blob.ts';
import { orderBlobs } from '../src/catalog/render-catalog.ts';

/** Of a state repository with one catalog, `catalogs/big`. */
export const BIG_MANIFEST: string = `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: bench }
spec:
  registries: { production: { host: "localhost:5000" }, staging: { host: "localhost:5001" } }
  catalogs: [{ name: big, repository: olm/big, tag: v1 }]
`;

/** One package as text; `yaml` is null where its source is JSON. */
export interface PackageText {
  readonly name: string;
  readonly json: string;
  readonly yaml: string | null;
}

/** Every package below a folder that has one folder a package. */
export function readPackages(folder: string): readonly PackageText[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const [file] = readdirSync(join(folder, name)).filter((it) => it.startsWith('catalog.'));
      if (file === undefined) return [];
      const bytes = readFileSync(join(folder, name, file));
      const { catalog } = parseCatalog([{ path: file, bytes }]);
      const [pkg] = catalog.packages.values();
      if (pkg === undefined) return [];
      const json = orderBlobs(pkg)
        .map((blob) => renderBlob(blob, 'json'))
        .join('');
      return [{ name: pkg.name, json, yaml: file.endsWith('.yaml') ? bytes.toString() : null }];
    });
}

/** The package under another name, its bundles and channels as they were. */
export function renamePackage({ name, json, yaml }: PackageText, copy: number): PackageText {
  if (copy === 0) return { name, json, yaml };
  const renamed = `${name}-${copy}`;
  const own = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const inJson = new RegExp(`^( *"(?:package|packageName)": )"${own}"`, 'gm');
  const inYaml = new RegExp(`^( *(?:package|packageName): )['"]?${own}['"]?$`, 'gm');
  return {
    name: renamed,
    json: json
      .replaceAll(inJson, `$1"${renamed}"`)
      .replace(
        `"schema": "olm.package",\n    "name": "${name}"`,
        `"schema": "olm.package",\n    "name": "${renamed}"`,
      ),
    yaml:
      yaml
        ?.replaceAll(inYaml, `$1${renamed}`)
        .replace(`name: ${name}\nschema: olm.package`, `name: ${renamed}\nschema: olm.package`) ??
      null,
  };
}

export interface CatalogSize {
  readonly bytes: number;
  readonly packages: number;
}

/** Writes copies of the packages, one folder each, until their JSON has this size; tells both sizes. */
export function writeCopies(
  packages: readonly PackageText[],
  size: number,
  folders: { readonly json?: string; readonly yaml?: string },
): CatalogSize & { readonly yamlBytes: number } {
  let bytes = 0;
  let yamlBytes = 0;
  let count = 0;
  for (let copy = 0; bytes < size; copy += 1) {
    for (const pkg of packages) {
      if (bytes >= size) break;
      const renamed = renamePackage(pkg, copy);
      bytes += writePackage(folders.json, renamed.name, ['catalog.json', renamed.json]);
      yamlBytes += writePackage(folders.yaml, renamed.name, ['catalog.yaml', renamed.yaml ?? '']);
      count += 1;
    }
  }
  return { bytes, packages: count, yamlBytes };
}

function writePackage(
  folder: string | undefined,
  name: string,
  [file, text]: readonly [string, string],
): number {
  if (folder !== undefined) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), text);
  }
  return Buffer.byteLength(text);
}
