import type { WantedImage } from '../images/types.ts';
import type { RoleName } from '../manifest/types.ts';
import type { Judgement, RepositoryAdvice } from './advice-types.ts';
import {
  type HeldBooks,
  type HeldImage,
  type HeldRepository,
  joinBlobs,
  OTHER_ROLE,
  standsAlone,
  sumBlobs,
} from './held.ts';

export interface RepositoryFacts {
  readonly held: HeldBooks;
  /** What Git and the indexes in staging that are not merged ask for. */
  readonly asked: readonly Pick<WantedImage, 'repository' | 'digest' | 'tag'>[];
  /** Keys `role repository` of the indexes. */
  readonly indexes: ReadonlySet<string>;
  /** The same of indexes in staging whose delivery is not in production yet, or of which nobody knows. */
  readonly waiting: ReadonlySet<string>;
  readonly unsure: ReadonlySet<string>;
  /** Repository in production of the backups of Git. */
  readonly backup: string | null;
  /** Digests of indexes that were taken in. */
  readonly takenIn: ReadonlySet<string>;
  /** Keys of the repositories that clusters pull from, as far as `in-use.yaml` says. */
  readonly pulled: ReadonlySet<string>;
  /** `repository@digest` of what relocate takes along of each registry; null where nobody knows. */
  readonly kept: ReadonlySet<string> | null;
}

/** What may be done with each repository of both registries, and why. Those without content are left out. */
export function judgeRepositories(facts: RepositoryFacts): readonly RepositoryAdvice[] {
  return (['production', 'staging'] as const).flatMap((role) => {
    const asked = indexAsked(facts.asked, role);
    return facts.held[role].repositories
      .filter(({ images, unclear }) => images.length > 0 || unclear.length > 0)
      .map((entry) => judge({ role, entry, asked }, facts));
  });
}

export function formatPlace(role: RoleName, repository: string): string {
  return `${role} ${repository}`;
}

interface Subject {
  readonly role: RoleName;
  readonly entry: HeldRepository;
  /** By `repository@digest` and `repository:tag` of the role. */
  readonly asked: ReadonlyMap<string, RepositoryFacts['asked'][number]>;
}

function indexAsked(images: RepositoryFacts['asked'], role: RoleName): Subject['asked'] {
  return new Map(
    images.map((image) => {
      const { repository, digest, tag } = image;
      return [
        `${repository[role]}${digest === null ? `:${tag ?? 'latest'}` : `@${digest}`}`,
        image,
      ];
    }),
  );
}

function judge(subject: Subject, facts: RepositoryFacts): RepositoryAdvice {
  const { role, entry } = subject;
  const { repository, images, unread } = entry;
  const book = facts.held[role];
  const bytes = sumBlobs(joinBlobs(images.map((image) => book.blobsOf(image))));
  const [append, relocate] =
    role === 'staging'
      ? [judgeStaging(subject, facts), becomesProduction(entry)]
      : [judgeProduction(subject, facts), judgeLeft(subject, facts)];
  return {
    role,
    repository,
    images: images.filter(standsAlone).length,
    bytes: unread.length > 0 ? null : bytes,
    append,
    relocate,
  };
}

function findAsked(image: HeldImage, { asked }: Subject): RepositoryFacts['asked'][number] | null {
  const { repository, digest, tags } = image;
  const byTag = tags.flatMap((tag) => asked.get(`${repository}:${tag}`) ?? []);
  return asked.get(`${repository}@${digest}`) ?? byTag[0] ?? null;
}

function becomesProduction({ images }: HeldRepository): Judgement {
  const { length } = images.filter(standsAlone);
  return { verdict: 'keep', reason: 'becomes-production', images: length };
}

function judgeStaging(subject: Subject, facts: RepositoryFacts): Judgement {
  const { entry } = subject;
  const place = formatPlace('staging', entry.repository);
  const own = entry.images.filter(standsAlone);
  if (facts.waiting.has(place)) return { verdict: 'keep', reason: 'waiting', images: own.length };
  const lacking = own.filter((image) => !isThere(image, subject, facts));
  const needed = lacking.filter((image) => findAsked(image, subject) !== null);
  if (needed.length > 0) return { verdict: 'keep', reason: 'only-copy', images: needed.length };
  if (facts.pulled.has(place)) return { verdict: 'keep', reason: 'in-use', images: own.length };
  if (entry.unclear.length > 0 || facts.unsure.has(place)) return UNANSWERED;
  if (lacking.length > 0)
    return { verdict: 'decide', reason: 'unexplained', images: lacking.length };
  return { verdict: 'clean', reason: 'in-production', images: own.length };
}

const UNANSWERED: Judgement = { verdict: 'unknown', reason: 'unanswered', images: 0 };

/** Production has it where Git wants it, or somewhere where Git does not say. */
function isThere(image: HeldImage, subject: Subject, { held, takenIn }: RepositoryFacts): boolean {
  const other = OTHER_ROLE[subject.role];
  const asked = findAsked(image, subject);
  if (asked === null) return held[other].holds(image.digest) || takenIn.has(image.digest);
  const found = held[other].find(asked.repository[other], asked.digest ?? asked.tag ?? 'latest');
  return typeof found !== 'string';
}

function judgeProduction(subject: Subject, facts: RepositoryFacts): Judgement {
  const { entry } = subject;
  const own = entry.images.filter(standsAlone);
  if (facts.indexes.has(formatPlace('production', entry.repository)))
    return { verdict: 'keep', reason: 'index', images: own.length };
  if (facts.backup === entry.repository)
    return { verdict: 'keep', reason: 'backup', images: own.length };
  const wanted = own.filter((image) => findAsked(image, subject) !== null);
  if (wanted.length > 0) return { verdict: 'keep', reason: 'wanted', images: wanted.length };
  if (facts.pulled.has(formatPlace('production', entry.repository)))
    return { verdict: 'keep', reason: 'in-use', images: own.length };
  if (entry.unclear.length > 0) return UNANSWERED;
  return { verdict: 'decide', reason: 'unexplained', images: own.length };
}

/** Of a repository in production once what is in use is in staging. */
function judgeLeft(subject: Subject, facts: RepositoryFacts): Judgement {
  const { entry } = subject;
  const own = entry.images.filter(standsAlone);
  const { kept } = facts;
  if (kept === null) return { verdict: 'unknown', reason: 'use-unknown', images: own.length };
  if (entry.unclear.length > 0) return UNANSWERED;
  const taken = own.filter(({ repository, digest }) => kept.has(`${repository}@${digest}`));
  if (taken.length > 0) return { verdict: 'clean', reason: 'moves', images: taken.length };
  const ours =
    facts.indexes.has(formatPlace('production', entry.repository)) ||
    facts.backup === entry.repository;
  const strange = ours ? [] : own.filter((image) => findAsked(image, subject) === null);
  return strange.length > 0
    ? { verdict: 'decide', reason: 'unexplained', images: strange.length }
    : { verdict: 'clean', reason: 'unused', images: own.length };
}
