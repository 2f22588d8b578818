import type { ObservedImage, Outcome } from '../plan/types.ts';
import type { PreparedPass } from './prepare-pass.ts';

type Noted = Pick<PreparedPass, 'notes' | 'wanted' | 'images'>;

/** Notes, before anything is copied, of which images the registries did not tell what is attached to them. */
export async function noteUnlisted({ notes, wanted, images }: Noted): Promise<void> {
  if (notes === null) return;
  for (const { key, upstream } of wanted.images) {
    if (isUnclear(images.get(key)?.attached ?? [])) await notes.owe(upstream);
  }
}

function isUnclear(attached: ObservedImage['attached']): boolean {
  if ('state' in attached) return true;
  return attached.some(({ observed: { serving, source } }) =>
    [serving.state, source?.state].includes('unknown'),
  );
}

/**
 * After a pass that was not cut off, strikes out what was owed and is settled now, and what was proved: the
 * next pass looks at everything anew. Where something failed, the proofs stay for when it is tried again.
 */
export async function settleNotes(
  { notes, wanted, images }: Noted,
  outcomes: readonly Outcome[],
): Promise<void> {
  if (notes === null) return;
  const kinds = new Map(outcomes.map(({ item, kind }) => [item, kind]));
  for (const { key, upstream } of wanted.images) {
    const attached = images.get(key)?.attached ?? [];
    if (!notes.owes(upstream) || 'state' in attached || !isDone(kinds.get(key))) continue;
    const left = attached.some((part) => !isSettled(kinds.get(part.wanted.key)));
    if (!left) await notes.pay(upstream);
  }
  if (outcomes.every(({ kind }) => isSettled(kind))) await notes.forgetProved();
}

function isDone(kind: Outcome['kind'] | undefined): boolean {
  return kind === 'in-sync' || kind === 'copied';
}

function isSettled(kind: Outcome['kind'] | undefined): boolean {
  return kind !== undefined && kind !== 'failed' && kind !== 'deferred';
}
