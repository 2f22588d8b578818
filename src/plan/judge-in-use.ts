import { dayOf, hasEnded } from '../manifest/day.ts';
import type { InUse } from '../manifest/in-use.ts';
import type { ObservedCluster, UnseenKind } from '../manifest/observed-cluster.ts';
import type { InUseSettings } from '../manifest/types.ts';

/** Why nobody knows all that a cluster uses. */
export interface InUseGap {
  /** `absent`: it is not in `in-use.yaml`; `old`: it was seen too long ago, or nobody knows when; `unseen`: a kind of its objects was not. */
  readonly why: 'absent' | 'old' | 'unseen';
  readonly cluster: string;
  readonly message: string;
  readonly hint: string;
}

/** Lists what keeps `in-use.yaml` from being the whole truth on a UTC day: clusters first that the manifest names. */
export function judgeInUse(
  inUse: Pick<InUse, 'observed'>,
  { settings, now }: { readonly settings: InUseSettings; readonly now: Date },
): readonly InUseGap[] {
  const names = new Set(inUse.observed.map(({ name }) => name));
  const absent = settings.clusters.filter((name) => !names.has(name)).map(describeAbsent);
  const oldest = dayOf(new Date(now.getTime() - settings.seenWithinMilliseconds));
  const found = inUse.observed.flatMap((cluster) => [
    ...(cluster.seen !== null && cluster.seen >= oldest ? [] : [describeOld(cluster, oldest)]),
    ...cluster.unseen
      .filter((unseen) => !isWaived(unseen, { cluster, settings, today: dayOf(now) }))
      .map((unseen) => describeUnseen(cluster, unseen)),
  ]);
  return [...absent, ...found];
}

/** A look that saw neither of these saw nothing of what nodes pull, so that nothing would be proved by what it names. */
const NEEDED: readonly {
  readonly kind: string;
  readonly isMissing: (cluster: ObservedCluster) => boolean;
  readonly message: string;
}[] = [
  {
    kind: 'Pod',
    isMissing: ({ images }) => images.length === 0,
    message: 'in-use.yaml names no image of it',
  },
  {
    kind: 'ClusterVersion.config.openshift.io',
    isMissing: ({ release }) => release === null,
    message: 'in-use.yaml does not say which release it runs',
  },
];

/** Lists what was overlooked in clusters that nobody was refused anything of: where a registry is to be wiped, that is a gap too. */
export function judgeOverlooked(
  inUse: Pick<InUse, 'observed'>,
  { settings, now }: { readonly settings: InUseSettings; readonly now: Date },
): readonly InUseGap[] {
  return inUse.observed.flatMap((cluster) =>
    NEEDED.filter(
      ({ kind, isMissing }) =>
        isMissing(cluster) &&
        !cluster.unseen.some((unseen) => unseen.kind === kind) &&
        !isWaived({ kind }, { cluster, settings, today: dayOf(now) }),
    ).map(({ kind, message }) => describeUnseen(cluster, { kind, why: 'missing', message })),
  );
}

function isWaived(
  { kind }: Pick<UnseenKind, 'kind'>,
  {
    cluster,
    settings,
    today,
  }: {
    readonly cluster: ObservedCluster;
    readonly settings: InUseSettings;
    readonly today: string;
  },
): boolean {
  return settings.waivers.some(
    (waiver) =>
      waiver.kind === kind &&
      (waiver.cluster === null || waiver.cluster === cluster.name) &&
      !hasEnded(waiver.until, today),
  );
}

function describeAbsent(cluster: string): InUseGap {
  return {
    why: 'absent',
    cluster,
    message: `Cluster ${cluster} is under spec.inUse.clusters, but not in in-use.yaml: nobody knows what it uses.`,
    hint: `Look at it with \`olmirror in-use\`, or take it out of spec.inUse.clusters if it is gone.`,
  };
}

function describeOld({ name, seen }: ObservedCluster, oldest: string): InUseGap {
  return {
    why: 'old',
    cluster: name,
    message:
      seen === null
        ? `in-use.yaml does not say when cluster ${name} was looked at.`
        : `Cluster ${name} was last looked at on ${seen}; spec.inUse.seenWithin asks for ${oldest} or later.`,
    hint: 'Look at it again with `olmirror in-use`.',
  };
}

function describeUnseen({ name }: ObservedCluster, { kind, why, message }: UnseenKind): InUseGap {
  const reason = message === null ? why : `${why}: ${message}`;
  return {
    why: 'unseen',
    cluster: name,
    message: `Objects of the kind ${kind} in cluster ${name} could not be looked at (${reason}).`,
    hint: `Look at it again with the rights that deploy/kubernetes/in-use-rbac.yaml grants, or waive ${kind} under spec.inUse.waivers with reason, by and until.`,
  };
}
