import type { Problem } from '../base/problem.ts';
import { servingRole } from '../manifest/serving-role.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { Check } from './types.ts';

interface SharedFacts {
  readonly problems: readonly Problem[];
  readonly indexOnly: boolean;
  readonly manifest: Pick<MirrorManifest, 'strategy'>;
}

/** Checks that are about no one catalog: faults of references, and that images were left aside. */
export function listSharedChecks(input: SharedFacts): readonly Check[] {
  const collisions = input.problems.map(
    (problem): Check => ({
      kind: kindOf(problem),
      severity: 'error',
      message: problem.message,
      hint: problem.hint ?? null,
      catalog: problem.catalog ?? null,
      item: null,
      neededBy: [],
    }),
  );
  if (!input.indexOnly) return collisions;
  const message = `Index only: images are neither copied nor looked for, so the index may name what ${servingRole(input.manifest)} does not hold.`;
  return [
    ...collisions,
    {
      kind: 'index-only',
      severity: 'warning',
      message,
      hint: 'Run without --index-only to have closure.',
      catalog: null,
      item: null,
      neededBy: [],
    },
  ];
}

// What a registry did not tell is no fault of anything that is written.
function kindOf({ code }: Problem): Check['kind'] {
  if (code === 'IMAGES_COLLISION') return 'collision';
  return code.startsWith('REGISTRY_') ? 'unknown' : 'invalid';
}
