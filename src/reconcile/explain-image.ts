import type { ProofNotes } from '../base/proof-notes.ts';
import { compareBytes } from '../base/text.ts';
import { readEntries } from '../catalog/blob-fields.ts';
import { buildChannelGraph } from '../catalog/channel-graph.ts';
import type { Catalog } from '../catalog/types.ts';
import type { NeededBy } from '../images/types.ts';
import { isImagePattern } from '../manifest/image-pattern.ts';
import type { ListedMissing, MirrorManifest, RoleName } from '../manifest/types.ts';
import type {
  ExplainedImage,
  ExplainedNeed,
  ExplainedPlace,
  ExplainedProof,
} from '../plan/explain-types.ts';
import { formatCopyId, formatTagItem } from '../plan/item.ts';
import type { Explainable } from './find-explained.ts';
import type { PlaceFinder } from './find-place.ts';
import type { SharingFinder } from './find-sharing.ts';
import { formatFact } from './proof-fact.ts';
import { type HistoryContext, traceImage } from './trace-image.ts';

export interface ExplainContext {
  readonly history: HistoryContext;
  /** Of the commit that is read. */
  readonly catalogs: ReadonlyMap<string, Catalog>;
  /** By upstream reference, what Git lists as known missing. */
  readonly known: ReadonlyMap<string, ListedMissing>;
  readonly manifest: MirrorManifest;
  readonly proofs: ProofNotes;
  readonly findPlace: PlaceFinder;
  readonly findSharing: SharingFinder;
}

const ROLES: readonly RoleName[] = ['production', 'staging'];

/** Why an image is wanted, since when, where it is, and what it shares; what passes did is not known here. */
export async function explainImage(
  image: Explainable,
  context: ExplainContext,
): Promise<Omit<ExplainedImage, 'steps'>> {
  const { upstream, kind, attachedTo = null, until = null } = image;
  const catalogs = image.catalogs ?? context.catalogs;
  const places = await Promise.all(ROLES.map((role) => context.findPlace(image, role)));
  const listed = context.known.get(upstream);
  return {
    upstream,
    kind,
    attachedTo,
    neededBy: image.neededBy.map((need) => explainNeed(need, catalogs)),
    ...(await traceImage(image, context.history)),
    until,
    places,
    sharing: await context.findSharing(image, places),
    proof: explainProof(image, context),
    remarks: [...(image.remarks ?? []), ...(listed === undefined ? [] : [sayListed(listed)])],
  };
}

function sayListed({ image, place, reason, since }: ListedMissing): string {
  const by = isImagePattern(image) ? `by the pattern ${image} ` : '';
  return `It is listed as known missing ${by}at ${place}: ${reason}, since ${since}.`;
}

function explainProof(
  image: Explainable,
  { manifest, proofs }: ExplainContext,
): ExplainedProof | null {
  const seen = proofs.recall(formatFact(image, { manifest, verify: manifest.verify }));
  if (seen === null) return null;
  const { at, deepAt } = seen;
  return {
    seen: new Date(at).toISOString(),
    deep: deepAt === null ? null : new Date(deepAt).toISOString(),
  };
}

function explainNeed(need: NeededBy, catalogs: ReadonlyMap<string, Catalog>): ExplainedNeed {
  const catalog = need.catalog === null ? undefined : catalogs.get(need.catalog);
  const channels = (catalog?.packages.get(need.package ?? '')?.channels ?? [])
    .map((channel) => ({ name: channel.name, entries: readEntries(channel) }))
    .filter(({ entries }) => entries.some(({ name }) => name === need.item))
    .map(({ name, entries }) => ({
      name,
      isHead: buildChannelGraph(entries).heads.includes(need.item),
    }));
  return { ...need, channels: channels.toSorted((a, b) => compareBytes(a.name, b.name)) };
}

/** What steps about an image are called in the journal: by id, item, or title. */
export function listStepNames(
  image: Explainable,
  places: readonly ExplainedPlace[],
): ReadonlySet<string> {
  const place = image.repository.production;
  // An index is told from others of its catalog by its tags.
  const tags = places.filter(({ role }) => role === 'production').flatMap((found) => found.tags);
  if (image.kind === 'index') return new Set(tags.map((tag) => `${place}:${tag}`));
  // A tag-only image is copied by the digest that staging has.
  const digests = places.flatMap(({ digest }) => digest ?? []);
  const demanded = [
    ...image.demandedTags,
    ...image.arrivalTags,
    ...(image.tag === null ? [] : [image.tag]),
  ];
  return new Set([
    image.key,
    ...digests.map((digest) => formatCopyId(place, digest)),
    ...demanded.map((tag) => formatTagItem(place, tag)),
  ]);
}
