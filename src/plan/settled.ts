import type { ErrorCode } from '../base/error-codes.ts';
import type { Presence } from '../base/presence.ts';
import { servingRepository } from '../images/image-places.ts';
import type { WantedImage } from '../images/types.ts';
import type { RoleName } from '../manifest/types.ts';
import { checkOf } from './image-checks.ts';
import { formatTagItem } from './item.ts';
import type { Check, Outcome, Step } from './types.ts';

/** What one wanted image comes to: steps, or items settled without one, and what people must know. */
export interface Settled {
  readonly steps: readonly Step[];
  readonly settled: readonly Outcome[];
  readonly checks: readonly Check[];
}

interface ItemName {
  readonly item: string;
  readonly type: Outcome['type'];
}

type UnknownAnswer = Presence & { readonly state: 'unknown' } & {
  readonly role?: RoleName;
  /** That it is there is known, but not whether all of it is. */
  readonly whole?: true;
};

export function settleUnknown(image: WantedImage, answer: UnknownAnswer, name?: ItemName): Settled {
  const { item, type } = name ?? { item: image.key, type: 'image' };
  const message = `Whether ${answer.role ?? image.serving} holds ${answer.whole === true ? 'all of ' : ''}${item} is unknown: ${answer.message}`;
  const check: Check = {
    ...checkOf(image),
    item,
    kind: 'unknown',
    severity: 'error',
    message,
    hint: answer.hint,
  };
  return {
    steps: [],
    settled: [
      { item, type, kind: 'failed', message, code: answer.code },
      ...(name === undefined ? refusedTags(image) : []),
    ],
    checks: [check],
  };
}

/** Nobody asked for it, and nothing vouches for it: it waits for its turn. */
export function settleUnproved(image: WantedImage, why: string): Settled {
  const items = [
    { item: image.key, type: 'image' },
    ...image.demandedTags.map((tag) => ({
      item: formatTagItem(servingRepository(image), tag),
      type: 'tag' as const,
    })),
  ] as const;
  const message = `Whether ${image.serving} holds ${image.key} is not known now: ${why}.`;
  return {
    steps: [],
    settled: items.map((item) => ({ ...item, kind: 'deferred', message, code: 'PLAN_UNPROVED' })),
    checks: [],
  };
}

const REFUSAL_CODES: Partial<Record<Check['kind'], ErrorCode>> = {
  uncopyable: 'PLAN_UNCOPYABLE',
  policy: 'PLAN_POLICY',
  'release-incomplete': 'PLAN_MISSING_SOURCE',
};

export function refuse(image: WantedImage, check: Check, name?: ItemName): Settled {
  const { item, type } = name ?? { item: image.key, type: 'image' };
  const code = REFUSAL_CODES[check.kind] ?? 'APPLY_TAG_CONFLICT';
  return {
    steps: [],
    settled: [
      { item, type, kind: 'refused', message: check.message, code },
      ...(name === undefined ? refusedTags(image) : []),
    ],
    checks: [{ ...check, item }],
  };
}

// The fault itself is told once, with the others of listing what is wanted.
export function settleClash(
  image: WantedImage,
  why: string,
  code: ErrorCode = 'IMAGES_COLLISION',
): Settled {
  const settled: Outcome = {
    item: image.key,
    type: 'image',
    kind: 'refused',
    message: why,
    code,
  };
  return { steps: [], settled: [settled, ...refusedTags(image)], checks: [] };
}

export function refuseQuietly(image: WantedImage, why: string): Settled {
  return {
    steps: [],
    settled: [
      {
        item: image.key,
        type: 'image',
        kind: 'refused',
        message: `${image.upstream} is not copied: ${why}.`,
        code: 'APPLY_TAG_CONFLICT',
      },
    ],
    checks: [],
  };
}

// Without its image a demanded tag cannot be written either; it still ends in an outcome (promise 8).
export function refusedTags(image: WantedImage): readonly Outcome[] {
  return image.demandedTags.map((tag) => ({
    item: formatTagItem(servingRepository(image), tag),
    type: 'tag',
    kind: 'refused',
    message: `The image it should point at, ${image.upstream}, is not available.`,
    code: null,
  }));
}

// Tags of an image that is refused: those that would have been written are refused with it.
export function withoutSteps(part: Settled): Settled {
  const settled = part.steps.flatMap((step) =>
    step.items.map(
      (item): Outcome => ({
        item,
        type: 'tag',
        kind: 'refused',
        message: 'Another tag of the same image cannot be written.',
        code: null,
      }),
    ),
  );
  return { steps: [], settled: [...part.settled, ...settled], checks: part.checks };
}

export function inSync(item: string, type: Outcome['type']): Outcome {
  return { item, type, kind: 'in-sync', message: null, code: null };
}

export function joinSettled(parts: readonly Settled[]): Settled {
  return {
    steps: parts.flatMap((part) => part.steps),
    settled: parts.flatMap((part) => part.settled),
    checks: parts.flatMap((part) => part.checks),
  };
}
