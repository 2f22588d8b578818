import pMap from 'p-map';
import { isDigest } from '../base/digest.ts';
import type { Presence } from '../base/presence.ts';
import { formatCount } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import type { PassContext } from './pass-context.ts';
import type { ApplyRequest, ClosureEntry } from './port.ts';
import { headPresence } from './read-registry.ts';

const HEADS_AT_A_TIME = 8;
const NAMED = 5;

/** What names images, and what is not done while one of them is not there. */
export interface Naming {
  readonly entries: readonly ClosureEntry[];
  /** For events: the catalog, or the release. */
  readonly name: string;
  /** A whole subject: `The index of idx`. */
  readonly subject: string;
  /** What becomes of it: `stays as it is`. */
  readonly held: string;
  /** A whole sentence: `Tag olm/idx:v1 was not written.` */
  readonly left: string;
  /** What else a person may do: `take their bundles out of the catalog`. */
  readonly else: string;
}

interface Seen {
  readonly entry: ClosureEntry;
  readonly presence: Presence;
}

/**
 * Asks the serving registry for every image that an index or a payload names (promise 3). Throws
 * `APPLY_CLOSURE` unless each is clearly there: a refusal where one is absent, a failure worth
 * trying again where it only cannot be told (promise 6).
 */
export async function checkClosure(context: PassContext, naming: Naming): Promise<void> {
  const { entries, name } = naming;
  context.request.emit({ kind: 'closure-started', catalog: name, images: entries.length });
  const seen = await pMap(
    entries,
    async (entry) => ({ entry, presence: await headEntry(context, entry) }),
    { concurrency: HEADS_AT_A_TIME },
  );
  const absent = seen.filter(
    ({ presence, entry }) => presence.state === 'absent' || isOther(presence, entry),
  );
  if (absent.length > 0) throw notThere(naming, absent, context.request);
  const unknown = seen.filter(({ presence }) => presence.state === 'unknown');
  if (unknown.length > 0) throw notKnown(naming, unknown);
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
  naming: Naming,
  absent: readonly Seen[],
  { servingRole }: Pick<ApplyRequest, 'servingRole'>,
): ToolError {
  const source = servingRole === 'production' ? 'staging' : 'production';
  const message = `${naming.subject} names ${formatCount(absent.length, 'image')} that the serving registry does not hold: ${listEntries(absent)}. ${naming.left}`;
  return new ToolError('APPLY_CLOSURE', message, {
    hint: `Bring these images into ${source} and apply again, or ${naming.else}.`,
  });
}

function notKnown(naming: Naming, unknown: readonly Seen[]): ToolError {
  const [first] = unknown;
  const why = first?.presence.state === 'unknown' ? ` ${first.presence.message}` : '';
  const message = `Whether the serving registry holds ${formatCount(unknown.length, 'image')} that ${naming.subject.replace(/^The/, 'the')} names is unknown: ${listEntries(unknown)}.${why} ${naming.left}`;
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
