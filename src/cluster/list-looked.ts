import type { UnseenKind } from '../manifest/observed-cluster.ts';
import { KINDS_IN_USE, nameRefused } from './kinds-in-use.ts';
import { MIRROR_KINDS } from './mirror-rules.ts';
import type { ClusterObject, EmptyList } from './read-objects.ts';

/** Sections of `in-use.yaml` that one look replaces as a whole, by the kinds that are the whole truth of them. */
const SECTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  release: new Set(['ClusterVersion']),
  subscriptions: new Set(['Subscription']),
  clusterExtensions: new Set(['ClusterExtension']),
  bundles: new Set(['ClusterServiceVersion', 'InstallPlan']),
  mirrors: MIRROR_KINDS,
};

export interface LookedAt {
  readonly objects: readonly Pick<ClusterObject, 'apiVersion' | 'kind'>[];
  readonly empty: readonly EmptyList[];
  readonly unseen: readonly UnseenKind[];
  /** Every kind was asked for: what is not there is not in the cluster. */
  readonly whole: boolean;
}

export interface LookedSections {
  readonly looked: ReadonlySet<string>;
  /** What `in-use.yaml` says of these stays. */
  readonly untouched: readonly string[];
  /** Lists without items that do not say what was looked for. */
  readonly silent: readonly SilentList[];
}

/** `kind`: nothing says of which kind it is; `namespace`: it is of one namespace alone. */
export interface SilentList {
  readonly file: string;
  readonly why: 'kind' | 'namespace';
}

/**
 * Which sections were looked at: those of which there is an object, and those of which every kind was listed and the list is empty. Such a list
 * tells by its own kind (`SubscriptionList`), or by its path in a must-gather; a `List` without items tells nothing.
 */
export function listLooked({ objects, empty, unseen, whole }: LookedAt): LookedSections {
  const present = new Set(objects.filter(isKnown).map(({ kind }) => kind));
  const judged = empty.map((list) => ({ list, told: judgeEmpty(list) }));
  const listed = new Set(judged.flatMap(({ told }) => ('kind' in told ? [told.kind] : [])));
  const refused = new Set(unseen.map(({ kind }) => kind.split('.', 1)[0] ?? ''));
  const looked = Object.entries(SECTIONS)
    .filter(([, kinds]) => {
      const all = [...kinds];
      if (all.some((kind) => present.has(kind))) return true;
      return whole ? !all.some((kind) => refused.has(kind)) : all.every((kind) => listed.has(kind));
    })
    .map(([section]) => section);
  return {
    looked: new Set(looked),
    untouched: Object.keys(SECTIONS).filter((section) => !looked.includes(section)),
    silent: judged.flatMap(({ list, told }) =>
      'why' in told ? [{ file: list.file, why: told.why }] : [],
    ),
  };
}

type Told = { readonly kind: string } | { readonly why: SilentList['why'] };

function judgeEmpty({ apiVersion, kind, file }: EmptyList): Told {
  const [, scope, group = '', plural = ''] =
    /(?:^|\/)(cluster-scoped-resources|namespaces\/[^/]+)\/([^/]+)\/([^/]+)\.(?:ya?ml|json)$/.exec(
      file,
    ) ?? [];
  if (scope?.startsWith('namespaces/') === true) return { why: 'namespace' };
  const own = kind.replace(/List$/, '');
  if (own !== '') return { kind: isKnown({ apiVersion, kind: own }) ? own : '' };
  if (scope === undefined) return { why: 'kind' };
  const name = nameRefused(plural, group === 'core' ? '' : group);
  return { kind: name?.split('.', 1)[0] ?? '' };
}

// Others have kinds of these names too, such as Subscription of messaging.knative.dev.
function isKnown({ apiVersion, kind }: Pick<ClusterObject, 'apiVersion' | 'kind'>): boolean {
  const group = apiVersion.includes('/') ? apiVersion.split('/', 1)[0] : '';
  return KINDS_IN_USE.some((one) => one.kind === kind && one.group === group);
}
