import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { formatImageRef, parseImageRef } from '../base/image-ref.ts';
import { findGraphImage } from '../images/graph-image.ts';
import { indexRepository, mapRepository } from '../images/map-path.ts';
import type { Need, NeededImage, Receipt } from '../plan/media-types.ts';
import { listIfAny } from './list-if-any.ts';
import { createRepositoryLister } from './list-staged.ts';
import { type Look, type LookContext, lookForImage, lookForRelease } from './look-for-releases.ts';
import { walkRepositories } from './walk-repositories.ts';

export interface ReceiptSubject extends LookContext {
  readonly need: Need;
  readonly emit: EmitEvent;
}

export type ReceiptFindings = Omit<Receipt, 'apiVersion' | 'kind' | 'time' | 'hash'>;

/** Holds staging against what was asked for, by HEAD and GET. Unknown is not missing (promise 6). */
export async function checkReceipt(subject: ReceiptSubject): Promise<ReceiptFindings> {
  const { need, staging } = subject;
  const asked = [...need.images, ...listGraphImage(subject)];
  const images = await Promise.all(asked.map((image) => lookForImage(image, subject)));
  const releases: Look[] = [];
  for (const release of need.releases?.bring ?? [])
    releases.push(...(await lookForRelease(release, subject)));
  const looks = [...images, ...releases];
  const others = await listOthers(subject, looks);
  const arrived = looks.flatMap((look) => (look.state === 'arrived' ? [look.entry] : []));
  const missing = looks.flatMap((look) => (look.state === 'missing' ? [look.entry] : []));
  const different = looks.flatMap((look) => (look.state === 'different' ? [look.entry] : []));
  const unknown = looks.flatMap((look) => (look.state === 'unknown' ? [look.entry] : []));
  return {
    need: need.hash,
    host: staging.host,
    arrived,
    missing,
    different,
    unknown,
    ...others,
    exitCode: judge(unknown.length, missing.length + different.length),
  };
}

function judge(unknown: number, lacking: number): Receipt['exitCode'] {
  if (unknown > 0) return 1;
  return lacking > 0 ? 4 : 0;
}

// It comes with the releases, by `graph: true`.
function listGraphImage({
  need: { releases },
  manifest,
}: ReceiptSubject): readonly Pick<NeededImage, 'reference' | 'digest'>[] {
  const image = findGraphImage(manifest);
  if (image === null || !releases?.updateService || releases.bring.length === 0) return [];
  return [{ reference: formatImageRef(image), digest: image.digest }];
}

/** What lies in staging beside the images asked for, their parts and what is attached to them, and the indexes. */
async function listOthers(
  { need, manifest, staging, emit, signal }: ReceiptSubject,
  looks: readonly Look[],
): Promise<Pick<Receipt, 'extra' | 'unclear'>> {
  const expected = new Map<string, Set<string>>();
  function expect(repository: string, reference: string): void {
    expected.set(repository, (expected.get(repository) ?? new Set()).add(reference));
  }
  for (const { entry } of looks) {
    expect(entry.repository, entry.digest ?? entry.reference.split(':').at(-1) ?? '');
    if ('found' in entry) expect(entry.repository, entry.found);
  }
  for (const reference of need.held) {
    const ref = parseImageRef(reference);
    expect(mapRepository(ref, 'staging', manifest), ref.digest ?? ref.tag ?? 'latest');
  }
  const indexes = new Set(
    manifest.catalogs.map((entry) => indexRepository(entry, manifest, 'staging')),
  );
  const { names } = await listIfAny(staging, signal);
  const list = createRepositoryLister(staging, signal);
  const { seen } = await walkRepositories({
    listed: names,
    known: expected.keys(),
    pathPrefix: manifest.registries.staging.pathPrefix,
    lookAt: (repository) => list(repository, new Set()),
    emit,
    signal,
  });
  const extra = seen.flatMap(({ manifests }) => {
    const own = new Set<Digest>();
    for (const { repository, digest, tags } of manifests) {
      const known = expected.get(repository);
      if (known?.has(digest) === true || tags.some((tag) => known?.has(tag))) own.add(digest);
    }
    return manifests.filter(
      ({ repository, digest, partOf, attachedTo, isReferrersList }) =>
        !indexes.has(repository) &&
        !own.has(digest) &&
        partOf.length === 0 &&
        attachedTo.length === 0 &&
        !isReferrersList,
    );
  });
  return {
    extra: extra.map(({ repository, digest, tags }) => ({ repository, digest, tags })),
    unclear: seen.flatMap(({ unclear }) =>
      unclear.map(({ subject, message }) => ({ subject, message })),
    ),
  };
}
