import { shortHex } from '../base/digest.ts';
import { formatRevision } from '../base/text.ts';
import type { IndexRehearsal } from '../plan/index-types.ts';
import { renderLines } from './clean-line.ts';
import { listCheckLines } from './render-verification-text.ts';

/** What `index rehearse` found, a line for each thing it looked at. */
export function renderRehearsalText(
  rehearsal: IndexRehearsal,
  { verbose }: { readonly verbose: boolean },
): string {
  const { catalog, revision, imageId, digest, checks } = rehearsal;
  return renderLines([
    `Index ${shortHex(imageId)} of catalog ${catalog} at ${formatRevision(revision)}, manifest ${shortHex(digest)}`,
    ...listCheckLines(checks, verbose),
  ]);
}
