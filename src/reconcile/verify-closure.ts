import pMap from 'p-map';
import type { EmitEvent } from '../base/events.ts';
import type { Presence } from '../base/presence.ts';
import { formatProblemLine } from '../base/problem.ts';
import { formatCount, formatNumber } from '../base/text.ts';
import type { Catalog } from '../catalog/types.ts';
import { findKnown } from '../images/find-known.ts';
import { listWanted, type WantedList } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import type { RoleName } from '../manifest/types.ts';
import { failed, passed, skipped, unknown, type VerifiedCheck } from '../plan/verified-check.ts';
import type { RegistryPort } from '../registry/port.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';

export interface ClosureSubject {
  /** With upstream addresses. */
  readonly catalog: Catalog;
  /** Null for an OCI layout. */
  readonly registry: RegistryPort | null;
  /** Null for a registry that the manifest does not name. */
  readonly role: RoleName | null;
}

export interface ClosureContext {
  readonly state: Pick<LoadedState, 'manifest' | 'knownMissing'>;
  readonly loaded: Pick<LoadedCatalog, 'entry'>;
  /** UTC date, `YYYY-MM-DD`. */
  readonly today: string;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

const HEADS_AT_A_TIME = 32;

interface SeenImage {
  readonly image: WantedImage;
  readonly presence: Presence;
}

/**
 * Asks a registry for every image that the bundles of a catalog name. What Git lists as known missing
 * is told, and is no fault; an answer that is not clear is no absence.
 */
export async function verifyClosure(
  subject: ClosureSubject,
  context: ClosureContext,
): Promise<VerifiedCheck> {
  const { registry, role } = subject;
  if (registry === null)
    return skipped('closure', 'An OCI layout is no registry that could serve images.');
  if (role === null)
    return skipped(
      'closure',
      `The manifest does not name ${registry.host}, so nobody knows where its images would lie.`,
    );
  const { manifest, knownMissing } = context.state;
  const named = listNamedImages(subject.catalog, context);
  const { images } = named;
  const known = findKnown(knownMissing, named, { manifest, today: context.today });
  const unreadable = named.unreadable.filter(({ upstream }) => !known.has(upstream));
  const problems = [...named.problems, ...unreadable.map(({ problem }) => problem)];
  const seen = await headImages(images, { registry, role }, context);
  const absent = seen.filter(({ image, presence }) => isMissing(image, presence));
  const lost = absent.filter(({ image }) => !known.has(image.upstream));
  const unclear = seen.filter(({ presence }) => presence.state === 'unknown');
  const total = formatCount(images.length, 'image');
  if (problems.length > 0)
    return failed(
      'closure',
      `${formatCount(problems.length, 'reference')} to images cannot be looked for.`,
      [...problems.map(formatProblemLine), ...lost.map(formatSeen)],
    );
  if (lost.length > 0)
    return failed(
      'closure',
      `${formatNumber(lost.length)} of ${total} that its bundles name are not in ${registry.host}.`,
      [...lost.map(formatSeen), ...unclear.map(formatSeen)],
    );
  if (unclear.length > 0)
    return unknown(
      'closure',
      `Whether ${registry.host} holds ${formatNumber(unclear.length)} of ${total} cannot be told.`,
      unclear.map(formatSeen),
    );
  const debt = absent.length === 0 ? '' : `, save ${absent.length} that Git lists as known missing`;
  return passed('closure', `${registry.host} holds ${total} that its bundles name${debt}.`);
}

/** Every image that the bundles of a catalog name, and where it lies. */
export function listNamedImages(
  catalog: Catalog,
  { state, loaded }: Pick<ClosureContext, 'state' | 'loaded'>,
): Pick<WantedList, 'images' | 'unreadable' | 'problems'> {
  return listWanted({
    manifest: { ...state.manifest, images: [], releases: [] },
    catalogs: new Map([[loaded.entry.name, catalog]]),
    releases: [],
  });
}

async function headImages(
  images: readonly WantedImage[],
  place: { readonly registry: RegistryPort; readonly role: RoleName },
  { emit, signal }: ClosureContext,
): Promise<readonly SeenImage[]> {
  let done = 0;
  emit({ kind: 'observe-started', images: images.length });
  return pMap(
    images,
    async (image) => {
      signal.throwIfAborted();
      const reference = image.digest ?? image.tag ?? '';
      const repository = image.repository[place.role];
      const presence = await place.registry.headManifest(repository, reference, signal);
      done += 1;
      emit({ kind: 'observe-progress', done, total: images.length });
      return { image, presence };
    },
    { concurrency: HEADS_AT_A_TIME },
  );
}

function isMissing(image: WantedImage, presence: Presence): boolean {
  if (presence.state !== 'present') return presence.state === 'absent';
  return image.digest !== null && presence.digest !== image.digest;
}

function formatSeen({ image, presence }: SeenImage): string {
  const [first] = image.neededBy;
  const why = presence.state === 'unknown' ? `: ${presence.message}` : '';
  return `${image.upstream} (${first?.item ?? 'of no bundle'})${why}`;
}
