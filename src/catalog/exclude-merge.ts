import { compareBytes } from '../base/text.ts';
import { readDefaultChannel, readEntries } from './blob-fields.ts';
import { joinCatalog } from './build-catalog.ts';
import { excludeFromPackage } from './exclude-content.ts';
import { findExcludeGaps } from './exclude-gaps.ts';
import { describeExclusion, noteTaken } from './exclude-notes.ts';
import type { ContentExclusion, TakenContent } from './exclude-types.ts';
import { describeChange, emptyChange, mergeCatalogs } from './merge-catalogs.ts';
import type { Gap, MergeNote, MergeOptions, MergeResult, PackageChange } from './merge-types.ts';
import type { Catalog, CatalogPackage } from './types.ts';

export interface ExcludeContext {
  readonly base: Catalog;
  /** What was merged into the base, without what is excluded. */
  readonly delivery: Catalog;
  readonly exclusions: readonly ContentExclusion[];
  /** What the delivery has lost of it. */
  readonly keptOut: readonly TakenContent[];
  readonly options: MergeOptions;
}

export interface ExcludedMerge extends MergeResult {
  /** `<package>/<bundle>` of all that was kept out or taken out, in byte order. */
  readonly excluded: readonly string[];
}

/**
 * Takes what is excluded out of the result of a merge whose delivery has lost it already, and says
 * so; where that does not work, it is taken out of the base before they are merged. Where that, too,
 * leaves two heads or cuts a version off, the package gets a gap and stays as the base has it. A
 * version that is excluded itself may lose its path. A gap of the merge that an exclusion caused says
 * by which one.
 */
export function excludeFromMerge(result: MergeResult, context: ExcludeContext): ExcludedMerge {
  const { base, exclusions, keptOut } = context;
  if (exclusions.length === 0) return { ...result, excluded: [] };
  const concerned = new Set(exclusions.map((exclusion) => exclusion.package));
  const names = new Set([
    ...result.changes.map((change) => change.package),
    ...listOwners(keptOut),
  ]);
  const outcomes = [...names]
    .toSorted(compareBytes)
    .map((name) => (concerned.has(name) ? excludeOne(name, result, context) : keep(name, result)));
  return {
    catalog: joinCatalog(
      outcomes.flatMap(({ pkg }) => pkg ?? []),
      result.catalog.loose,
    ),
    changes: outcomes.map(({ change }) => change),
    gaps: outcomes.flatMap(({ gaps }) => gaps),
    notes: [...outcomes.flatMap(({ notes }) => notes), ...noteIdle(outcomes, context)],
    excluded: listExcluded(outcomes, { base, keptOut }),
  };
}

interface Outcome extends Pick<MergeResult, 'gaps' | 'notes'> {
  readonly pkg: CatalogPackage | undefined;
  readonly change: PackageChange;
  readonly taken: readonly TakenContent[];
}

function keep(name: string, result: MergeResult): Outcome {
  return {
    pkg: result.catalog.packages.get(name),
    change:
      result.changes.find((change) => change.package === name) ?? emptyChange(name, 'excluded'),
    gaps: result.gaps.filter((gap) => gap.package === name),
    notes: result.notes.filter((note) => note.package === name),
    taken: [],
  };
}

function excludeOne(name: string, result: MergeResult, context: ExcludeContext): Outcome {
  const first = excludeFrom(keep(name, result), context);
  const base = context.base.packages.get(name);
  if (first.gaps.length === 0 || base === undefined) return first;
  const stripped = excludeFromPackage(base, context.exclusions, true);
  if (stripped.taken.length === 0) return first;
  const again = mergeCatalogs(
    joinCatalog(stripped.pkg === undefined ? [] : [stripped.pkg], []),
    joinCatalog(
      [...context.delivery.packages.values()].filter((pkg) => pkg.name === name),
      [],
    ),
    context.options,
  );
  if (again.gaps.length > 0) return first;
  const second = settle({ ...keep(name, again), taken: stripped.taken }, base, context);
  return second.gaps.length > 0 ? first : second;
}

function excludeFrom(merged: Outcome, context: ExcludeContext): Outcome {
  const { pkg: before } = merged;
  const { pkg, taken } =
    before === undefined
      ? { pkg: before, taken: [] }
      : excludeFromPackage(before, context.exclusions, true);
  const whole = taken.some(({ exclusion: { channel, bundle } }) => (channel ?? bundle) === null);
  if (merged.gaps.length > 0 && !whole) {
    const notes = noteTaken(listKeptOut(merged, context), NOWHERE);
    return { ...merged, notes, gaps: merged.gaps.map((gap) => blame(gap, context)) };
  }
  return settle({ ...merged, pkg, taken }, before, context);
}

/** Judges a package that has lost what was taken from `before`, and says what happened. */
function settle(
  outcome: Outcome,
  before: CatalogPackage | undefined,
  context: ExcludeContext,
): Outcome {
  const { pkg, taken } = outcome;
  const name = outcome.change.package;
  const out = listKeptOut(outcome, context);
  if (taken.length === 0 || before === undefined)
    return { ...outcome, notes: [...outcome.notes, ...noteTaken(out, NOWHERE)] };
  const base = context.base.packages.get(name);
  const found = findExcludeGaps({ base, merged: before, pkg, taken }, context.options);
  if (found.gaps.length > 0) {
    const change = emptyChange(name, 'blocked');
    return { pkg: base, change, gaps: found.gaps, notes: noteTaken(out, NOWHERE), taken: [] };
  }
  const inGit = new Set(taken.map(({ exclusion }) => exclusion));
  const onlyDelivered = out.filter(({ exclusion }) => !inGit.has(exclusion));
  return {
    pkg,
    change: pkg === undefined ? emptyChange(name, 'excluded') : describeChange(base, pkg),
    gaps: [],
    notes: [
      ...(pkg === undefined ? [] : outcome.notes),
      ...noteTaken(onlyDelivered, NOWHERE),
      ...noteTaken(taken, { before, after: pkg }),
      ...noteDefaultChannel(before, pkg),
      ...found.notes,
    ],
    taken,
  };
}

function listKeptOut({ change }: Outcome, { keptOut }: ExcludeContext): readonly TakenContent[] {
  return keptOut.filter(({ exclusion }) => exclusion.package === change.package);
}

const NOWHERE = { before: undefined, after: undefined };

// The delivery names a bundle that would lead on, and we are who keeps it out.
function blame(gap: Gap, { exclusions }: ExcludeContext): Gap {
  const found = exclusions.find(
    ({ package: pkg, bundle }) =>
      pkg === gap.package && bundle !== null && gap.bridges.includes(bundle),
  );
  if (found === undefined) return gap;
  return {
    ...gap,
    hint: `${found.bundle} would bridge it, but ${found.place} excludes it (${found.reason}): lift that, or bring another bundle that bridges it.`,
  };
}

function noteDefaultChannel(
  before: CatalogPackage,
  after: CatalogPackage | undefined,
): readonly MergeNote[] {
  const [old, now] = [
    readDefaultChannel(before),
    after === undefined ? '' : readDefaultChannel(after),
  ];
  if (after === undefined || old === now) return [];
  return [
    {
      kind: 'default-channel-changed',
      package: before.name,
      channel: now,
      bundle: null,
      message: `The default channel of the package "${before.name}" is now "${now}", the one with the highest head: "${old}" is excluded or has nothing left.`,
    },
  ];
}

function noteIdle(
  outcomes: readonly Outcome[],
  { exclusions, keptOut, base }: ExcludeContext,
): readonly MergeNote[] {
  const found = new Set(
    [...keptOut, ...outcomes.flatMap(({ taken }) => taken)].map(({ exclusion }) => exclusion),
  );
  const blocked = new Set(
    outcomes.filter(({ gaps }) => gaps.length > 0).map(({ change }) => change.package),
  );
  return exclusions
    .filter((exclusion) => !found.has(exclusion) && !blocked.has(exclusion.package))
    .map((exclusion) => ({
      kind: 'exclude-idle',
      package: exclusion.package,
      channel: exclusion.channel,
      bundle: exclusion.bundle,
      message: `${exclusion.place} excludes ${describeExclusion(exclusion)}, which neither Git nor this delivery has${base.packages.has(exclusion.package) ? '' : '; nor is there a package of this name in Git'}.`,
    }));
}

function listOwners(taken: readonly TakenContent[]): readonly string[] {
  return taken.map(({ exclusion }) => exclusion.package);
}

function listExcluded(
  outcomes: readonly Outcome[],
  { keptOut }: Pick<ExcludeContext, 'base' | 'keptOut'>,
): readonly string[] {
  const all = [...keptOut, ...outcomes.flatMap(({ taken }) => taken)];
  const left = new Map(
    outcomes.map(({ change, pkg }) => [
      change.package,
      new Set(pkg?.channels.flatMap((it) => readEntries(it).map(({ name }) => name))),
    ]),
  );
  const keys = all.flatMap(({ exclusion, bundles }) =>
    bundles
      .filter((name) => left.get(exclusion.package)?.has(name) !== true)
      .map((name) => `${exclusion.package}/${name}`),
  );
  return [...new Set(keys)].toSorted(compareBytes);
}
