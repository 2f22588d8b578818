import { formatCount } from '../base/text.ts';
import type { Hold, PassFailure, PassRecord } from './history-types.ts';
import { formatIndexItem } from './item.ts';
import type { PassReport } from './report-types.ts';
import type { Trouble } from './trouble-types.ts';
import type { Check, Outcome } from './types.ts';

/** What a pass has to say of one kind of trouble; null where it did not get so far, and so cannot tell. */
export interface PassTroubles {
  readonly failure: readonly Trouble[];
  readonly holds: readonly Trouble[] | null;
  readonly items: readonly Trouble[] | null;
}

/**
 * Lists what of a pass a person should know, each thing once: why it failed, what is held, what the plan
 * blocks and which items ended badly though the plan had not seen it.
 */
export function listTroubles({ failure, holds, report }: PassRecord): PassTroubles {
  if (failure !== null) return { failure: [describeFailure(failure)], holds: null, items: null };
  return {
    failure: [],
    holds: holds.map(describeHold),
    items: report === null ? null : describeItems(report),
  };
}

function describeFailure({ code, message, hint, disposition }: PassFailure): Trouble {
  return {
    key: `failure/${code}`,
    severity: disposition === 'wait' ? 'warning' : 'error',
    code,
    catalog: null,
    message,
    hint,
    passing: disposition !== 'stall',
  };
}

function describeHold({ kind, message, until }: Hold): Trouble {
  return {
    key: `hold/${kind}`,
    severity: 'info',
    code: kind,
    catalog: null,
    message,
    hint: until === null ? null : `It ends by itself at ${until}.`,
    passing: false,
  };
}

function describeItems({ checks, outcomes }: PassReport): readonly Trouble[] {
  const serious = checks.filter(({ severity }) => severity !== 'warning');
  const known = new Set(serious.flatMap(({ item, catalog }) => listItems(item, catalog)));
  const surprises = outcomes.filter(({ item, kind }) => BAD_ENDS.has(kind) && !known.has(item));
  return [
    ...group(serious, ({ kind, catalog }) => `check/${kind}/${catalog ?? ''}`).map(describeChecks),
    ...group(surprises, ({ kind, code }) => `outcome/${kind}/${code ?? ''}`).map(describeOutcomes),
  ];
}

const BAD_ENDS: ReadonlySet<Outcome['kind']> = new Set(['refused', 'lost', 'failed']);

function listItems(item: string | null, catalog: string | null): readonly string[] {
  return [
    ...(item === null ? [] : [item]),
    ...(catalog === null ? [] : [formatIndexItem(catalog)]),
  ];
}

interface Group<T> {
  readonly key: string;
  readonly first: T;
  readonly count: number;
}

function group<T>(list: readonly T[], keyOf: (entry: T) => string): readonly Group<T>[] {
  const groups = new Map<string, Group<T>>();
  for (const entry of list) {
    const key = keyOf(entry);
    const found = groups.get(key) ?? { key, first: entry, count: 0 };
    groups.set(key, { ...found, count: found.count + 1 });
  }
  return [...groups.values()];
}

function describeChecks({ key, first, count }: Group<Check>): Trouble {
  return {
    key,
    severity: first.severity === 'error' ? 'error' : 'warning',
    code: first.kind,
    catalog: first.catalog,
    message: addRest(first.message, count),
    hint: first.hint,
    passing: first.kind === 'unknown',
  };
}

function describeOutcomes({ key, first, count }: Group<Outcome>): Trouble {
  return {
    key,
    severity: 'error',
    code: first.code ?? first.kind,
    catalog: null,
    message: addRest(`${first.item}: ${first.message ?? first.kind}`, count),
    hint: null,
    passing: first.kind === 'failed',
  };
}

function addRest(message: string, count: number): string {
  return count === 1
    ? message
    : `${message} (and ${formatCount(count - 1, 'more', 'more')} like it)`;
}
