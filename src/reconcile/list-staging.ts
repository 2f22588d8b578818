import type { EmitEvent } from '../base/events.ts';
import { joinNames } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import type { StagedManifest } from '../plan/judge-staged.ts';
import type { Unclear } from '../plan/staging-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { createRepositoryLister, type StagedRepository } from './list-staged.ts';
import { walkRepositories } from './walk-repositories.ts';

export interface ListStagingContext {
  readonly staging: RegistryPort;
  /** Of staging; what lies outside of it is not looked at. */
  readonly pathPrefix: string;
  /** Repository in staging → digests and tags that Git or an index names there. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

export interface StagingListing {
  readonly listing: 'catalog' | 'known';
  readonly repositories: number;
  readonly outside: number;
  readonly tags: number;
  /** In byte order of repository and digest. */
  readonly manifests: readonly StagedManifest[];
  readonly unclear: readonly Unclear[];
}

/**
 * Lists what staging holds, by HEAD and GET: what has a tag, what something names, and what either leads to: parts
 * of indexes, signatures, referrers. Manifests that nothing leads to cannot be listed. A part that cannot be told is
 * named, and hides no other.
 */
export async function listStaging(context: ListStagingContext): Promise<StagingListing> {
  const { staging, pathPrefix, named, emit, signal } = context;
  const { listed, unclear } = await listRepositories(staging, signal);
  const lookInto = createRepositoryLister(staging, signal);
  const { seen, outside } = await walkRepositories({
    listed,
    known: named.keys(),
    pathPrefix,
    lookAt: (repository) => lookInto(repository, named.get(repository) ?? new Set()),
    emit,
    signal,
  });
  const left = listed === null ? [] : listLeftOut(seen, new Set(listed), staging.host);
  return {
    listing: listed === null ? 'known' : 'catalog',
    repositories: seen.length,
    outside,
    tags: seen.reduce((sum, found) => sum + found.tags, 0),
    manifests: seen.flatMap((found) => found.manifests),
    unclear: [...unclear, ...left, ...seen.flatMap((found) => found.unclear)],
  };
}

async function listRepositories(
  staging: RegistryPort,
  signal: AbortSignal,
): Promise<{ readonly listed: readonly string[] | null; readonly unclear: readonly Unclear[] }> {
  try {
    const listed = await staging.listRepositories(signal);
    if (listed !== null) return { listed, unclear: [] };
    return { listed, unclear: [noListing(staging.host)] };
  } catch (error) {
    if (signal.aborted || !isToolError(error)) throw error;
    const { message, hint } = error;
    const next = hint ?? 'Repeat the check once staging answers.';
    return { listed: null, unclear: [{ kind: 'listing', subject: staging.host, message, next }] };
  }
}

// Some registries give a list of what the user may browse, or an empty one, where others refuse.
function listLeftOut(
  seen: readonly StagedRepository[],
  listed: ReadonlySet<string>,
  host: string,
): readonly Unclear[] {
  const names = new Set(seen.flatMap(({ manifests }) => manifests.map((it) => it.repository)));
  const left = [...names].filter((name) => !listed.has(name));
  if (left.length === 0) return [];
  const { kind, subject, next } = noListing(host);
  const message = `${host} leaves out of its list of repositories what it holds (${joinNames(left)}), so it may hold more that nobody looked at.`;
  return [{ kind, subject, message, next }];
}

function noListing(host: string): Unclear {
  return {
    kind: 'listing',
    subject: host,
    message: `${host} does not list its repositories to this user, so it may hold images that nobody looked at.`,
    next: `Let the credentials that olmirror finds for ${host} list them (GET /v2/_catalog): those of an administrator, or a product's setting for it. \`olmirror doctor\` says what the registry answers.`,
  };
}
