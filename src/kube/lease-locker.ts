import { createHash, randomUUID } from 'node:crypto';
import { keepHeld, lockLost } from '../base/keep-held.ts';
import { formatLockName, type HeldLock, type Locker, type LockerOptions } from '../base/locker.ts';
import { capitalize } from '../base/text.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { boundWatch, interruptedBefore, watchHolder } from '../base/watch-holder.ts';
import type { LeaseContent, LeaseRecord, LeaseStore } from './port.ts';

export interface LeaseLockerOptions extends LockerOptions {
  readonly store: LeaseStore;
  /** Of the Lease for whole mirrors; null: `olmirror-<mirror>`. Manifests and shards add theirs. */
  readonly name: string | null;
  /** Path of the manifest in its repository, which has a Lease of its own; null for the one at the top. */
  readonly manifest: string | null;
}

const LOOKS = 10;

interface Place extends LeaseLockerOptions {
  /** Name of the Lease. */
  readonly lease: string;
  /** Of this holder alone: a pod that starts again is another one. */
  readonly identity: string;
}

/**
 * Locks as Leases of Kubernetes, held as client-go's leader election holds them: a holder is dead when
 * its Lease did not change for its whole duration, by the watch of the one who looks. The API server's
 * `resourceVersion` lets one of many win.
 */
export function createLeaseLocker(options: LeaseLockerOptions): Locker {
  return {
    async acquire(key, signal) {
      const identity = `${options.host}_${randomUUID()}`;
      const place: Place = { ...options, lease: nameLease(options, key), identity };
      for (;;) {
        if (signal.aborted) throw interruptedBefore(nameOf(place));
        const since = options.elapsed();
        const found = await options.store.getLease(place.lease);
        if (found !== null) await assertStale(place, found, signal);
        const taken = await takeLease(place, found);
        if (taken !== null) return holdLease(place, taken, since);
      }
    },
    async listKeys(mirror) {
      const whole = nameLease(options, mirror);
      const names = await options.store.listHeld();
      return names.toSorted().flatMap((name) => {
        if (name === whole) return [mirror];
        const shard = name.startsWith(`${whole}.`) ? name.slice(whole.length + 1) : '';
        return /^shard-\d+-of-\d+$/.test(shard) ? [`${mirror}/${shard}`] : [];
      });
    },
  };
}

/** Without a name it is that of the mirror. What cannot stand in a name is replaced, and a hash keeps names apart. */
function nameLease(
  { name, manifest }: Pick<LeaseLockerOptions, 'name' | 'manifest'>,
  key: string,
): string {
  const [mirror = '', ...shard] = key.split('/');
  const parts = manifest === null ? shard : [manifest, ...shard];
  return [name ?? `olmirror-${formatPart(mirror)}`, ...parts.map(formatPart)].join('.');
}

function formatPart(text: string): string {
  const name = formatLockName(text).slice(0, 60);
  if (name === text) return name;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return name === '' ? hash : `${name}-${hash}`;
}

async function assertStale(place: Place, found: LeaseRecord, signal: AbortSignal): Promise<void> {
  if (found.holder === null || found.holder === '') return;
  const { clock, store, timing, onWait } = place;
  const declared = (found.durationSeconds ?? 0) * 1000;
  const milliseconds = boundWatch(Math.max(declared, timing.staleMilliseconds));
  onWait?.(
    `${nameHolder(found)} holds ${nameOf(place)}; it is taken over if that does not change for ${Math.ceil(milliseconds / 1000)} s.`,
  );
  const name = nameOf(place);
  await watchHolder({ name, milliseconds, looks: LOOKS, clock, signal }, async () => {
    const now = await store.getLease(place.lease);
    if (now === null || now.holder === null || now.holder === '') return true;
    if (now.holder !== found.holder || now.renewed !== found.renewed) throw locked(place, now);
    return false;
  });
}

// By the version that was watched: it is refused if the holder gave a sign of life, or another took it, meanwhile.
async function takeLease(place: Place, found: LeaseRecord | null): Promise<LeaseRecord | null> {
  const { clock, store, lease } = place;
  const content: LeaseContent = {
    ...describeHolder(place),
    acquired: clock.now().toISOString(),
    transitions: found === null ? 0 : found.transitions + 1,
  };
  return found === null
    ? store.createLease(lease, content)
    : store.replaceLease(lease, found.version, content);
}

function describeHolder({
  identity,
  timing,
  clock,
}: Place): Pick<LeaseContent, 'holder' | 'durationSeconds' | 'renewed'> {
  const durationSeconds = Math.max(1, Math.ceil(timing.staleMilliseconds / 1000));
  return { holder: identity, durationSeconds, renewed: clock.now().toISOString() };
}

function holdLease(place: Place, taken: LeaseRecord, since: number): HeldLock {
  const { timing } = place;
  let last = taken;
  async function renew(): Promise<void> {
    const renewed = await renewLease(place, last);
    // Somebody wrote an annotation, or took it over.
    last = renewed ?? (await readOwn(place));
  }
  return keepHeld({
    ...place,
    name: capitalize(nameOf(place)),
    since,
    // A request before each write would be one for each image: the last two signs of life are recent enough.
    freshMilliseconds: 2 * timing.renewMilliseconds,
    renew,
    release: () => releaseLease(place, last),
  });
}

function renewLease(place: Place, record: LeaseRecord): Promise<LeaseRecord | null> {
  const { acquired, transitions, version } = record;
  return place.store.replaceLease(place.lease, version, {
    ...describeHolder(place),
    acquired,
    transitions,
  });
}

async function readOwn(place: Place): Promise<LeaseRecord> {
  const now = await place.store.getLease(place.lease);
  if (now === null)
    throw lockLost(`${capitalize(nameOf(place))} was removed while this pass held it.`);
  if (now.holder === place.identity) return now;
  throw lockLost(
    `${capitalize(nameOf(place))} was taken over by ${nameHolder(now)}, since this process gave no sign of life for too long.`,
  );
}

// What cannot be given back expires by itself; a pass that is done must not fail by it.
async function releaseLease(place: Place, last: LeaseRecord): Promise<void> {
  try {
    // A sign of life that the API server took late has made another version of it.
    if (!(await clearLease(place, last))) await clearLease(place, await readOwn(place));
  } catch (error) {
    if (!isToolError(error)) throw error;
    place.onWait?.(
      `${capitalize(nameOf(place))} could not be given back and expires by itself. ${error.message}`,
    );
  }
}

async function clearLease(place: Place, record: LeaseRecord): Promise<boolean> {
  const { acquired, transitions, version } = record;
  const content: LeaseContent = {
    holder: null,
    durationSeconds: 1,
    renewed: place.clock.now().toISOString(),
    acquired,
    transitions,
  };
  return (await place.store.replaceLease(place.lease, version, content)) !== null;
}

function locked(place: Place, record: LeaseRecord): ToolError {
  const since = record.acquired === null ? '' : ` (since ${record.acquired})`;
  return new ToolError(
    'APPLY_LOCKED',
    `${nameHolder(record)}${since} is applying; the lock is ${nameOf(place)}.`,
    {
      disposition: 'retry',
      hint: 'Wait until it has ended; the lock of one that died is taken over by itself.',
    },
  );
}

/** The pod's name, without what tells its processes apart. */
function nameHolder({ holder }: LeaseRecord): string {
  return holder === null || holder === '' ? 'Nobody' : holder.replace(/_[^_]*$/, '');
}

function nameOf({ lease, store }: Place): string {
  return `the Lease ${store.namespace}/${lease}`;
}
