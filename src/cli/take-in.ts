import { posix } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { formatProblemLine, hasErrors, type Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { describeCatalog } from '../catalog/describe-catalog.ts';
import { diffCatalogFiles } from '../catalog/diff-files.ts';
import { dropBundles } from '../catalog/drop-bundles.ts';
import { excludeFromDelivery } from '../catalog/exclude-content.ts';
import { type ExcludedMerge, excludeFromMerge } from '../catalog/exclude-merge.ts';
import { describeExclusion } from '../catalog/exclude-notes.ts';
import { hashCatalog } from '../catalog/hash-catalog.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import { mergeCatalogs } from '../catalog/merge-catalogs.ts';
import type { MergeNote, MergeResult } from '../catalog/merge-types.ts';
import { parseOpenShiftTag } from '../catalog/openshift-version.ts';
import type { Catalog } from '../catalog/types.ts';
import { type FileContent, replaceFiles } from '../files/replace-files.ts';
import type { GitPort } from '../git/port.ts';
import { indexRepository } from '../images/map-path.ts';
import { normalizeAddresses } from '../images/normalize-addresses.ts';
import {
  buildDeliveryFileName,
  formatDeliveryRecord,
  parseDeliveryRecord,
} from '../manifest/delivery-record.ts';
import { isExpired } from '../manifest/exclude.ts';
import type { CatalogEntry, DeliveryRecord, Exclusion, MirrorManifest } from '../manifest/types.ts';
import { assertCommitted } from '../reconcile/assert-committed.ts';
import { readRecords } from '../reconcile/read-records.ts';
import type { MergeSummary } from '../report/render-merge-text.ts';
import { describeBrought, saysBrought } from './describe-brought.ts';
import type { HeldBundle } from './find-held.ts';
import { readBridges } from './read-bridges.ts';
import { readSides } from './read-sides.ts';
import type { OpenSource } from './read-source.ts';
import { assertDelivered } from './refuse-own-index.ts';
import { nameSchema } from './schema-lines.ts';

export interface TakeInRequest {
  readonly command: DeliveryRecord['command'];
  readonly entry: CatalogEntry;
  readonly manifest: MirrorManifest;
  readonly source: OpenSource;
  readonly acceptDefaultChannel: boolean;
  /** Write nothing where one package has a gap. */
  readonly allOrNothing: boolean;
  readonly dryRun: boolean;
}

export interface TakeInDeps {
  readonly git: GitPort;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly signal: AbortSignal;
  /** Fails where nothing may be merged. Meanwhile both sides are read. */
  readonly allowed: Promise<void>;
  /**
   * Bundles to keep out until their images arrive, where the source is no local one; null where the
   * policy does not ask for it.
   */
  readonly findHeld: ((incoming: Catalog, base: Catalog) => Promise<readonly HeldBundle[]>) | null;
}

/**
 * Merges a source's catalog into the working tree, with its delivery record; nothing is written on
 * an error. Whoever calls it should not hold on to the source: while the outcome is written, its
 * bytes that are not part of it are let go.
 */
export function takeIn(request: TakeInRequest, deps: TakeInDeps): Promise<MergeSummary> {
  const { entry, manifest, allOrNothing, dryRun } = request;
  const rest = { entry, manifest, allOrNothing, dryRun };
  return mergeSource(request, deps).then((merged) => finish(merged, rest, deps));
}

interface MergedSource {
  readonly base: Catalog;
  readonly result: ExcludedMerge;
  readonly record: DeliveryRecord;
  /** What was done, but for the file of the record. */
  readonly summary: Omit<MergeSummary, 'record'>;
}

type WriteRequest = Pick<TakeInRequest, 'entry' | 'allOrNothing' | 'dryRun'> & {
  readonly manifest: Pick<MirrorManifest, 'strategy'>;
};

async function finish(
  merged: MergedSource,
  request: WriteRequest,
  deps: TakeInDeps,
): Promise<MergeSummary> {
  const blocked = request.allOrNothing && merged.result.gaps.length > 0;
  const record = blocked || request.dryRun ? null : await write(request, merged, deps);
  return { ...merged.summary, record };
}

async function mergeSource(request: TakeInRequest, deps: TakeInDeps): Promise<MergedSource> {
  const { entry, manifest, source } = request;
  const snapshot = await deps.git.openWorkingTree();
  const reading = readSides({ snapshot, entry, source, signal: deps.signal });
  // What is wrong with the repository is told before what is wrong with the delivery.
  await Promise.allSettled([deps.allowed, reading]);
  await deps.allowed;
  const sides = await reading;
  const { base } = sides;
  assertReadable(`${entry.path} in Git`, base.problems);
  assertReadable(source.name, sides.incoming.problems);
  const incoming = normalizeAddresses(sides.incoming.catalog, manifest, base.catalog).catalog;
  const content = hashCatalog(incoming);
  assertDelivered(request, { asRead: sides.incoming.catalog, content });
  const [ended, exclusions] = splitExcludes(base.exclusions, deps.today);
  const delivered = excludeFromDelivery(incoming, base.catalog, exclusions);
  const held =
    deps.findHeld === null || source.local
      ? []
      : await deps.findHeld(delivered.catalog, base.catalog);
  const kept =
    held.length === 0
      ? delivered.catalog
      : dropBundles(delivered.catalog, new Set(held.map((bundle) => bundle.bundle))).catalog;
  const { strandedUpgrades, duplicateBundle } = manifest.policy;
  const { acceptDefaultChannel } = request;
  const options = {
    duplicateBundle,
    strandedUpgrades,
    acceptDefaultChannel,
    openshift: parseOpenShiftTag(entry.tag.production),
    command: formatCommand(request),
    declared: { bridges: await readBridges(snapshot, entry.name), today: deps.today },
  };
  const result = excludeFromMerge(mergeCatalogs(base.catalog, kept, options), {
    base: base.catalog,
    delivery: kept,
    exclusions,
    keptOut: delivered.taken,
    options,
  });
  const newImages = countNewImages(base.catalog, result.catalog);
  const record = buildRecord(request, {
    base: base.catalog,
    delivery: kept,
    result,
    newImages,
    held,
    digest: sides.digest,
    content,
    today: deps.today,
  });
  return {
    base: base.catalog,
    result,
    record,
    summary: {
      catalog: entry.name,
      source: source.name,
      changes: result.changes,
      gaps: result.gaps,
      notes: [...result.notes, ...ended.map(noteEnded)],
      held,
      newImages,
      cluster: null,
    },
  };
}

function splitExcludes(
  all: readonly Exclusion[],
  today: string,
): readonly [ended: readonly Exclusion[], active: readonly Exclusion[]] {
  const ended = all.filter((exclusion) => isExpired(exclusion, today));
  return [ended, all.filter((exclusion) => !ended.includes(exclusion))];
}

function noteEnded(exclusion: Exclusion): MergeNote {
  const { package: pkg, channel, bundle, place, until, by } = exclusion;
  return {
    kind: 'exclude-expired',
    package: pkg,
    channel,
    bundle,
    message: `${place} excluded ${describeExclusion(exclusion)} until ${until ?? ''}, so it no longer applies. Remove it, or set another day (it was set by ${by}).`,
  };
}

/** Throws `GIT_DIRTY` where a catalog's folder has changes that are not committed. */
export function assertClean(git: GitPort, entry: CatalogEntry): Promise<void> {
  return assertCommitted(git, [entry.path]);
}

// What a hint adds a flag to: the same merge, as a person would type it.
function formatCommand(request: TakeInRequest): string {
  const from = nameSource(request);
  const quoted = /^[\w@%+=:,./-]+$/.test(from) ? from : `'${from.replaceAll("'", `'\\''`)}'`;
  return `olmirror merge ${request.entry.name}${from === 'staging' ? '' : ` --from ${quoted}`}`;
}

/** The role, where the source is that role's own index of the catalog; else as the user named it. */
function nameSource({ entry, manifest, source: { name, role } }: TakeInRequest): string {
  if (role === null) return name;
  const { host } = manifest.registries[role];
  const index = `${host}/${indexRepository(entry, manifest, role)}:${entry.tag[role]}`;
  return name === index ? role : name;
}

function assertReadable(name: string, problems: readonly Problem[]): void {
  if (!hasErrors(problems)) return;
  throw new ToolError(
    'CATALOG_INVALID',
    `The catalog ${name} cannot be read:\n${problems.map(formatProblemLine).join('\n')}\nNothing was written.`,
    { hint: 'Correct the places named above, then run the command again.' },
  );
}

interface RecordFacts {
  readonly base: Catalog;
  /** What was merged of the source. */
  readonly delivery: Catalog;
  readonly result: ExcludedMerge;
  readonly newImages: number;
  readonly held: readonly HeldBundle[];
  /** Of the source. */
  readonly digest: Digest;
  readonly content: Digest;
  readonly today: string;
}

function buildRecord(request: TakeInRequest, facts: RecordFacts): DeliveryRecord {
  const { source } = request;
  const { result } = facts;
  const before = listHeads(facts.base);
  const after = listHeads(result.catalog);
  const packages = result.changes
    .filter(({ kind }) => kind === 'added' || kind === 'updated' || kind === 'excluded')
    .map(({ package: name }) => ({
      name,
      old: before.get(name) ?? null,
      new: after.get(name) ?? null,
    }));
  return {
    catalog: request.entry.name,
    command: request.command,
    source: source.name,
    role: source.role,
    digest: facts.digest,
    content: facts.content,
    date: facts.today,
    packages,
    newImages: facts.newImages,
    held: facts.held.map((bundle) => bundle.bundle),
    excluded: result.excluded,
    ...describeBrought(facts, { command: request.command, role: source.role }),
    gaps: result.gaps.map((gap) => gap.package),
  };
}

/** Package → head of its default channel. */
function listHeads(catalog: Catalog): ReadonlyMap<string, string | null> {
  return new Map(
    describeCatalog(catalog).map((entry) => [
      entry.package,
      entry.channels.find((channel) => channel.channel === entry.defaultChannel)?.head?.name ??
        null,
    ]),
  );
}

interface Writing {
  readonly base: Catalog;
  readonly result: MergeResult;
  readonly record: DeliveryRecord;
}

async function write(
  request: WriteRequest,
  writing: Writing,
  deps: TakeInDeps,
): Promise<string | null> {
  const { entry } = request;
  const changes = diffCatalogFiles(writing.base, writing.result.catalog);
  const records = await readRecords(await deps.git.openWorkingTree());
  const earlier = records.find(
    (record) => record.catalog === entry.name && record.digest === writing.record.digest,
  );
  const nothing = changes.write.size === 0 && changes.remove.length === 0;
  // The same delivery once more changes nothing, its record included: unless what a gap kept out is in now.
  const says = saysBrought(earlier, writing.record, request.manifest);
  if (earlier !== undefined && nothing && says && isSameList(earlier.gaps, writing.record.gaps))
    return null;
  const record = earlier === undefined ? writing.record : { ...writing.record, date: earlier.date };
  const recordFile = await nameRecord(record, deps.git);
  function inRepository(path: string): string {
    return posix.join(entry.path, path);
  }
  const files = new Map<string, FileContent>();
  for (const [path, render] of changes.write) files.set(inRepository(path), render);
  const tree = await deps.git.openWorkingTree();
  files.set(recordFile, await nameSchema(formatDeliveryRecord(record), recordFile, tree));
  await replaceFiles(deps.git.folder, files, { remove: changes.remove.map(inRepository) });
  return recordFile;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

// Two catalogs may take in the same index on one day; neither record may replace the other.
async function nameRecord(record: DeliveryRecord, git: GitPort): Promise<string> {
  const file = buildDeliveryFileName(record);
  const bytes = await (await git.openWorkingTree()).readFile(file);
  if (bytes === null) return file;
  const there = parseDeliveryRecord(Buffer.from(bytes).toString(), file);
  return there.catalog === record.catalog
    ? file
    : file.replace(/\.yaml$/, `-${record.catalog}.yaml`);
}

function countNewImages(before: Catalog, after: Catalog): number {
  const known = listReferences(before);
  return [...listReferences(after)].filter((reference) => !known.has(reference)).length;
}

function listReferences(catalog: Catalog): ReadonlySet<string> {
  return new Set(
    [...listBundleImages(catalog)]
      .flatMap((bundle) => [bundle.image, ...bundle.relatedImages])
      .filter((reference) => reference !== ''),
  );
}
