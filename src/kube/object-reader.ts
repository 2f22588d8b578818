import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../base/clock.ts';
import { isToolError } from '../base/tool-error.ts';
import { keepNeeded, nameKind } from './keep-needed.ts';
import {
  describeReply,
  isObject,
  type KubeClient,
  type KubeReply,
  openKubeClient,
} from './kube-client.ts';
import type { KindReading, LiveObject, ObjectKind, ObjectReader } from './port.ts';

export interface ObjectReaderOptions {
  readonly readConfig: () => KubeConfig;
  readonly clock: Clock;
  /** Of one request. */
  readonly timeoutMilliseconds: number;
  /** Objects in one answer. */
  readonly pageSize: number;
}

/** How often a list is begun again after its continue token expired, and a request sent again after 429 or 5xx. */
const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 1_000;

/** Where the objects of a kind are: `/apis/GROUP/VERSION/PLURAL`. */
interface Place {
  readonly apiVersion: string;
  readonly kind: string;
  readonly path: string;
}

type Unread = Exclude<KindReading, { readonly outcome: 'read' }>;

interface Reading {
  readonly options: ObjectReaderOptions;
  readonly client: KubeClient;
  readonly signal: AbortSignal;
}

/** Reads objects of a cluster in pages. */
export function openObjectReader(options: ObjectReaderOptions): ObjectReader {
  const client = openKubeClient(options);
  return {
    server: client.server,
    async readKind(kind, signal) {
      const reading: Reading = { options, client, signal };
      try {
        const place = await findPlace(reading, kind);
        return 'outcome' in place ? place : await listAll(reading, place);
      } catch (error) {
        if (!isToolError(error, 'KUBE_UNREACHABLE')) throw error;
        // Only what stands behind one group may be away: then the API server itself still answers.
        await client.get('/api/v1', signal);
        return { outcome: 'failed', message: error.message };
      }
    },
  };
}

// The version that the API server prefers, or the first that has the kind.
async function findPlace(
  reading: Reading,
  { group, kind, namespace }: ObjectKind,
): Promise<Place | Unread> {
  const versions = group === '' ? ['v1'] : await listVersions(reading, { group, kind });
  if ('outcome' in versions) return versions;
  for (const apiVersion of versions) {
    const path = group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
    const reply = await ask(reading, path);
    if (reply.status === 404) continue;
    if (reply.status !== 200) return unread(reply, { group, kind });
    const plural = findPlural(reply.body, kind);
    const scope = namespace === undefined ? path : `${path}/namespaces/${namespace}`;
    if (plural !== null) return { apiVersion, kind, path: `${scope}/${plural}` };
  }
  return missing({ group, kind });
}

async function listVersions(
  reading: Reading,
  kind: ObjectKind,
): Promise<readonly string[] | Unread> {
  const reply = await ask(reading, `/apis/${encodeURIComponent(kind.group)}`);
  if (reply.status === 404) return missing(kind);
  if (reply.status !== 200 || !isObject(reply.body)) return unread(reply, kind);
  const { preferredVersion, versions } = reply.body;
  const all = [preferredVersion, ...(Array.isArray(versions) ? versions : [])];
  const names = all.flatMap((one: unknown) =>
    isObject(one) && typeof one['groupVersion'] === 'string' ? [one['groupVersion']] : [],
  );
  return [...new Set(names)];
}

function findPlural(body: unknown, kind: string): string | null {
  const resources = isObject(body) && Array.isArray(body['resources']) ? body['resources'] : [];
  for (const resource of resources) {
    if (!isObject(resource) || resource['kind'] !== kind) continue;
    const { name } = resource;
    // Others of the kind are parts of it: `pods/status`.
    if (typeof name === 'string' && !name.includes('/')) return name;
  }
  return null;
}

async function listAll(reading: Reading, place: Place): Promise<KindReading> {
  let last: KindReading | 'expired' = 'expired';
  for (let attempt = 0; attempt < ATTEMPTS && last === 'expired'; attempt += 1)
    last = await listOnce(reading, place);
  if (last !== 'expired') return last;
  return {
    outcome: 'failed',
    message: `The list of ${place.kind} expired ${ATTEMPTS} times before its end was read (410).`,
  };
}

// Pages of one list are of one moment; the API server keeps that moment for some minutes only.
async function listOnce(reading: Reading, place: Place): Promise<KindReading | 'expired'> {
  const objects: LiveObject[] = [];
  let token = '';
  do {
    const query = new URLSearchParams({ limit: String(reading.options.pageSize) });
    if (token !== '') query.set('continue', token);
    const reply = await ask(reading, `${place.path}?${query.toString()}`);
    if (reply.status === 410) return 'expired';
    if (reply.status !== 200) return unread(reply, kindOf(place));
    if (!isObject(reply.body) || !Array.isArray(reply.body['items']))
      return { outcome: 'failed', message: `What ${place.path} gave is no list.` };
    objects.push(...reply.body['items'].flatMap((item) => keepNeeded(item, place) ?? []));
    token = readToken(reply.body);
  } while (token !== '');
  return { outcome: 'read', objects };
}

function readToken(body: Readonly<Record<string, unknown>>): string {
  const { metadata } = body;
  return isObject(metadata) && typeof metadata['continue'] === 'string' ? metadata['continue'] : '';
}

// The API server sheds load with 429, and what stands behind it may start anew.
async function ask({ client, options, signal }: Reading, path: string): Promise<KubeReply> {
  let reply = await client.get(path, signal);
  for (let attempt = 1; attempt < ATTEMPTS && isPassing(reply.status); attempt += 1) {
    await options.clock.sleep(PAUSE_MILLISECONDS * attempt, signal);
    reply = await client.get(path, signal);
  }
  return reply;
}

function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function unread(reply: KubeReply, kind: ObjectKind): Unread {
  if (reply.status === 404) return missing(kind);
  const message = `${nameKind(kind)} could not be listed: ${describeReply(reply)}.`;
  return { outcome: reply.status === 403 ? 'forbidden' : 'failed', message };
}

function missing(kind: ObjectKind): Unread {
  return { outcome: 'missing', message: `The API server knows no ${nameKind(kind)}.` };
}

function kindOf({ apiVersion, kind }: Place): ObjectKind {
  const [group = '', version] = apiVersion.split('/');
  return { group: version === undefined ? '' : group, kind };
}
