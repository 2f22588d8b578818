import { compareBytes } from '../base/text.ts';
import { readDefaultChannel } from '../catalog/blob-fields.ts';
import { readHead } from '../catalog/diff-channels.ts';
import { listBundleImages } from '../catalog/list-images.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Follower } from '../cluster/list-followers.ts';
import type { MirrorRule } from '../cluster/mirror-rules.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import type {
  Hindrance,
  ImageCounts,
  SurveyedImage,
  SurveyedOperator,
  UnknownSurveyed,
} from '../plan/survey-types.ts';
import type { LayoutProbe } from './probe-layouts.ts';
import type { SiteIndex } from './read-site-indexes.ts';

/** What was seen of a site. */
export interface SiteSight {
  readonly indexes: readonly SiteIndex[];
  /** Upstream name of each reference of the catalogs that has one. */
  readonly names: ReadonlyMap<string, string>;
  readonly probes: PerRole<LayoutProbe>;
  readonly followers: readonly Follower[];
  /** Mirror rules that send nodes to staging. */
  readonly towardsStaging: readonly MirrorRule[];
  readonly hasObjects: boolean;
}

type Where = keyof ImageCounts;

/** Where each upstream image is. */
export type Whereabouts = (upstream: string) => Where;

/** What a look at a registry did not find, and what it was not told of. */
export type Unfound = Pick<LayoutProbe, 'nowhere' | 'unknown'>;

export function createWhereabouts(probes: PerRole<Unfound>): Whereabouts {
  const sets = {
    production: createStates(probes.production),
    staging: createStates(probes.staging),
  };
  return (upstream) => {
    const production = sets.production(upstream);
    const staging = sets.staging(upstream);
    // That only one of them has it is not known where the other one did not say.
    if (production === 'unknown' || staging === 'unknown') return 'unknown';
    if (production === 'present') return staging === 'present' ? 'both' : 'production';
    return staging === 'present' ? 'staging' : 'neither';
  };
}

function createStates({ nowhere, unknown }: Unfound) {
  const absent = new Set(nowhere);
  const unclear = new Set(unknown.map(({ upstream }) => upstream));
  return (upstream: string) => {
    if (absent.has(upstream)) return 'absent';
    return unclear.has(upstream) ? 'unknown' : 'present';
  };
}

interface NamedBundle {
  readonly package: string;
  readonly bundle: string;
  readonly images: readonly string[];
}

function listNamedBundles({ indexes, names }: SiteSight): readonly NamedBundle[] {
  return indexes.flatMap(({ catalog }) =>
    catalog === null
      ? []
      : [...listBundleImages(catalog)].map(({ package: pkg, bundle, image, relatedImages }) => ({
          package: pkg,
          bundle,
          images: [image, ...relatedImages].flatMap((reference) => names.get(reference) ?? []),
        })),
  );
}

/** What is known of each operator, in byte order of names. */
export function describeOperators(
  sight: SiteSight,
  where: Whereabouts,
): readonly SurveyedOperator[] {
  const bundles = Map.groupBy(listNamedBundles(sight), (bundle) => bundle.package);
  return [...bundles]
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([name, own]) => ({
      package: name,
      installed: sight.followers
        .filter((follower) => follower.package === name)
        .map(({ user, bundle }) => ({ user, bundle })),
      heads: {
        production: listHeads(name, 'production', sight),
        staging: listHeads(name, 'staging', sight),
      },
      images: countImages(new Set(own.flatMap(({ images }) => images)), where),
    }));
}

function listHeads(name: string, role: RoleName, { indexes }: SiteSight): readonly string[] {
  const heads = indexes
    .filter((index) => index.role === role)
    .flatMap(({ catalog }) => findHeads(name, catalog));
  return [...new Set(heads)];
}

function findHeads(name: string, catalog: Catalog | null): readonly string[] {
  const pkg = catalog?.packages.get(name);
  if (pkg === undefined) return [];
  const channel = pkg.channels.find((candidate) => candidate.name === readDefaultChannel(pkg));
  const head = channel === undefined ? null : readHead(pkg, channel);
  return head === null ? [] : [head.version || head.name];
}

export function countImages(images: Iterable<string>, where: Whereabouts): ImageCounts {
  const counts = { both: 0, production: 0, staging: 0, neither: 0, unknown: 0 };
  for (const image of images) counts[where(image)] += 1;
  return counts;
}

/** The images that are somewhere, each with the bundles that name it, in byte order. */
export function listImagesAt(
  place: Where,
  sight: SiteSight,
  where: Whereabouts,
): readonly SurveyedImage[] {
  const bundles = new Map<string, Set<string>>();
  for (const { package: pkg, bundle, images } of listNamedBundles(sight))
    for (const image of images) {
      if (where(image) !== place) continue;
      const naming = bundles.get(image) ?? new Set();
      bundles.set(image, naming.add(`${pkg}/${bundle}`));
    }
  return [...bundles]
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([upstream, naming]) => ({ upstream, bundles: [...naming].toSorted(compareBytes) }));
}

/** What production, or else staging, gave no clear answer of. */
export function listUnknown({ probes }: SiteSight, where: Whereabouts): readonly UnknownSurveyed[] {
  return (['production', 'staging'] as const).flatMap((role) =>
    probes[role].unknown
      .filter(({ upstream }) => where(upstream) === 'unknown')
      .map(({ upstream, message }) => ({ role, upstream, message })),
  );
}

const SHOWN = 20;

/** What stands in the way of emptying staging now. */
export function listHindrances(sight: SiteSight, where: Whereabouts): readonly Hindrance[] {
  const served = sight.indexes.filter(
    ({ role, servedBy }) => role === 'staging' && servedBy.length > 0,
  );
  return countHindrances(
    [
      ['served', served.map(({ image, servedBy }) => `${servedBy.join(', ')}: ${image}`)],
      ['mirror-rule', sight.towardsStaging.map(({ object, source }) => `${object}: ${source}`)],
      ['unmerged', listUnmerged(sight)],
      ['only-staging', listImagesAt('staging', sight, where).map(({ upstream }) => upstream)],
      ['unknown', listUnknown(sight, where).map(({ upstream }) => upstream)],
    ],
    sight,
  );
}

type FoundHindrance = readonly [Hindrance['kind'], readonly string[]];

/** Those of which there are some, with their first names; that no cluster was seen is one of its own. */
export function countHindrances(
  found: readonly FoundHindrance[],
  { hasObjects }: Pick<SiteSight, 'hasObjects'>,
): readonly Hindrance[] {
  const hindrances = found
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => ({ kind, names: names.slice(0, SHOWN), count: names.length }));
  return hasObjects ? hindrances : [...hindrances, { kind: 'no-objects', names: [], count: 0 }];
}

/** Bundles of staging's indexes that no index of production has. */
function listUnmerged({ indexes }: SiteSight): readonly string[] {
  const merged = new Set(listBundlesOf('production', indexes));
  const delivered = new Set(listBundlesOf('staging', indexes));
  return [...delivered].filter((name) => !merged.has(name)).toSorted(compareBytes);
}

function listBundlesOf(role: RoleName, indexes: readonly SiteIndex[]): readonly string[] {
  const packages = indexes
    .filter((index) => index.role === role)
    .flatMap(({ catalog }) => [...(catalog?.packages.values() ?? [])]);
  return packages.flatMap((pkg) => pkg.bundles.map((bundle) => `${pkg.name}/${bundle.name}`));
}

/** `no` where something is known to stand in the way, `unknown` where only nobody knows. */
export function judgeEmptying(hindrances: readonly Hindrance[]): 'yes' | 'no' | 'unknown' {
  if (hindrances.length === 0) return 'yes';
  return hindrances.every(({ kind }) => kind === 'unknown' || kind === 'no-objects')
    ? 'unknown'
    : 'no';
}
