import { compareBytes } from '../base/text.ts';
import type { Settled } from './settled.ts';
import type { Step } from './types.ts';

/** A tag-only and a by-digest mention may come to the same copy: one step settles both. */
export function mergeCopies(settled: Settled): Settled {
  const byId = new Map<string, Step>();
  for (const step of settled.steps) {
    const earlier = byId.get(step.id);
    byId.set(step.id, earlier === undefined ? step : joinSteps(earlier, step));
  }
  return { ...settled, steps: [...byId.values()] };
}

function joinSteps(a: Step, b: Step): Step {
  if (a.kind !== 'copy' || b.kind !== 'copy') return { ...a, items: union(a.items, b.items) };
  const release = a.release ?? b.release;
  return {
    ...a,
    ...(release === undefined ? {} : { release }),
    items: union(a.items, b.items),
    tags: union(a.tags, b.tags),
  };
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].toSorted(compareBytes);
}
