import { formatCount } from '../base/text.ts';
import type { BundleRerelease } from './diff-bundles.ts';

const SHOWN = 3;

/**
 * What a bundle names in place of the images before, short: digests where only these changed, the
 * repository once; beyond a few related images only how many.
 */
export function describeRerelease({
  image,
  relatedAdded,
  relatedRemoved,
}: BundleRerelease): string {
  // Most bundles name their own image among the related ones.
  const before = relatedRemoved.filter((name) => name !== image?.before);
  const after = relatedAdded.filter((name) => name !== image?.after);
  const turns = pairByRepository(before, after);
  const shown = turns.slice(0, SHOWN).map(([old, fresh]) => `related ${formatTurn(old, fresh)}`);
  const more = turns.length - shown.length;
  const added = after.length - turns.length;
  const removed = before.length - turns.length;
  return [
    ...(image === null ? [] : [`image ${formatTurn(image.before, image.after)}`]),
    ...shown,
    ...(more > 0 ? [`${formatCount(more, 'related image')} changed likewise`] : []),
    ...(added > 0 ? [`${formatCount(added, 'related image')} new`] : []),
    ...(removed > 0 ? [`${formatCount(removed, 'related image')} gone`] : []),
  ].join(', ');
}

type Turn = readonly [before: string, after: string];

/** Those that are the one image of their repository on either side. */
function pairByRepository(before: readonly string[], after: readonly string[]): readonly Turn[] {
  return before.flatMap((old) => {
    const repository = repositoryOf(old);
    const [fresh, ...others] = after.filter((image) => repositoryOf(image) === repository);
    const alone = before.filter((image) => repositoryOf(image) === repository).length === 1;
    return fresh !== undefined && others.length === 0 && alone ? [[old, fresh] as const] : [];
  });
}

const VERSION = /^(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;

function formatTurn(before: string, after: string): string {
  const repository = repositoryOf(before);
  const versions = [before, after].map((image) => image.slice(repository.length));
  if (repository !== repositoryOf(after) || !versions.every((version) => VERSION.test(version)))
    return `${before || 'none'} → ${after || 'none'}`;
  const [old, fresh] = versions.map(shorten);
  return `${repository} ${old} → ${fresh}`;
}

// A colon before the last slash belongs to a port, not to a tag.
function repositoryOf(image: string): string {
  const at = image.indexOf('@');
  const named = at === -1 ? image : image.slice(0, at);
  const colon = named.lastIndexOf(':');
  return colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
}

function shorten(version: string): string {
  const text = version.replace(/^[:@]/, '') || 'latest';
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
}
