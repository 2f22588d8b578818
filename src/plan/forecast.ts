import type { Digest } from '../base/digest.ts';
import type { RoleName } from '../manifest/types.ts';
import type { Amount, Doubt } from './advice-types.ts';
import {
  type BlobSizes,
  createAmount,
  type HeldBooks,
  type HeldImage,
  joinBlobs,
  sumBlobs,
  withoutBlobs,
} from './held.ts';
import type { Plan, Step } from './types.ts';

/** What a plan and what else is to come bring to a registry. */
export interface Coming {
  /** Where it comes to. */
  readonly serving: RoleName;
  /** By digest: what is not there yet, and what is. */
  readonly blobs: BlobSizes;
  /** Copies, of images that are told apart. */
  readonly images: number;
  readonly doubts: readonly Doubt[];
}

/** Content of built indexes by catalog; null of one that is not built before it is pushed. */
export type BuiltBlobs = ReadonlyMap<string, BlobSizes | null>;

/** What is on the disk once the steps of a plan are done. An image whose parts nobody saw is a doubt, not nothing. */
export function listComing(
  { steps, checks }: Pick<Plan, 'steps' | 'checks'>,
  serving: RoleName,
  { held, built }: { readonly held: HeldBooks; readonly built: BuiltBlobs },
): Coming {
  const parts = steps.map((step) => findContent(step, held, built));
  const unsettled = checks.some(({ kind }) => kind === 'unknown');
  return {
    serving,
    blobs: joinBlobs(parts.map(({ blobs }) => blobs)),
    images: new Set(steps.flatMap((step) => (step.kind === 'copy' ? [step.id] : []))).size,
    doubts: [
      ...parts.flatMap(({ doubt }) => doubt ?? []),
      ...(unsettled ? ['unanswered' as const] : []),
      ...(checks.some(({ kind }) => kind === 'missing-source') ? ['gone' as const] : []),
    ],
  };
}

interface Content {
  readonly blobs: BlobSizes;
  readonly doubt: Doubt | null;
}

const NOTHING: Content = { blobs: new Map<Digest, number>(), doubt: null };

function findContent(step: Step, held: HeldBooks, built: BuiltBlobs): Content {
  if (step.kind === 'push-index') {
    const blobs = built.get(step.catalog) ?? null;
    return blobs === null ? { ...NOTHING, doubt: 'podman' } : { blobs, doubt: null };
  }
  if (step.kind !== 'copy') return NOTHING;
  const { role, repository } = step.from;
  const image = held[role].find(repository, step.digest);
  if (typeof image === 'string') return { ...NOTHING, doubt: 'unanswered' };
  return { blobs: held[role].blobsOf(image), doubt: null };
}

/** The same with images that lie in the other registry and that no plan knows of yet. */
export function addImages(
  coming: Coming,
  images: readonly HeldImage[],
  { book, doubts }: { readonly book: HeldBooks[RoleName]; readonly doubts: readonly Doubt[] },
): Coming {
  return {
    ...coming,
    blobs: joinBlobs([coming.blobs, ...images.map((image) => book.blobsOf(image))]),
    images: coming.images + images.length,
    doubts: [...coming.doubts, ...doubts],
  };
}

/** Bytes that are copied, and what the disk of the registry holds before and after. */
export function forecast(
  { serving, blobs, doubts }: Coming,
  held: HeldBooks,
): { readonly copied: Amount; readonly now: Amount; readonly after: Amount } {
  const book = held[serving];
  const fresh = sumBlobs(withoutBlobs(blobs, book.blobs));
  const now = sumBlobs(book.blobs);
  return {
    // What a registry does not list may be there already, so that less is copied: no more than this.
    copied: createAmount(fresh, doubts),
    now: createAmount(now, book.doubts),
    after: createAmount(now + fresh, [...book.doubts, ...doubts]),
  };
}
