import pLimit from 'p-limit';
import type { Digest } from '../base/digest.ts';
import type { Presence } from '../base/presence.ts';
import { compareNatural } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { formatProtectTag } from '../images/list-wanted.ts';
import type { WantedImage } from '../images/types.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import type { ExplainedPlace, ExplainedPlatform } from '../plan/explain-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { readChildren } from './read-children.ts';

/** What is looked for in a registry. */
export type Placeable = Pick<
  WantedImage,
  'digest' | 'tag' | 'repository' | 'demandedTags' | 'arrivalTags'
>;

/** Where an image is in the registry of a role, under which tags, and with which platforms. */
export type PlaceFinder = (image: Placeable, role: RoleName) => Promise<ExplainedPlace>;

/** Tags of one repository that are asked where they point: a release has hundreds in one. */
const MOST_TAGS = 100;
const REQUESTS_AT_ONCE = 16;

/** Makes a finder that lists the tags of a repository once, and asks each of them once. */
export function createPlaceFinder(
  registries: PerRole<RegistryPort>,
  signal: AbortSignal,
): PlaceFinder {
  const looks = { production: look(registries.production), staging: look(registries.staging) };
  function look(registry: RegistryPort): Look {
    const limit = pLimit(REQUESTS_AT_ONCE);
    return {
      registry,
      head: memo((name) => limit(() => headNamed(registry, name, signal))),
      listTags: memo((repository) => listTags(registry, repository, signal)),
    };
  }
  return (image, role) => findPlace(image, role, looks[role]);
}

interface Look {
  readonly registry: RegistryPort;
  /** By `repository reference`. */
  readonly head: (name: string) => Promise<Presence>;
  readonly listTags: (repository: string) => Promise<TagList>;
}

interface TagList {
  readonly tags: readonly string[];
  readonly fault: string | null;
}

function memo<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const answer = known.get(key) ?? ask(key);
    known.set(key, answer);
    return answer;
  };
}

function headNamed(registry: RegistryPort, name: string, signal: AbortSignal): Promise<Presence> {
  const [repository = '', reference = ''] = name.split(' ');
  return registry.headManifest(repository, reference, signal);
}

async function listTags(
  registry: RegistryPort,
  repository: string,
  signal: AbortSignal,
): Promise<TagList> {
  try {
    return { tags: await registry.listTags(repository, signal), fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { tags: [], fault: error.message };
  }
}

async function findPlace(image: Placeable, role: RoleName, look: Look): Promise<ExplainedPlace> {
  const { host } = look.registry;
  const repository = image.repository[role];
  const reference = image.digest ?? image.tag ?? 'latest';
  const place = { role, host, repository, reference };
  const head = await look.head(`${repository} ${reference}`);
  if (head.state !== 'present') {
    const message = head.state === 'unknown' ? head.message : null;
    return { ...place, ...NOTHING, state: head.state, message };
  }
  const { digest } = head;
  const tags = await findTags(image, { repository, digest }, look);
  const { platforms, fault } = await findPlatforms(repository, digest, look);
  const message = tags.message ?? fault;
  return { ...place, state: 'present', digest, ...tags, platforms, message };
}

const NOTHING = { digest: null, tags: [], tagsComplete: true, platforms: [] } as const;

async function findTags(
  image: Placeable,
  { repository, digest }: { readonly repository: string; readonly digest: Digest },
  look: Look,
): Promise<Pick<ExplainedPlace, 'tags' | 'tagsComplete' | 'message'>> {
  const listed = await look.listTags(repository);
  const own = [
    ...(image.tag === null ? [] : [image.tag]),
    ...image.demandedTags,
    ...image.arrivalTags,
    formatProtectTag(digest, false),
    formatProtectTag(digest, true),
  ];
  const candidates = listed.tags.filter((tag) => mayName(tag, digest));
  // Where the list is there, what it lacks need not be asked.
  const known = listed.fault === null ? new Set(candidates) : null;
  const all = [...new Set([...own, ...candidates])].filter((tag) => known?.has(tag) !== false);
  const asked = all.slice(0, MOST_TAGS);
  const heads = await Promise.all(asked.map((tag) => look.head(`${repository} ${tag}`)));
  const unclear = heads.find((head) => head.state === 'unknown');
  const tags = asked.filter((_, i) => {
    const head = heads[i];
    return head?.state === 'present' && head.digest === digest;
  });
  return {
    tags: tags.toSorted(compareNatural),
    tagsComplete: listed.fault === null && asked.length === all.length && unclear === undefined,
    message: listed.fault ?? (unclear?.state === 'unknown' ? unclear.message : null),
  };
}

// A tag that is named after another digest, or belongs to it, points there.
function mayName(tag: string, digest: Digest): boolean {
  const named = /^(?:sha256|olmirror)-([0-9a-f]{64})\b/.exec(tag)?.[1];
  return named === undefined || digest === `sha256:${named}`;
}

async function findPlatforms(
  repository: string,
  digest: Digest,
  { registry, head }: Look,
): Promise<{ readonly platforms: readonly ExplainedPlatform[]; readonly fault: string | null }> {
  try {
    const { children } = await readChildren(registry, repository, digest);
    const heads = await Promise.all(children.map((child) => head(`${repository} ${child.digest}`)));
    const platforms = children.map((child, i) => ({
      ...child,
      state: heads[i]?.state ?? 'unknown',
    }));
    return { platforms, fault: null };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { platforms: [], fault: error.message };
  }
}
