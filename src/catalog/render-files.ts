import { Buffer } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { groupOpenPackages, type OpenGroup } from './join-parts.ts';
import { walkPackageRuns } from './package-runs.ts';
import { parsePackages } from './parse-catalog.ts';
import { type RenderForm, renderBlob } from './render-blob.ts';
import { orderBlobs } from './render-catalog.ts';
import type { Blob, CatalogFile, CatalogPackage } from './types.ts';
import { validateRenderable } from './validate-shapes.ts';

export interface RenderedPackage {
  readonly package: string;
  /** UTF-8. */
  readonly text: Uint8Array;
}

/** One file rendered, as far as that can be done without the others: plain data, for another thread. */
export interface RenderedFile {
  readonly problems: readonly Problem[];
  readonly parts: readonly (RenderedPackage & { readonly whole: boolean })[];
  /** Blobs that belong to no package. */
  readonly loose: Uint8Array;
}

/**
 * Renders the packages of one file, one at a time. Blobs of one name in one package, which opm writes
 * in no fixed order, come in the order of the files and within them.
 */
export function renderFile(file: CatalogFile, form: RenderForm): RenderedFile {
  const parts = new Map<string, RenderedFile['parts'][number]>();
  const loose: Uint8Array[] = [];
  const faults: Problem[] = [];
  const problems = walkPackageRuns(file, ({ catalog, again }) => {
    const found = validateRenderable(catalog);
    faults.push(...found);
    if (found.length > 0) return;
    loose.push(encodeBlobs(catalog.loose, form));
    for (const pkg of catalog.packages.values())
      parts.set(pkg.name, { ...renderPackage(pkg, form), whole: !again });
  });
  return {
    problems: [...problems, ...faults],
    parts: [...parts.values()],
    loose: Buffer.concat(loose),
  };
}

/** Renders packages that several files hold, or several places of one. */
export function renderGroup(
  files: Iterable<CatalogFile>,
  packages: readonly string[],
  form: RenderForm,
): readonly RenderedPackage[] {
  return parsePackages(files, packages).map((pkg) => renderPackage(pkg, form));
}

/**
 * Puts rendered files together in opm's order. `renderOpen` gets each group of packages that must be
 * rendered together, by `renderGroup`.
 */
export async function joinRendered(
  files: readonly RenderedFile[],
  renderOpen: (group: OpenGroup) => Promise<readonly RenderedPackage[]>,
): Promise<readonly Uint8Array[]> {
  const open = groupOpenPackages(files);
  const waiting = new Set(open.flatMap((group) => group.packages));
  const whole = files.flatMap((file) => file.parts).filter((part) => !waiting.has(part.package));
  const rest = (await Promise.all(open.map(renderOpen))).flat();
  const packages = [...whole, ...rest].toSorted((a, b) => compareBytes(a.package, b.package));
  return [...packages.map((part) => part.text), ...files.map((file) => file.loose)];
}

function renderPackage(pkg: CatalogPackage, form: RenderForm): RenderedPackage {
  return { package: pkg.name, text: encodeBlobs(orderBlobs(pkg), form) };
}

function encodeBlobs(blobs: readonly Blob[], form: RenderForm): Uint8Array {
  return Buffer.from(blobs.map((blob) => renderBlob(blob, form)).join(''));
}
