import type { Digest } from '../base/digest.ts';
import type { Problem } from '../base/problem.ts';
import {
  type BundleFacts,
  type ChannelEntry,
  type DeprecationEntry,
  readBlobDefault,
  readBundleFacts,
  readDeprecations,
  readEntries,
} from './blob-fields.ts';
import { isRendered, noteRendered } from './blob-text.ts';
import { hashBlob } from './hash-catalog.ts';
import type { Blob } from './types.ts';
import { validateShape } from './validate-shapes.ts';

/**
 * What the functions that are asked once of a blob (`oncePer`) say of it, as plain data: for another
 * thread or a later process. What is not asked of its schema is left out.
 */
export interface BlobFacts {
  readonly defaultChannel?: string;
  readonly entries?: readonly ChannelEntry[];
  readonly bundle?: BundleFacts;
  readonly deprecations?: readonly DeprecationEntry[];
  readonly faults?: readonly Problem[];
  /** `hashBlob`; left out where nobody asked for it. */
  readonly digest?: Digest;
  /** Its text is its rendering. */
  readonly rendered?: boolean;
}

/** Asks everything of a blob that judging and merging ask. */
export function readFacts(blob: Blob): BlobFacts {
  if (!blob.schema.startsWith('olm.')) return {};
  return { ...readOwnFacts(blob), faults: validateShape(blob) };
}

function readOwnFacts(blob: Blob): BlobFacts {
  switch (blob.schema) {
    case 'olm.package':
      return { defaultChannel: readBlobDefault(blob) };
    case 'olm.channel':
      return { entries: readEntries(blob) };
    case 'olm.bundle':
      return { bundle: readBundleFacts(blob) };
    case 'olm.deprecations':
      return { deprecations: readDeprecations(blob) };
    default:
      return {};
  }
}

/** As `readFacts`, with the hash of what the blob says. */
export function readContentFacts(blob: Blob): BlobFacts {
  return { ...readFacts(blob), digest: hashBlob(blob), rendered: isRendered(blob) };
}

/** Tells a blob that says the same what was found out of another. */
export function knowFacts(blob: Blob, facts: BlobFacts): void {
  const { defaultChannel, entries, bundle, deprecations, faults, digest } = facts;
  if (defaultChannel !== undefined) readBlobDefault.know(blob, defaultChannel);
  if (entries !== undefined) readEntries.know(blob, entries);
  if (bundle !== undefined) readBundleFacts.know(blob, bundle);
  if (deprecations !== undefined) readDeprecations.know(blob, deprecations);
  if (faults !== undefined) validateShape.know(blob, faults);
  if (digest !== undefined) hashBlob.know(blob, digest);
  if (facts.rendered === true) noteRendered(blob);
}

/** Whether something is wrong with the blob itself. */
export function hasFaults({ faults }: BlobFacts): boolean {
  return faults !== undefined && faults.length > 0;
}
