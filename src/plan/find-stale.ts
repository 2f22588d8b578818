import type { Presence } from '../base/presence.ts';
import type { RoleName } from '../manifest/types.ts';
import type { Check, CopyStep, Plan, PlanBinding, Step, WantedIndex } from './types.ts';

/** What a saved plan was bound to that is no longer so. */
export interface StaleFact {
  /** Null where it is not about one step. */
  readonly step: string | null;
  readonly message: string;
}

/** What Git says now. */
export interface BoundState {
  /** Name of the mirror. */
  readonly mirror: string;
  readonly binding: PlanBinding;
}

/** Compares what a saved plan was made from with what Git says now; an unrelated commit does not matter (promise 10). */
export function findStaleBinding(plan: BoundState, state: BoundState): readonly StaleFact[] {
  const { binding: planned } = plan;
  const { binding: now } = state;
  if (plan.mirror !== state.mirror)
    return [
      {
        step: null,
        message: `It is a plan of mirror ${plan.mirror}, and this is mirror ${state.mirror}.`,
      },
    ];
  const manifest =
    planned.manifest === now.manifest
      ? []
      : [{ step: null, message: 'The mirror manifest has changed since the plan was made.' }];
  const names = [
    ...new Set([...Object.keys(planned.catalogs), ...Object.keys(now.catalogs)]),
  ].toSorted();
  const catalogs = names.filter((name) => planned.catalogs[name] !== now.catalogs[name]);
  const kept =
    planned.kept === now.kept
      ? []
      : [
          {
            step: null,
            message: 'What is in use, or was delivered, is not what the plan was made for.',
          },
        ];
  return [
    ...manifest,
    ...kept,
    ...catalogs.map((name) => ({
      step: null,
      message: `Catalog ${name} has changed in Git since the plan was made.`,
    })),
  ];
}

/** Finds the steps of a saved plan that a pin wanted which has ended since, though Git says the same. */
export function findEndedPins(
  { catalogs, steps }: Pick<Plan, 'catalogs' | 'steps'>,
  wanted: readonly Pick<WantedIndex, 'catalog' | 'endedPin'>[],
): readonly StaleFact[] {
  const pinned = new Set(catalogs.filter(({ pin }) => pin !== null).map(({ catalog }) => catalog));
  const ended = new Set(
    wanted
      .filter(({ catalog, endedPin }) => endedPin !== null && pinned.has(catalog))
      .map(({ catalog }) => catalog),
  );
  return steps.flatMap((step) =>
    step.kind === 'move-index' && ended.has(step.catalog)
      ? [{ step: step.id, message: `The pin of ${step.catalog} has ended.` }]
      : [],
  );
}

// What is not of the registries: `invalid` blocks where in-use.yaml cannot be read.
const FORBIDDING: ReadonlySet<Check['kind']> = new Set([
  'policy',
  'automatic-upgrade',
  'stranded-upgrade',
  'release-signature',
  'release-incomplete',
  'in-use',
  'invalid',
]);

/** Finds the steps of a saved plan that a policy blocks by now: a waiver has ended, or a cluster was seen since. */
export function findBlockedSteps(
  { steps }: Pick<Plan, 'steps'>,
  checks: readonly Check[],
): readonly StaleFact[] {
  const blocked = checks.filter(
    ({ kind, severity }) =>
      FORBIDDING.has(kind) &&
      // What could not be verified is as good as not signed.
      (severity === 'blocked' || (kind === 'release-signature' && severity === 'error')),
  );
  return blocked.flatMap(({ item, message }) =>
    steps
      .filter(({ items }) => item === null || items.includes(item))
      .map(({ id }) => ({ step: id, message })),
  );
}

/** The facts that a step rests on, to be asked again just before a saved plan is carried out. */
export interface StepFact {
  readonly role: RoleName;
  readonly repository: string;
  readonly reference: string;
  /** Left out for a manifest. */
  readonly part?: 'blob';
  /** Digest that must be there; null for nothing. */
  readonly expected: string | null;
  /** A digest that may be there as well. */
  readonly allowed?: string;
}

/** `role`: where tags and indexes are written. */
export function listStepFacts(step: Step, role: RoleName): readonly StepFact[] {
  switch (step.kind) {
    case 'copy':
      return [...listSourceFacts(step), ...listTagFacts(step)];
    case 'tag':
      return [
        {
          role,
          repository: step.repository,
          reference: step.tag,
          expected: step.previous,
        },
      ];
    case 'push-index':
      return [{ role, repository: step.repository, reference: step.tag, expected: null }];
    case 'move-index':
      return [
        {
          role,
          repository: step.repository,
          reference: step.tag,
          expected: step.previous,
        },
      ];
  }
}

function listSourceFacts({ from, to, digest, absent, repair }: CopyStep): readonly StepFact[] {
  if (repair === undefined)
    return [
      { ...to, reference: absent, expected: null },
      { ...from, reference: digest, expected: digest },
    ];
  return [
    { ...to, reference: digest, expected: digest },
    ...repair.missing.map((part): StepFact => {
      const fact = { ...to, reference: part.digest, expected: null };
      return part.kind === 'blob' ? { ...fact, part: 'blob' } : fact;
    }),
    ...repair.manifests.map((manifest) => ({ ...from, reference: manifest, expected: manifest })),
  ];
}

function listTagFacts({ to, digest, absent, protectTag, tags }: CopyStep): readonly StepFact[] {
  return [protectTag, ...tags]
    .filter((tag) => tag !== absent)
    .map((tag) => ({ ...to, reference: tag, expected: null, allowed: digest }));
}

/** Null where the fact still holds. An unknown answer is never taken for "as planned" (promise 6). */
export function judgeFact(step: Step, fact: StepFact, now: Presence): StaleFact | null {
  const place = `${fact.repository}${fact.reference.startsWith('sha256:') ? '@' : ':'}${fact.reference} in ${fact.role}`;
  if (now.state === 'unknown')
    return { step: step.id, message: `${place} cannot be looked at: ${now.message}` };
  const found = now.state === 'present' ? now.digest : null;
  if (found === fact.expected || found === fact.allowed) return null;
  return {
    step: step.id,
    message: `${place} is ${found ?? 'absent'}, but was ${fact.expected ?? 'absent'} when the plan was made.`,
  };
}
