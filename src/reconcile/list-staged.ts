import type { Digest } from '../base/digest.ts';
import { isDigest } from '../base/digest.ts';
import { isIndexManifest, OCI_MANIFEST, parseManifestBody } from '../base/oci.ts';
import { compareBytes } from '../base/text.ts';
import { isToolError, type ToolError } from '../base/tool-error.ts';
import { isReferrersTag, parseDigestTag } from '../images/attached.ts';
import type { AttachedKind } from '../images/types.ts';
import type { StagedManifest } from '../plan/judge-staged.ts';
import type { Unclear } from '../plan/staging-types.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface StagedRepository {
  readonly tags: number;
  /** In byte order of digest. */
  readonly manifests: readonly StagedManifest[];
  readonly unclear: readonly Unclear[];
}

/** `named`: digests and tags that are looked for besides those that are listed. */
export type ListRepository = (
  repository: string,
  named: ReadonlySet<string>,
) => Promise<StagedRepository>;

/** Makes what lists one repository of a registry. The referrers API is asked until the registry turns out to have none. */
export function createRepositoryLister(
  registry: RegistryPort,
  signal: AbortSignal,
): ListRepository {
  const api = { isThere: true };
  return async (repository, named) => {
    const look: Look = { registry, signal, repository, api, found: new Map(), unclear: [] };
    const tags = await listTags(look);
    await Promise.all(
      [...new Set([...tags, ...named])].map((reference) => addNamed(reference, look)),
    );
    await expandAll([...look.found.keys()], look);
    attachByTags(look);
    const manifests = [...look.found.values()]
      .map(closeManifest)
      .toSorted((a, b) => compareBytes(a.digest, b.digest));
    return { tags: tags.length, manifests, unclear: look.unclear };
  };
}

interface Found {
  readonly repository: string;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly tags: string[];
  readonly partOf: Set<Digest>;
  readonly attachedTo: Map<Digest, AttachedKind>;
  /** An index as signing tools write it where there is no referrers API. */
  listsArtifacts: boolean;
  isReferrersList: boolean;
}

interface Look {
  readonly registry: RegistryPort;
  readonly signal: AbortSignal;
  readonly repository: string;
  readonly api: { isThere: boolean };
  readonly found: Map<Digest, Found>;
  readonly unclear: Unclear[];
}

async function listTags(look: Look): Promise<readonly string[]> {
  try {
    return await look.registry.listTags(look.repository, look.signal);
  } catch (error) {
    noteUnclear(look, error, { kind: 'tags', subject: formatPlace(look) });
    return [];
  }
}

/** Adds what a tag or digest holds, if it is there; what is listed and not there any more is not lost here. */
async function addNamed(reference: string, look: Look): Promise<Found | null> {
  const { registry, repository, found, signal } = look;
  const known = isDigest(reference) ? found.get(reference) : undefined;
  if (known !== undefined) return known;
  const presence = await registry.headManifest(repository, reference, signal);
  if (presence.state === 'absent') return null;
  if (presence.state === 'unknown') {
    // A repository that tells nothing is named once.
    if (look.unclear.some(({ kind }) => kind === 'tags')) return null;
    const subject = formatPlace(look, reference);
    const next = presence.hint ?? 'Repeat the check once staging answers for it.';
    look.unclear.push({ kind: 'manifest', subject, message: presence.message, next });
    return null;
  }
  const entry = found.get(presence.digest) ?? openFound(repository, presence);
  found.set(presence.digest, entry);
  if (!isDigest(reference)) entry.tags.push(reference);
  return entry;
}

function openFound(
  repository: string,
  { digest, mediaType }: { readonly digest: Digest; readonly mediaType: string },
): Found {
  return {
    repository,
    digest,
    mediaType,
    tags: [],
    partOf: new Set(),
    attachedTo: new Map(),
    listsArtifacts: false,
    isReferrersList: false,
  };
}

// What was found leads to more, until there is nothing new.
async function expandAll(digests: readonly Digest[], look: Look): Promise<void> {
  look.signal.throwIfAborted();
  const before = new Set(look.found.keys());
  const below = await Promise.all(digests.map((digest) => expand(digest, look)));
  const fresh = [...new Set(below.flat())].filter((digest) => !before.has(digest));
  if (fresh.length > 0) await expandAll(fresh, look);
}

async function expand(digest: Digest, look: Look): Promise<readonly Digest[]> {
  const entry = look.found.get(digest);
  if (entry === undefined) return [];
  const [parts, referrers] = await Promise.all([
    listParts(entry, look),
    listReferrers(digest, look),
  ]);
  for (const part of parts) part.partOf.add(digest);
  for (const referrer of referrers) referrer.attachedTo.set(digest, 'referrer');
  return [...parts, ...referrers].map((it) => it.digest);
}

const SINGLE: ReadonlySet<string> = new Set([
  OCI_MANIFEST,
  'application/vnd.docker.distribution.manifest.v2+json',
]);

async function listParts(entry: Found, look: Look): Promise<readonly Found[]> {
  if (SINGLE.has(entry.mediaType)) return [];
  try {
    const body = await look.registry.getManifest(look.repository, entry.digest);
    const value = parseManifestBody(body);
    if (!isIndexManifest(body.mediaType, value)) return [];
    entry.listsArtifacts =
      value.manifests.length > 0 &&
      value.manifests.every((child) => 'artifactType' in child || child.platform === undefined);
    return await addAll(
      value.manifests.map((child) => child.digest),
      look,
    );
  } catch (error) {
    // Gone since it was seen: somebody else empties staging.
    if (isToolError(error, 'REGISTRY_NOT_FOUND')) return [];
    noteUnclear(look, error, { kind: 'manifest', subject: formatPlace(look, entry.digest) });
    return [];
  }
}

async function listReferrers(digest: Digest, look: Look): Promise<readonly Found[]> {
  const { registry, repository, api, signal } = look;
  if (!api.isThere) return [];
  try {
    const digests = await registry.listReferrers(repository, digest, signal);
    api.isThere = digests !== null && api.isThere;
    return await addAll(digests ?? [], look);
  } catch (error) {
    const subject = `referrers of ${formatPlace(look, digest)}`;
    noteUnclear(look, error, { kind: 'manifest', subject });
    return [];
  }
}

async function addAll(digests: readonly Digest[], look: Look): Promise<readonly Found[]> {
  const added = await Promise.all(digests.map((digest) => addNamed(digest, look)));
  return added.filter((entry) => entry !== null);
}

// cosign's tags are named after the image, and so is the list of referrers where there is no API for them.
function attachByTags({ found }: Look): void {
  for (const entry of found.values()) {
    for (const tag of entry.tags) {
      const named = parseDigestTag(tag);
      if (named !== null && named.kind !== null) entry.attachedTo.set(named.digest, named.kind);
      // An image that somebody put under a wrong tag is an image all the same.
      if (named === null || !entry.listsArtifacts || entry.tags.length > 1) continue;
      if (isReferrersTag(tag, entry.digest)) listAttached(entry, named.digest, found);
    }
  }
}

function listAttached(list: Found, subject: Digest, found: ReadonlyMap<Digest, Found>): void {
  list.isReferrersList = true;
  for (const entry of found.values()) {
    if (!entry.partOf.delete(list.digest)) continue;
    if (!entry.attachedTo.has(subject)) entry.attachedTo.set(subject, 'referrer');
  }
}

function closeManifest(entry: Found): StagedManifest {
  return {
    repository: entry.repository,
    digest: entry.digest,
    tags: entry.tags.toSorted(compareBytes),
    partOf: [...entry.partOf].toSorted(compareBytes),
    attachedTo: [...entry.attachedTo].map(([digest, kind]) => ({ digest, kind })),
    isReferrersList: entry.isReferrersList,
  };
}

function formatPlace({ registry, repository }: Look, reference = ''): string {
  const mark = isDigest(reference) ? '@' : ':';
  return `${registry.host}/${repository}${reference === '' ? '' : mark}${reference}`;
}

function noteUnclear(look: Look, error: unknown, about: Pick<Unclear, 'kind' | 'subject'>): void {
  if (look.signal.aborted || !isToolError(error)) throw error;
  const { message, hint }: ToolError = error;
  look.unclear.push({
    ...about,
    message,
    next: hint ?? 'Repeat the check once staging answers for it.',
  });
}
