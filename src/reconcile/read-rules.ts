import { ToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { buildExcludeFileName, type ExcludeFile, parseExcludes } from '../manifest/exclude.ts';
import {
  buildKnownMissingFileName,
  type KnownMissingFile,
  parseKnownMissing,
} from '../manifest/known-missing.ts';
import { formatFaults } from '../manifest/parse-record.ts';
import type { CatalogEntry, ListedMissing, MirrorManifest } from '../manifest/types.ts';
import { buildWaiversFileName, parseWaivers, type WaiversFile } from '../manifest/waivers.ts';

/** What a catalog's exclude.yaml says, and every fault of it. */
export async function readExcludes(snapshot: Snapshot, entry: CatalogEntry): Promise<ExcludeFile> {
  const file = buildExcludeFileName(entry.name);
  const bytes = await snapshot.readFile(file);
  if (bytes === null) return { exclusions: [], problems: [] };
  const { exclusions, problems } = parseExcludes(Buffer.from(bytes).toString(), file);
  return {
    exclusions,
    problems: problems.map((problem) => ({ ...problem, catalog: entry.name })),
  };
}

/** What a catalog's known-missing.yaml lists, and every fault of it. */
export async function readMissingList(
  snapshot: Snapshot,
  { name }: Pick<CatalogEntry, 'name'>,
): Promise<KnownMissingFile> {
  const bytes = await snapshot.readFile(buildKnownMissingFileName(name));
  if (bytes === null) return { listed: [], problems: [] };
  return parseKnownMissing(Buffer.from(bytes).toString(), name);
}

/** What a catalog's waivers.yaml lists, and every fault of it. */
export async function readWaivers(
  snapshot: Snapshot,
  { name }: Pick<CatalogEntry, 'name'>,
): Promise<WaiversFile> {
  const bytes = await snapshot.readFile(buildWaiversFileName(name));
  if (bytes === null) return { waivers: [], problems: [] };
  return parseWaivers(Buffer.from(bytes).toString(), name);
}

/** What all catalogs list as known missing; throws `MANIFEST_RULES_INVALID` with every fault in its message. */
export async function readKnownMissing(
  snapshot: Snapshot,
  { catalogs }: Pick<MirrorManifest, 'catalogs'>,
): Promise<readonly ListedMissing[]> {
  const files = await Promise.all(catalogs.map((entry) => readMissingList(snapshot, entry)));
  const problems = files.flatMap((file) => file.problems);
  if (problems.length === 0) return files.flatMap(({ listed }) => listed);
  throw new ToolError(
    'MANIFEST_RULES_INVALID',
    `What is known to be missing cannot be read.\n${formatFaults(problems)}`,
    { hint: 'Correct the lines named above; `olmirror validate` checks them.' },
  );
}
