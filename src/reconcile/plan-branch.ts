import { formatProblemLine, hasErrors } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import {
  formatOpenShift,
  type OpenShiftVersion,
  parseOpenShiftTag,
  parseOpenShiftVersion,
} from '../catalog/openshift-version.ts';
import type { Catalog } from '../catalog/types.ts';
import { findCatalogSource, listObjects } from '../cluster/find-catalog-source.ts';
import { nameBeside } from '../cluster/name-beside.ts';
import type { GitPort, Snapshot } from '../git/port.ts';
import { branchRules } from '../manifest/branch-rules.ts';
import { buildCatalogPath } from '../manifest/defaults.ts';
import { type BranchedFields, branchCatalog } from '../manifest/edit-catalogs.ts';
import { listInstalled } from '../manifest/in-use.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import type { CatalogEntry, InstalledVersion, MirrorManifest } from '../manifest/types.ts';
import type { CatalogBranch } from '../plan/branch-types.ts';
import { describeInstalled, findLimited } from '../plan/find-limited.ts';
import { isOfCatalog } from '../plan/in-use-check.ts';
import { assertBranchable, type BranchRequest, findRepository } from './assert-branchable.ts';
import { readCatalog } from './load-state.ts';
import { readClusterFiles } from './read-cluster-files.ts';
import { readInUse } from './read-in-use.ts';
import { readManifest } from './read-manifest.ts';

export interface BranchContext {
  readonly git: GitPort;
  readonly manifestFile: string;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
}

export interface PlannedBranch {
  readonly report: Omit<CatalogBranch, 'dryRun' | 'exitCode' | 'kind' | 'apiVersion'>;
  /** New files by path. */
  readonly files: ReadonlyMap<string, () => Uint8Array>;
  /** The manifest's new text, to be written when all of them are there. */
  readonly manifest: string;
}

/** Reads what a catalog and its rules would be copied to, and what of it a new OpenShift does not allow. Writes nothing. */
export async function planBranch(
  request: BranchRequest,
  context: BranchContext,
): Promise<PlannedBranch> {
  const snapshot = await context.git.openWorkingTree();
  const manifest = await readManifest(snapshot, context.manifestFile);
  const entry = await assertBranchable(request, { manifest, snapshot, git: context.git });
  const openshift = readOpenShift(request);
  const catalog = await readSound(snapshot, entry);
  const fields = await nameFields(request, entry, { manifest, snapshot });
  const text = await writeManifest(snapshot, context.manifestFile, { from: entry.name, fields });
  const rules = await copyRules(snapshot, request, context.today);
  const files = new Map([...(await copyCatalog(snapshot, entry, fields.path)), ...rules.files]);
  const limits = await holdAgainst(openshift, { catalog, entry, snapshot });
  return {
    report: {
      from: entry.name,
      catalog: request.catalog,
      path: fields.path,
      repository: findRepository(request, entry),
      tag: request.tag,
      base: entry.base,
      catalogSource: fields.catalogSource,
      packages: catalog.packages.size,
      bundles: [...catalog.packages.values()].reduce((sum, { bundles }) => sum + bundles.length, 0),
      openshift: openshift === null ? null : formatOpenShift(openshift),
      ...limits,
      leftOut: rules.leftOut,
      files: [...files.keys(), context.manifestFile],
      next: [
        `git add --all && git commit -m "Branch ${request.catalog} from ${entry.name}"`,
        `olmirror merge ${request.catalog}`,
        'olmirror plan',
      ],
    },
    files,
    manifest: text,
  };
}

function readOpenShift({ tag, openshift }: BranchRequest): OpenShiftVersion | null {
  const tagged = parseOpenShiftTag(tag);
  if (openshift === null) return tagged;
  const named = parseOpenShiftVersion(openshift);
  if (named === null)
    throw new ToolError('CLI_USAGE', `--openshift ${openshift} is no minor release.`, {
      hint: 'Write it as 4.20.',
    });
  if (tagged !== null && formatOpenShift(tagged) !== formatOpenShift(named))
    throw new ToolError('CLI_USAGE', `The tag ${tag} and --openshift ${openshift} differ.`, {
      hint: 'Leave --openshift out where the tag says the release.',
    });
  return named;
}

async function readSound(snapshot: Snapshot, entry: CatalogEntry): Promise<Catalog> {
  const { catalog, problems } = await readCatalog(snapshot, entry);
  if (hasErrors(problems))
    throw new ToolError(
      'CATALOG_INVALID',
      `The catalog ${entry.name} has faults, which a copy would have too:\n${problems.map(formatProblemLine).join('\n')}\nNothing was written.`,
      { hint: 'Correct the places named above and commit, then run the command again.' },
    );
  return catalog;
}

interface ReadState {
  readonly manifest: MirrorManifest;
  readonly snapshot: Snapshot;
}

type NamedFields = BranchedFields & Pick<CatalogBranch, 'catalogSource'>;

async function nameFields(
  request: BranchRequest,
  entry: CatalogEntry,
  { manifest, snapshot }: ReadState,
): Promise<NamedFields> {
  const files = await readClusterFiles(snapshot);
  const state = { manifest, objects: listObjects(files) };
  const sources = manifest.catalogs.map((other) => findCatalogSource(other, state));
  const { namespace } = findCatalogSource(entry, state);
  const { production, staging } = findRepository(request, entry);
  return {
    name: request.catalog,
    path: buildCatalogPath(request.catalog),
    repository: production === staging ? production : { production, staging },
    tag: request.tag,
    catalogSource: nameBeside(request.catalog, namespace, {
      sources,
      objects: state.objects,
    }),
  };
}

async function writeManifest(
  snapshot: Snapshot,
  file: string,
  branch: { readonly from: string; readonly fields: NamedFields },
): Promise<string> {
  const before = Buffer.from((await snapshot.readFile(file)) ?? []).toString();
  const after = branchCatalog(before, file, branch);
  const { manifest, problems } = parseManifest(after, file);
  if (manifest !== null) return after;
  throw new ToolError(
    'CLI_USAGE',
    `With the catalog ${branch.fields.name}, ${file} would not be valid:\n${problems.map(formatProblemLine).join('\n')}\nNothing was written.`,
    { hint: 'Give the new catalog another name, tag or repository.' },
  );
}

async function copyCatalog(
  snapshot: Snapshot,
  { path }: CatalogEntry,
  to: string,
): Promise<readonly (readonly [string, () => Uint8Array])[]> {
  const copies: (readonly [string, () => Uint8Array])[] = [];
  for await (const { file, bytes } of snapshot.readFiles(await snapshot.listFiles(path)))
    copies.push([`${to}${file.path.slice(path.length)}`, () => bytes]);
  return copies;
}

interface CopiedRules {
  readonly files: readonly (readonly [string, () => Uint8Array])[];
  readonly leftOut: readonly string[];
}

async function copyRules(
  snapshot: Snapshot,
  { from, catalog }: BranchRequest,
  today: string,
): Promise<CopiedRules> {
  const files: (readonly [string, () => Uint8Array])[] = [];
  const leftOut: string[] = [];
  const found = await snapshot.listFiles(`rules/${from}`);
  for await (const { file, bytes } of snapshot.readFiles(found)) {
    const before = Buffer.from(bytes).toString();
    const branched = branchRules(before, file.path, { from, today });
    leftOut.push(...branched.leftOut);
    const { text } = branched;
    const path = `rules/${catalog}${file.path.slice(`rules/${from}`.length)}`;
    if (text !== null) files.push([path, () => (text === before ? bytes : Buffer.from(text))]);
  }
  return { files, leftOut };
}

type Limits = Pick<CatalogBranch, 'limited' | 'inUse' | 'unknown'>;

async function holdAgainst(
  openshift: OpenShiftVersion | null,
  {
    catalog,
    entry,
    snapshot,
  }: { readonly catalog: Catalog; readonly entry: CatalogEntry; readonly snapshot: Snapshot },
): Promise<Limits> {
  const inUse = await readInUse(snapshot);
  if (openshift === null) return { limited: [], inUse: inUse !== null, unknown: [] };
  const installed = (inUse === null ? [] : listInstalled(inUse)).filter((version) =>
    isOfCatalog(version, entry.catalogSource, [catalog]),
  );
  return {
    limited: findLimited(catalog, openshift, installed),
    inUse: inUse !== null,
    unknown: installed.filter((version) => !hasBundle(catalog, version)).map(describeInstalled),
  };
}

function hasBundle(catalog: Catalog, { package: name, bundle }: InstalledVersion): boolean {
  return catalog.packages.get(name)?.bundles.some((entry) => entry.name === bundle) ?? false;
}
