import type { Catalog } from '../catalog/types.ts';
import type { Follower } from '../cluster/list-followers.ts';
import type { PackageUse } from '../manifest/types.ts';
import type { CatalogUser } from '../plan/retirement-types.ts';

interface NamedSource {
  readonly name: string;
  readonly namespace: string;
}

/** How clusters see one catalog. */
export interface SeenCatalog {
  readonly name: string;
  readonly catalog: Catalog;
  readonly sources: readonly NamedSource[];
  /** Names of its ClusterCatalogs. */
  readonly clusterCatalogs: readonly string[];
}

export interface UserContext {
  readonly retired: SeenCatalog;
  readonly others: readonly SeenCatalog[];
  /** The manifest says by which CatalogSource clusters see the catalog: no other name can be its. */
  readonly named: boolean;
  /** CatalogSources of clusters that serve none of these catalogs. */
  readonly elsewhere: readonly string[];
  /** Those of which nobody can say whether they serve the retired one. */
  readonly unclear: readonly string[];
}

interface Use extends Omit<CatalogUser, 'why' | 'advice'> {
  readonly kind: Follower['kind'];
  readonly sourceNamespace: string | null;
}

/** What follows a catalog: it names an object of it, or it may do so for all that is known, or could be served by no other. */
export function findCatalogUsers(
  {
    uses,
    followers,
  }: { readonly uses: readonly PackageUse[]; readonly followers: readonly Follower[] },
  context: UserContext,
): readonly CatalogUser[] {
  return [...uses.map(fromInUse), ...followers.map(fromObject)].flatMap((use) => {
    const why = judgeUse(use, context);
    if (why === null) return [];
    const { kind, sourceNamespace: _, ...user } = use;
    const advice = advise(use, kind, context);
    return [{ ...user, why: why === 'named' ? null : why, advice }];
  });
}

function fromInUse(raw: PackageUse): Use {
  const { cluster, seen, user, package: name, bundle, source, sourceNamespace } = raw;
  const kind = user.startsWith('Subscription ') ? 'Subscription' : 'ClusterExtension';
  const rest = { package: name, bundle, source, sourceNamespace };
  return { kind, cluster, file: null, seen, user, ...rest };
}

function fromObject(follower: Follower): Use {
  const { kind, file, user, package: name, bundle, source, sourceNamespace } = follower;
  const rest = { package: name, bundle, source, sourceNamespace };
  return { kind, cluster: null, file, seen: null, user, ...rest };
}

/** `named`, a sentence that says why it counts all the same, or null where it does not follow the catalog. */
function judgeUse(use: Use, context: UserContext): string | null {
  const { retired, others, named, elsewhere, unclear } = context;
  if (use.source !== null) {
    if (namesCatalog(use, retired)) return 'named';
    const isKnown =
      elsewhere.includes(use.source) || others.some((other) => namesCatalog(use, other));
    if (unclear.includes(use.source))
      return `${use.source} names a digest, so which catalog it serves cannot be told.`;
    if (isKnown || named || !retired.catalog.packages.has(use.package)) return null;
    return `Nobody says which catalog ${use.source} is, and ${retired.name} has ${use.package}.`;
  }
  if (!retired.catalog.packages.has(use.package)) return null;
  if (use.kind === 'Subscription')
    return `Which catalog it follows is not written down, and ${retired.name} has ${use.package}.`;
  // OLM v1 takes a package from any catalog.
  if (others.some(({ catalog }) => hasWhatItNeeds(catalog, use))) return null;
  return `It selects no catalog, and no other one has ${use.bundle ?? use.package}.`;
}

function namesCatalog({ kind, source, sourceNamespace }: Use, seen: SeenCatalog): boolean {
  if (kind === 'ClusterExtension') return seen.clusterCatalogs.some((name) => name === source);
  return seen.sources.some(
    ({ name, namespace }) =>
      name === source && (sourceNamespace === null || sourceNamespace === namespace),
  );
}

function hasWhatItNeeds({ packages }: Catalog, { package: name, bundle }: Use): boolean {
  const pkg = packages.get(name);
  return pkg !== undefined && (bundle === null || pkg.bundles.some((it) => it.name === bundle));
}

function advise(use: Use, kind: Follower['kind'], { others }: UserContext): string {
  const other = others.find(({ catalog }) => catalog.packages.has(use.package));
  const then = use.cluster === null ? '' : ', then correct in-use.yaml';
  if (other === undefined)
    return `No other catalog has ${use.package}: uninstall the operator${then}, or keep this catalog.`;
  const target =
    (kind === 'Subscription' ? other.sources[0]?.name : other.clusterCatalogs[0]) ?? '';
  const at = target === '' ? `catalog ${other.name}` : `${target} (catalog ${other.name})`;
  if (kind === 'ClusterExtension') return `Let its selector name ${at}${then}.`;
  const [, namespace = '', name = ''] = /^Subscription (?:(.*)\/)?(.*)$/.exec(use.user) ?? [];
  const where = namespace === '' ? '' : ` -n ${namespace}`;
  return `Let it follow ${at}${then}: oc patch subscriptions.operators.coreos.com ${name}${where} --type merge -p '{"spec":{"source":"${target}"}}'`;
}
