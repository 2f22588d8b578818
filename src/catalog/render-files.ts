import { Buffer } from 'node:buffer';
import type { Problem } from '../base/problem.ts';
import { compareBytes } from '../base/text.ts';
import { groupOpenPackages, type OpenGroup } from './join-parts.ts';
import { type PackageRun, walkPackageRuns } from './package-runs.ts';
import { parsePackages } from './parse-catalog.ts';
import { type RenderForm, renderBlob } from './render-blob.ts';
import { orderBlobs } from './render-catalog.ts';
import { createTextSheet, type TextSpan } from './text-sheet.ts';
import type { Blob, CatalogFile, CatalogPackage } from './types.ts';
import { validateRenderable } from './validate-shapes.ts';

export interface RenderedPackage {
  readonly package: string;
  /** UTF-8. */
  readonly text: Uint8Array;
}

/** Holds the texts of one run at a time. */
const SHEET = createTextSheet();

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
  let texts = new Map<Blob, TextSpan>();
  function learn(blob: Blob): void {
    const found = validateRenderable(blob);
    faults.push(...found);
    if (found.length === 0) texts.set(blob, SHEET.write(renderBlob(blob, form)));
  }
  function visit({ catalog, again }: PackageRun): void {
    if (catalog.loose.length > 0) loose.push(joinTexts(catalog.loose));
    for (const pkg of catalog.packages.values()) {
      const text = joinTexts(orderBlobs(pkg));
      parts.set(pkg.name, { package: pkg.name, text, whole: !again });
    }
    texts = new Map();
    SHEET.clear();
  }
  function joinTexts(blobs: readonly Blob[]): Uint8Array {
    return SHEET.join(blobs.flatMap((blob) => texts.get(blob) ?? []));
  }
  const problems = walkPackageRuns(file, { learn, visit });
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
  const texts = orderBlobs(pkg).map((blob) => Buffer.from(renderBlob(blob, form)));
  return { package: pkg.name, text: Buffer.concat(texts) };
}
