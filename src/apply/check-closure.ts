import pMap from 'p-map';
import { isDigest } from '../base/digest.ts';
import type { Presence } from '../base/presence.ts';
import { formatCount } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { MoveIndexStep, PushIndexStep } from '../plan/types.ts';
import type { PassContext } from './pass-context.ts';
import type { ApplyRequest, ClosureEntry } from './port.ts';
import { headPresence } from './read-registry.ts';

const HEADS_AT_A_TIME = 8;
const NAMED = 5;

type IndexStep = MoveIndexStep | PushIndexStep;

interface Seen {
  readonly entry: ClosureEntry;
  readonly presence: Presence;
}

/**
 * Asks the serving registry for every image that the index names (promise 3). Throws
 * `APPLY_CLOSURE` unless each is clearly there: a refusal where one is absent, a failure worth
 * trying again where it only cannot be told (promise 6).
 */
export async function checkClosure(context: PassContext, step: IndexStep): Promise<void> {
  if (context.request.plan.indexOnly) return;
  const entries = context.request.closure(step.catalog);
  context.request.emit({ kind: 'closure-started', catalog: step.catalog, images: entries.length });
  const seen = await pMap(
    entries,
    async (entry) => ({ entry, presence: await headEntry(context, entry) }),
    { concurrency: HEADS_AT_A_TIME },
  );
  const absent = seen.filter(
    ({ presence, entry }) => presence.state === 'absent' || isOther(presence, entry),
  );
  if (absent.length > 0) throw notThere(step, absent, context.request);
  const unknown = seen.filter(({ presence }) => presence.state === 'unknown');
  if (unknown.length > 0) throw notKnown(step, unknown);
}

function headEntry(context: PassContext, entry: ClosureEntry): Promise<Presence> {
  const registry = context.request.registries[context.request.servingRole];
  return headPresence(
    { registry, repository: entry.repository, signal: context.kill },
    entry.reference,
  );
}

function isOther(presence: Presence, entry: ClosureEntry): boolean {
  return (
    presence.state === 'present' && isDigest(entry.reference) && presence.digest !== entry.reference
  );
}

function notThere(
  step: IndexStep,
  absent: readonly Seen[],
  { servingRole }: Pick<ApplyRequest, 'servingRole'>,
): ToolError {
  const source = servingRole === 'production' ? 'staging' : 'production';
  const message = `The index of ${step.catalog} names ${formatCount(absent.length, 'image')} that the serving registry does not hold: ${listEntries(absent)}. Tag ${step.repository}:${step.tag} was not written.`;
  return new ToolError('APPLY_CLOSURE', message, {
    hint: `Bring these images into ${source} and apply again, or take their bundles out of the catalog.`,
  });
}

function notKnown(step: IndexStep, unknown: readonly Seen[]): ToolError {
  const [first] = unknown;
  const why = first?.presence.state === 'unknown' ? ` ${first.presence.message}` : '';
  const message = `Whether the serving registry holds ${formatCount(unknown.length, 'image')} of the index of ${step.catalog} is unknown: ${listEntries(unknown)}.${why} Tag ${step.repository}:${step.tag} was not written.`;
  return new ToolError('APPLY_CLOSURE', message, {
    disposition: 'retry',
    hint: 'Apply again when the registry answers.',
  });
}

function listEntries(seen: readonly Seen[]): string {
  const names = seen.slice(0, NAMED).map(({ entry }) => entry.label);
  return seen.length > NAMED
    ? `${names.join(', ')} and ${seen.length - NAMED} more`
    : names.join(', ');
}
