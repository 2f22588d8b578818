import { ToolError } from '../base/tool-error.ts';
import type { GitPort, Snapshot } from '../git/port.ts';
import { buildCatalogPath } from '../manifest/defaults.ts';
import type { CatalogEntry, MirrorManifest, PerRole } from '../manifest/types.ts';
import { assertCommitted } from './assert-committed.ts';

export interface BranchRequest {
  readonly from: string;
  readonly catalog: string;
  /** Of both roles. */
  readonly tag: string;
  /** Null for that of the old catalog. */
  readonly repository: string | null;
  /** Minor release of OpenShift; null for what the tag says. */
  readonly openshift: string | null;
}

export interface BranchGround {
  readonly manifest: MirrorManifest;
  readonly snapshot: Snapshot;
  readonly git: Pick<GitPort, 'listUncommitted'>;
}

/** The catalog that is to be branched. Throws where there is none, or no place for the new one. */
export async function assertBranchable(
  request: BranchRequest,
  { manifest, snapshot, git }: BranchGround,
): Promise<CatalogEntry> {
  const entry = findEntry(manifest, request.from);
  assertNew(request, entry, manifest);
  await assertNoFiles(snapshot, [buildCatalogPath(request.catalog), `rules/${request.catalog}`]);
  await assertCommitted(git, [entry.path, `rules/${entry.name}`]);
  if ((await snapshot.listFiles(entry.path)).length > 0) return entry;
  throw new ToolError(
    'FILES_NOT_FOUND',
    `${entry.path} holds no file, so there is nothing to bring along. Nothing was written.`,
    { hint: `Fill it first: \`olmirror init ${entry.name}\`.` },
  );
}

/** The catalog of this name. Throws `CATALOG_UNKNOWN`. */
export function findEntry({ catalogs }: MirrorManifest, name: string): CatalogEntry {
  const found = catalogs.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  throw new ToolError('CATALOG_UNKNOWN', `The manifest has no catalog ${name}.`, {
    hint: `It has: ${catalogs.map((entry) => entry.name).join(', ') || 'none'}.`,
  });
}

/** Where the index of the new catalog lies; `--repository` is production's, and staging's where that has the same. */
export function findRepository(
  { repository }: Pick<BranchRequest, 'repository'>,
  { repository: old }: CatalogEntry,
): PerRole<string> {
  if (repository === null) return old;
  return {
    production: repository,
    staging: old.staging === old.production ? repository : old.staging,
  };
}

function assertNew(request: BranchRequest, entry: CatalogEntry, manifest: MirrorManifest): void {
  const { catalog, tag } = request;
  if (!/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/.test(catalog))
    throw new ToolError('CLI_USAGE', `"${catalog}" is no name of a catalog.`, {
      hint: 'Use lower-case letters, digits, . _ and -, such as redhat-v4.20.',
    });
  if (manifest.catalogs.some(({ name }) => name === catalog))
    throw new ToolError('FILES_EXISTS', `The manifest has a catalog ${catalog} already.`, {
      hint: 'Give the new catalog another name.',
    });
  const repository = findRepository(request, entry);
  for (const role of ['production', 'staging'] as const) {
    const same = manifest.catalogs.find(
      (other) => other.repository[role] === repository[role] && other.tag[role] === tag,
    );
    if (same !== undefined)
      throw new ToolError(
        'CLI_USAGE',
        `${repository[role]}:${tag} in ${role} is the index of the catalog ${same.name} already.`,
        { hint: 'Give another --tag or --repository.' },
      );
  }
}

async function assertNoFiles(snapshot: Snapshot, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const [first] = await snapshot.listFiles(folder);
    if (first !== undefined)
      throw new ToolError('FILES_EXISTS', `${folder} is there already. Nothing was written.`, {
        hint: `Give the new catalog another name, or remove ${folder}, where an earlier try was cut off.`,
      });
  }
}
