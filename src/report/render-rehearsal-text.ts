import { shortHex } from '../base/digest.ts';
import type { IndexRehearsal } from '../plan/index-types.ts';
import { renderLines } from './clean-line.ts';
import { listCheckLines } from './render-verification-text.ts';

/** What `index rehearse` found, a line for each thing it looked at. */
export function renderRehearsalText(
  rehearsal: IndexRehearsal,
  { verbose }: { readonly verbose: boolean },
): string {
  const { catalog, revision, imageId, digest, checks } = rehearsal;
  const where =
    revision === 'working-tree' ? 'the working tree' : `commit ${revision.slice(0, 12)}`;
  return renderLines([
    `Index ${shortHex(imageId)} of catalog ${catalog} at ${where}, manifest ${shortHex(digest)}`,
    ...listCheckLines(checks, verbose),
  ]);
}
