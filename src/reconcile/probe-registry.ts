import { digestOf } from '../base/digest.ts';
import { MANIFEST_MEDIA_TYPES, OCI_INDEX } from '../base/oci.ts';
import type { ProbeAnswer } from '../base/probe.ts';
import type { RegistryProbes, SampleProbes } from '../plan/doctor-types.ts';
import { recognizeProduct } from '../plan/recognize-product.ts';
import type { RegistryPort } from '../registry/port.ts';

/** An image that may be there: a repository with a tag or digest. */
export interface SampleCandidate {
  readonly repository: string;
  readonly reference: string;
}

const ACCEPT = MANIFEST_MEDIA_TYPES.join(', ');
const NOBODY = `sha256:${'0'.repeat(63)}1`;
/** Further ones would only spend requests. */
const MAX_CANDIDATES = 20;

/** Asks one registry what it can do, by HEAD and GET; the first candidate that is there is the sample. */
export async function probeRegistry(
  registry: RegistryPort,
  candidates: readonly SampleCandidate[],
  signal: AbortSignal,
): Promise<RegistryProbes> {
  function ask(path: string): Promise<ProbeAnswer> {
    return registry.probe({ method: 'GET', repository: '', path }, signal);
  }
  const ping = await ask('/v2/');
  const nothing = { ping, sample: null, catalog: null, extensions: null };
  if (ping.state === 'unknown' || ping.status !== 200) return nothing;
  const catalog = await ask('/v2/_catalog?n=1');
  const sample = await probeSample(registry, candidates, signal);
  const known = recognizeProduct(nothing);
  const extensions =
    known === null || known.name === 'distribution' ? await ask('/v2/_oci/ext/discover') : null;
  return { ping, sample, catalog, extensions };
}

async function probeSample(
  registry: RegistryPort,
  candidates: readonly SampleCandidate[],
  signal: AbortSignal,
): Promise<SampleProbes | null> {
  for (const { repository, reference } of candidates.slice(0, MAX_CANDIDATES)) {
    const path = `/v2/${repository}/manifests/${reference}`;
    const asked = { repository, path, accept: ACCEPT };
    const get = await registry.probe({ ...asked, method: 'GET' }, signal);
    if (get.state === 'unknown' || get.status !== 200) continue;
    const head = await registry.probe({ ...asked, method: 'HEAD' }, signal);
    const name = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
    return {
      name,
      head,
      get,
      ...(await probeRepository(registry, { repository, body: get.body }, signal)),
    };
  }
  return null;
}

async function probeRepository(
  registry: RegistryPort,
  { repository, body }: { readonly repository: string; readonly body: Uint8Array },
  signal: AbortSignal,
): Promise<Omit<SampleProbes, 'name' | 'head' | 'get'>> {
  const digest = digestOf(body);
  const base = `/v2/${repository}`;
  function head(reference: string): Promise<ProbeAnswer> {
    const path = `${base}/manifests/${reference}`;
    return registry.probe({ method: 'HEAD', repository, path, accept: ACCEPT }, signal);
  }
  function get(path: string, accept = 'application/json'): Promise<ProbeAnswer> {
    return registry.probe({ method: 'GET', repository, path: `${base}/${path}`, accept }, signal);
  }
  return {
    byDigest: await head(digest),
    absent: await head(NOBODY),
    referrers: await get(`referrers/${digest}`, OCI_INDEX),
    tags: await get('tags/list'),
    firstTag: await get('tags/list?n=1'),
  };
}
