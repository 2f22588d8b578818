import {
  type DeprecationEntry,
  listField,
  readDeprecation,
  readDeprecations,
  textField,
} from './blob-fields.ts';
import { filterEntries } from './edit-blob.ts';
import type { PackageMerge, Sides } from './merge-types.ts';
import { objectOf } from './raw-json.ts';
import type { Blob, CatalogPackage, JsonValue } from './types.ts';
import { joinByKey, pickBlob, uniteFields } from './unite-blobs.ts';
import { findReferenceFault } from './validate-deprecations.ts';

/**
 * Deprecations of both sides by what they are about; of two for one thing the winner's. Those of
 * what the package does not have are dropped, and those that the delivery took back stay: both are
 * noted.
 */
export function mergeDeprecations(united: CatalogPackage, merge: PackageMerge): readonly Blob[] {
  const { base, incoming } = merge.sides;
  const joined = joinByKey(
    { base: base.deprecations, incoming: incoming.deprecations },
    () => '',
    (both) => joinDeprecations(both, merge.winner),
  );
  if (merge.winner === 'incoming') noteKept(merge);
  const clean = joined.map((blob) => dropDangling(blob, united, merge));
  return clean.filter((blob) => base.deprecations.includes(blob) || hasEntries(blob));
}

/** The deprecations of a new package, without those of what it does not have. */
export function cleanDeprecations(merge: PackageMerge): readonly Blob[] {
  const { incoming } = merge.sides;
  return incoming.deprecations.flatMap((blob) => {
    const clean = dropDangling(blob, incoming, merge);
    return clean === blob || hasEntries(clean) ? [clean] : [];
  });
}

function hasEntries(blob: Blob): boolean {
  return listField(blob.value, 'entries').length > 0;
}

// A delivery without the bundle or channel says nothing about it: it is only narrower.
function noteKept({ sides: { base, incoming }, notes }: PackageMerge): void {
  const known = new Set(incoming.deprecations.flatMap(readDeprecations).map(formatReference));
  const kept = base.deprecations
    .flatMap(readDeprecations)
    .filter(
      (entry) => !known.has(formatReference(entry)) && findReferenceFault(entry, incoming) === null,
    );
  if (kept.length === 0) return;
  const names = kept.map(formatReference);
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  notes.push({
    kind: 'deprecation-kept',
    package: base.name,
    channel: null,
    bundle: null,
    message: `The delivery of "${base.name}" no longer deprecates ${names.slice(0, SHOWN).join(', ')}${more}; the catalog still does.`,
    hint: 'If upstream took that back, remove the entries from olm.deprecations of the package in Git.',
  });
}

const SHOWN = 5;

function formatReference({ schema, name }: DeprecationEntry): string {
  return schema === 'olm.package' ? 'the package itself' : `${schema} "${name}"`;
}

function joinDeprecations(
  both: Sides<readonly Blob[]>,
  winner: PackageMerge['winner'],
): readonly Blob[] {
  const [base, ...moreBase] = both.base;
  const [incoming, ...moreIncoming] = both.incoming;
  if (base === undefined || incoming === undefined) return [];
  const fields = uniteFields({ base: base.value, incoming: incoming.value }, winner);
  const entries = uniteReferences(
    { base: listField(base.value, 'entries'), incoming: listField(incoming.value, 'entries') },
    winner,
  );
  return [
    pickBlob({ base, incoming }, objectOf([...Object.entries(fields), ['entries', entries]])),
    ...moreBase,
    ...moreIncoming,
  ];
}

function uniteReferences(
  sides: Sides<readonly JsonValue[]>,
  winner: PackageMerge['winner'],
): readonly JsonValue[] {
  const base = new Map(sides.base.map((entry) => [referenceKey(entry), entry]));
  const incoming = new Map(sides.incoming.map((entry) => [referenceKey(entry), entry]));
  const joined = [...base].map(([key, entry]) =>
    winner === 'incoming' ? (incoming.get(key) ?? entry) : entry,
  );
  return [...joined, ...[...incoming].filter(([key]) => !base.has(key)).map(([, entry]) => entry)];
}

function referenceKey(entry: JsonValue): string {
  const { schema, name } = readDeprecation(entry);
  return JSON.stringify([schema, name]);
}

// Takes out deprecations of channels and bundles that the package does not have, and says so.
function dropDangling(blob: Blob, pkg: CatalogPackage, merge: Pick<PackageMerge, 'notes'>): Blob {
  return filterEntries(blob, (entry) => {
    const reference = readDeprecation(entry);
    if (findReferenceFault(reference, pkg) === null) return true;
    merge.notes.push({
      kind: 'deprecation-dropped',
      package: pkg.name,
      channel: reference.schema === 'olm.channel' ? reference.name : null,
      bundle: reference.schema === 'olm.bundle' ? reference.name : null,
      message: `The deprecation of ${reference.schema} "${reference.name}" was dropped from the package "${pkg.name}", which does not have it: ${textField(entry, 'message').slice(0, 80)}`,
    });
    return false;
  });
}
