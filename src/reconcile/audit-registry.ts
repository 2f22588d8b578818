import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { compareBytes } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { findNamedDigest, type TagExplainer } from '../images/explain-tags.ts';
import type { Audit, ExtraHolding, UnclearHolding } from '../plan/audit-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { readChildren } from './read-children.ts';
import { readHolding } from './read-holding.ts';
import { walkRepositories } from './walk-repositories.ts';

export interface AuditContext {
  readonly production: RegistryPort;
  /** Of production; what lies outside of it is not looked at. */
  readonly pathPrefix: string;
  /** Learns what the registry says of wanted images. */
  readonly explainer: TagExplainer;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

export type AuditFindings = Pick<
  Audit,
  'listing' | 'repositories' | 'outside' | 'tags' | 'extras' | 'unclear' | 'bytes'
>;

/**
 * Looks for manifests with a tag in production that Git does not explain, by HEAD and GET. Manifests without
 * a tag cannot be listed. A part that cannot be told is named, and hides no other (promise 9).
 */
export async function auditRegistry(context: AuditContext): Promise<AuditFindings> {
  const { production, pathPrefix, explainer, emit, signal } = context;
  const listed = await production.listRepositories(signal);
  const { seen, outside } = await walkRepositories({
    listed,
    known: explainer.repositories,
    pathPrefix,
    lookAt: (repository) => lookAt(repository, context),
    emit,
    signal,
  });
  const blobs = new Map(seen.flatMap((found) => [...found.blobs]));
  return {
    listing: listed === null ? 'known' : 'catalog',
    repositories: seen.length,
    outside,
    tags: seen.reduce((sum, found) => sum + found.tags, 0),
    extras: seen.flatMap((found) => found.extras),
    unclear: seen.flatMap((found) => found.unclear),
    bytes: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}

interface RepositoryFindings {
  readonly tags: number;
  readonly extras: readonly ExtraHolding[];
  readonly unclear: readonly UnclearHolding[];
  readonly blobs: ReadonlyMap<Digest, number>;
}

async function lookAt(repository: string, context: AuditContext): Promise<RepositoryFindings> {
  const { production, explainer, signal } = context;
  const none = { tags: 0, extras: [], unclear: [], blobs: new Map<Digest, number>() };
  let tags: readonly string[];
  try {
    tags = await production.listTags(repository, signal);
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { ...none, unclear: [{ repository, tag: null, message: error.message }] };
  }
  const asked = tags.filter((tag) => !explainer.explainsTag(repository, tag));
  const { contents, unclear } = await headTags(repository, asked, context);
  const odd = contents.some(({ tag, digest }) => isExtra(repository, { tag, digest }, context));
  // Most repositories hold nothing else: only then it is worth reading what their wanted images bring.
  if (odd) await learnWanted(repository, tags, context);
  const extras = contents.filter((content) => isExtra(repository, content, context));
  const described = await describeExtras(repository, extras, production);
  return {
    tags: tags.length,
    unclear,
    extras: described.map(({ extra }) => extra),
    blobs: new Map(described.flatMap(({ blobs }) => [...blobs])),
  };
}

interface TagContent {
  readonly tag: string;
  readonly digest: Digest;
}

function isExtra(
  repository: string,
  { tag, digest }: TagContent,
  { explainer }: AuditContext,
): boolean {
  return (
    !explainer.explainsTag(repository, tag) && !explainer.explainsContent(repository, tag, digest)
  );
}

async function headTags(
  repository: string,
  tags: readonly string[],
  { production, signal }: AuditContext,
): Promise<{
  readonly contents: readonly TagContent[];
  readonly unclear: readonly UnclearHolding[];
}> {
  const contents: TagContent[] = [];
  const unclear: UnclearHolding[] = [];
  await Promise.all(
    tags.map(async (tag) => {
      const presence = await production.headManifest(repository, tag, signal);
      if (presence.state === 'present') contents.push({ tag, digest: presence.digest });
      if (presence.state === 'unknown')
        unclear.push({ repository, tag, message: presence.message });
    }),
  );
  contents.sort((a, b) => compareBytes(a.tag, b.tag));
  return { contents, unclear: unclear.toSorted((a, b) => compareBytes(a.tag ?? '', b.tag ?? '')) };
}

/** Children of wanted indexes, and what wanted tags point at. What cannot be read explains nothing. */
async function learnWanted(
  repository: string,
  tags: readonly string[],
  context: AuditContext,
): Promise<void> {
  const { production, explainer } = context;
  const wanted = tags.filter((tag) => explainer.explainsTag(repository, tag));
  const { contents } = await headTags(repository, wanted, context);
  explainer.add(
    repository,
    contents.map(({ digest }) => digest),
  );
  for (const digest of explainer.digestsOf(repository)) {
    try {
      const { children } = await readChildren(production, repository, digest);
      explainer.add(
        repository,
        children.map((child) => child.digest),
      );
    } catch (error) {
      if (!isToolError(error)) throw error;
    }
  }
}

interface Described {
  readonly extra: ExtraHolding;
  readonly blobs: ReadonlyMap<Digest, number>;
}

async function describeExtras(
  repository: string,
  contents: readonly TagContent[],
  production: RegistryPort,
): Promise<readonly Described[]> {
  const digests = [...new Set(contents.map(({ digest }) => digest))].toSorted(compareBytes);
  const described: Described[] = [];
  for (const digest of digests) {
    const tags = contents.filter((content) => content.digest === digest).map(({ tag }) => tag);
    const named = tags.map(findNamedDigest).find((name) => name !== null && name !== digest);
    const base = {
      repository,
      digest,
      tags,
      attachedTo: named !== undefined && digests.includes(named ?? digest) ? named : null,
    };
    described.push(await describeExtra(base, production));
  }
  return described;
}

async function describeExtra(
  base: Pick<ExtraHolding, 'repository' | 'digest' | 'tags' | 'attachedTo'>,
  production: RegistryPort,
): Promise<Described> {
  try {
    const { blobs, created } = await readHolding(production, base.repository, base.digest);
    const bytes = [...blobs.values()].reduce((sum, size) => sum + size, 0);
    return { extra: { ...base, bytes, created, fault: null }, blobs };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return {
      extra: { ...base, bytes: null, created: null, fault: error.message },
      blobs: new Map(),
    };
  }
}
