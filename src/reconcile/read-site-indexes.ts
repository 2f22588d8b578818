import pLimit from 'p-limit';
import type { ImageRef } from '../base/image-ref.ts';
import { compareBytes } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import type { ServedIndexImage } from '../cluster/find-served.ts';
import { parseDigestTag } from '../images/attached.ts';
import { CONFIGS_LABEL } from '../index/build-config.ts';
import { inspectIndexImage } from '../index/describe-index.ts';
import { judgeServing } from '../index/judge-serving.ts';
import { readIndexIdentity } from '../index/read-index.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import type { SurveyedIndex } from '../plan/survey-types.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface IndexQuestion {
  /** `repository:tag` that a person named: looked for in both registries. */
  readonly named: readonly Pick<ImageRef, 'repository' | 'tag' | 'digest'>[];
  /** What objects of clusters serve. */
  readonly served: readonly ServedIndexImage[];
  /** Of each role, aliases included. */
  readonly hosts: PerRole<readonly string[]>;
  /** Repositories that each registry lists; none where it lists nothing. */
  readonly listed: PerRole<readonly string[]>;
}

/** An index that was looked for, with its catalog where it could be read. */
export interface SiteIndex extends SurveyedIndex {
  readonly repository: string;
  readonly reference: string;
  readonly catalog: Catalog | null;
}

interface Candidate {
  readonly role: RoleName;
  readonly repository: string;
  readonly reference: string;
  readonly servedBy: readonly string[];
  /** Somebody named it, so that its absence is worth a line. */
  readonly asked: boolean;
}

const ROLES = ['production', 'staging'] as const;
const AT_A_TIME = 4;

/**
 * Reads the indexes of both registries: those that people and clusters name, and those in listed repositories whose name
 * says that they hold indexes. Sorted by role and name; one digest under several tags stands once.
 */
export async function readSiteIndexes(
  question: IndexQuestion,
  registries: PerRole<RegistryPort>,
  signal: AbortSignal,
): Promise<readonly SiteIndex[]> {
  const known = [...listNamed(question), ...listServed(question)];
  const found = await Promise.all(
    ROLES.map((role) => findByName(role, { question, registry: registries[role], signal })),
  );
  const candidates = joinCandidates([...known, ...found.flat()]);
  const limit = pLimit(AT_A_TIME);
  const read = await Promise.all(
    candidates.map((candidate) =>
      limit(() => {
        signal.throwIfAborted();
        return readIndex(candidate, registries[candidate.role]);
      }),
    ),
  );
  return dropRepeated(read.flat()).toSorted(
    (a, b) => compareBytes(a.role, b.role) || compareBytes(a.image, b.image),
  );
}

function listNamed({ named }: IndexQuestion): readonly Candidate[] {
  return ROLES.flatMap((role) =>
    named.map(({ repository, tag, digest }) => ({
      role,
      repository,
      reference: digest ?? tag ?? 'latest',
      servedBy: [],
      asked: true,
    })),
  );
}

function listServed({ served, hosts }: IndexQuestion): readonly Candidate[] {
  return served.flatMap(({ ref, object }) => {
    const role = ROLES.find((name) => hosts[name].includes(ref.registry));
    return role === undefined
      ? []
      : [
          {
            role,
            repository: ref.repository,
            reference: ref.digest ?? ref.tag ?? 'latest',
            servedBy: [object],
            asked: true,
          },
        ];
  });
}

interface Search {
  readonly question: IndexQuestion;
  readonly registry: RegistryPort;
  readonly signal: AbortSignal;
}

async function findByName(role: RoleName, search: Search): Promise<readonly Candidate[]> {
  const repositories = search.question.listed[role].filter((name) =>
    /(?:^|[-_/])(?:index|catalog)(?:[-_]|$)/.test(name),
  );
  const limit = pLimit(AT_A_TIME);
  const found = await Promise.all(
    repositories.map((repository) => limit(() => findTags(role, repository, search))),
  );
  return found.flat();
}

async function findTags(
  role: RoleName,
  repository: string,
  { registry, signal }: Search,
): Promise<readonly Candidate[]> {
  try {
    const tags = (await registry.listTags(repository, signal)).filter(
      (tag) => parseDigestTag(tag) === null && !/-[0-9a-f]{12}$/.test(tag),
    );
    const reading = tags.map(async (reference) => {
      const { labels } = await readIndexIdentity(registry, repository, reference);
      return labels[CONFIGS_LABEL] === undefined
        ? []
        : [{ role, repository, reference, servedBy: [], asked: false }];
    });
    return (await Promise.all(reading)).flat();
  } catch (error) {
    // A guess that leads nowhere is no news.
    if (isToolError(error)) return [];
    throw error;
  }
}

function joinCandidates(candidates: readonly Candidate[]): readonly Candidate[] {
  const groups = Map.groupBy(
    candidates,
    ({ role, repository, reference }) => `${role} ${repository} ${reference}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [
          {
            ...first,
            servedBy: [...new Set(group.flatMap(({ servedBy }) => servedBy))],
            asked: group.some(({ asked }) => asked),
          },
        ];
  });
}

async function readIndex(
  { role, repository, reference, servedBy, asked }: Candidate,
  registry: RegistryPort,
): Promise<readonly SiteIndex[]> {
  const separator = reference.startsWith('sha256:') ? '@' : ':';
  const image = `${registry.host}/${repository}${separator}${reference}`;
  const place = { role, image, repository, reference, servedBy };
  try {
    const read = await inspectIndexImage(registry, repository, reference);
    const { catalog } = parseCatalog(read.files);
    const serving = judgeServing(read);
    const bundles = [...catalog.packages.values()].map((pkg) => pkg.bundles.length);
    return [
      {
        ...place,
        digest: read.digest,
        fault: null,
        packages: bundles.length,
        bundles: bundles.reduce((sum, count) => sum + count, 0),
        serving: serving.extract === null ? 'itself' : 'extract',
        findings: serving.findings.map(({ message }) => message),
        catalog,
      },
    ];
  } catch (error) {
    if (!isToolError(error)) throw error;
    const fault = { digest: null, fault: error.message, packages: 0, bundles: 0 };
    // What was named for both registries may well be in one alone.
    if (servedBy.length === 0 && (!asked || error.code === 'REGISTRY_NOT_FOUND')) return [];
    return [{ ...place, ...fault, serving: null, findings: [], catalog: null }];
  }
}

function dropRepeated(indexes: readonly SiteIndex[]): readonly SiteIndex[] {
  const seen = new Map<string, SiteIndex>();
  for (const index of indexes) {
    const key = `${index.role} ${index.repository} ${index.digest ?? index.reference}`;
    const first = seen.get(key);
    const servedBy = [...new Set([...(first?.servedBy ?? []), ...index.servedBy])];
    seen.set(key, { ...(first ?? index), servedBy });
  }
  return [...seen.values()];
}
