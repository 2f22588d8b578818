import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatProblemLine, hasErrors } from '../base/problem.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import { readFile } from '../files/read-file.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { noteSwap, parseRelocation, RELOCATION_FILE } from '../manifest/relocation.ts';
import type { CatalogEntry, MirrorManifest } from '../manifest/types.ts';
import type { CommandContext } from './context.ts';
import { readSource, type SourceContent, type SourceContext } from './read-source.ts';
import { isImageName, isRole } from './source-name.ts';
import type { Wiring } from './wire.ts';

export interface SourceOptions {
  /** In the order in which they are read. */
  readonly sources: readonly string[];
  /** Catalog of the manifest that `production` and `staging` mean; null where it has only one. */
  readonly catalog: string | null;
  /** For registries that no manifest names. */
  readonly insecure: boolean;
}

/**
 * Reads SOURCEs for a command that needs no state repository. A manifest is read only where a
 * source is not on this disk, and only if there is one.
 */
export async function readSources(
  options: SourceOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<readonly SourceContent[]> {
  const local = await Promise.all(options.sources.map(isLocal));
  const manifest = local.every(Boolean) ? null : await findManifest(context);
  const contents: SourceContent[] = [];
  for (const source of options.sources) {
    const entry = isRole(source) && manifest !== null ? pickCatalog(manifest, options) : null;
    contents.push(
      await readSource(source, entry, buildSourceContext(wiring, manifest, options.insecure)),
    );
  }
  return contents;
}

/** The catalog of a source, its warnings printed. Throws `CATALOG_INVALID` with every fault where it cannot be read. */
export function parseSource(source: SourceContent, context: CommandContext): Catalog {
  const { catalog, problems: faults } = parseCatalog(source.files);
  const problems = [...source.problems, ...faults];
  if (hasErrors(problems))
    throw new ToolError(
      'CATALOG_INVALID',
      `The catalog ${source.name} cannot be read:\n${problems.map(formatProblemLine).join('\n')}\nNothing was written.`,
      { hint: 'Correct the places named above, then run the command again.' },
    );
  for (const problem of problems) context.console.warn(formatProblemLine(problem));
  return catalog;
}

/** What `readSource` works with in a command. */
export function buildSourceContext(
  wiring: Wiring,
  manifest: MirrorManifest | null,
  insecure = false,
): SourceContext {
  const { openRegistry, openGit } = wiring;
  return { folder: process.cwd(), openRegistry, openGit, manifest, insecure };
}

async function isLocal(source: string): Promise<boolean> {
  if (isRole(source)) return false;
  return isImageName(source) || (await stat(resolve(source)).catch(() => null)) !== null;
}

export async function findManifest(context: CommandContext): Promise<MirrorManifest | null> {
  const bytes = await readIfThere(join(context.folder, context.manifestFile));
  if (bytes === null) return null;
  const { manifest, problems } = parseManifest(Buffer.from(bytes).toString(), context.manifestFile);
  if (manifest !== null && !hasErrors(problems)) {
    const relocation = await readIfThere(join(context.folder, RELOCATION_FILE));
    return noteSwap(
      manifest,
      relocation === null ? null : parseRelocation(Buffer.from(relocation).toString()),
    );
  }
  throw new ToolError(
    'MANIFEST_INVALID',
    `${context.manifestFile} is not valid:\n${problems.map(formatProblemLine).join('\n')}`,
    { hint: 'Correct the lines named above.' },
  );
}

/** The manifest of the folder; `why` says in the hint what it is needed for. Throws `MANIFEST_NOT_FOUND` where there is none. */
export async function requireManifest(
  context: CommandContext,
  why: string,
): Promise<MirrorManifest> {
  const manifest = await findManifest(context);
  if (manifest !== null) return manifest;
  throw new ToolError('MANIFEST_NOT_FOUND', `There is no ${context.manifestFile} in the folder.`, {
    hint: `It names ${why}; name another with --manifest.`,
  });
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isToolError(error, 'FILES_NOT_FOUND')) return null;
    throw error;
  }
}

/** The catalog of this name; without one the only catalog. Throws `CATALOG_UNKNOWN`. */
export function pickCatalog(
  manifest: MirrorManifest,
  { catalog }: Pick<SourceOptions, 'catalog'>,
): CatalogEntry {
  const names = manifest.catalogs.map(({ name }) => name);
  const [only] = manifest.catalogs;
  const found =
    catalog === null ? only : manifest.catalogs.find((candidate) => candidate.name === catalog);
  if (found !== undefined && (catalog !== null || names.length === 1)) return found;
  throw new ToolError(
    'CATALOG_UNKNOWN',
    catalog === null
      ? `The manifest has ${names.length} catalogs, and only one can be meant.`
      : `The manifest has no catalog ${catalog}.`,
    { hint: `Name one with --catalog: ${names.join(', ') || 'there is none'}.` },
  );
}
