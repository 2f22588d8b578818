import type { Problem } from '../base/problem.ts';
import { readBundleFacts } from '../catalog/blob-fields.ts';
import type { Blob, Catalog } from '../catalog/types.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { RELEASE_COMPONENTS, RELEASE_PAYLOAD } from './map-path.ts';
import { formatReleaseTag, needOfRelease, type ReleaseContent } from './release.ts';
import type { NeededBy, WantedKind } from './types.ts';

export interface WantedSources {
  readonly manifest: Pick<
    MirrorManifest,
    'strategy' | 'paths' | 'registries' | 'images' | 'releases'
  >;
  readonly catalogs: ReadonlyMap<string, Catalog>;
  /** Releases whose payload could be read; the payload itself is wanted in any case. */
  readonly releases: readonly ReleaseContent[];
  /** What clusters run, whatever brought it; left out where that does not count. */
  readonly used?: readonly UsedReference[];
}

/** An image that a cluster uses. */
export interface UsedReference {
  /** Upstream. */
  readonly reference: string;
  readonly cluster: string;
  /** Upstream name that decides the path, where it is not the reference's own. */
  readonly mappedAs?: string;
  /** Tag that it gets. */
  readonly arrivalTag?: string;
}

/** Who asks for images, and how: the same object for all images of one bundle. */
export interface Demand {
  readonly neededBy: NeededBy;
  readonly demandedTags: readonly string[];
  readonly arrivalTags: readonly string[];
  /** Arrival tags that an image gets also where it is there. */
  readonly addedTags?: readonly string[];
  /** Upstream name that decides the path, where it is not the reference's own. */
  readonly mappedAs?: string;
  /** Where it stands, for faults. */
  readonly place?: () => Pick<Problem, 'file' | 'line'>;
}

interface Mention {
  readonly reference: string;
  readonly kind: WantedKind;
  readonly demand: Demand;
}

/** What is told of one mention: an object for each would be garbage soon, and cost as much as the rest. */
export type TellMention = (reference: string, kind: WantedKind, demand: Demand) => void;

/** Tells of every image that is asked for, as often as it is. */
export function forEachMention(sources: WantedSources, tell: TellMention): void {
  for (const [catalog, { packages }] of sources.catalogs)
    for (const { bundles } of packages.values())
      for (const bundle of bundles) tellOfBundle(catalog, bundle, tell);
  for (const list of [listReleaseMentions, listExtraMentions, listUsedMentions])
    for (const { reference, kind, demand } of list(sources)) tell(reference, kind, demand);
}

const NO_TAGS = { demandedTags: [], arrivalTags: [] } as const;

function tellOfBundle(catalog: string, bundle: Blob, tell: TellMention): void {
  const demand = {
    neededBy: { catalog, package: bundle.package, item: bundle.name },
    place: () => ({ file: bundle.file, line: bundle.line }),
    ...NO_TAGS,
  };
  const { image, relatedImages } = readBundleFacts(bundle);
  if (image !== '') tell(image, 'bundle', demand);
  for (const reference of relatedImages)
    if (reference !== '' && reference !== image) tell(reference, 'related', demand);
}

function* listReleaseMentions(sources: WantedSources): Iterable<Mention> {
  for (const release of sources.manifest.releases) {
    const tag = formatReleaseTag(release);
    yield {
      reference: `${RELEASE_PAYLOAD}:${tag}`,
      kind: 'release',
      demand: { neededBy: needOfRelease(release), ...NO_TAGS },
    };
  }
  for (const release of sources.releases) {
    const tag = formatReleaseTag(release);
    const neededBy = needOfRelease(release);
    for (const component of release.components) {
      // oc-mirror puts every component into one repository, whatever repository the payload names.
      yield {
        reference: component.image,
        kind: 'release',
        demand: {
          neededBy,
          demandedTags: [],
          arrivalTags: [`${tag}-${component.name}`],
          addedTags: [`${tag}-${component.name}`],
          mappedAs: RELEASE_COMPONENTS,
        },
      };
    }
  }
}

function* listExtraMentions(sources: WantedSources): Iterable<Mention> {
  const neededBy = { catalog: null, package: null, item: 'images' };
  for (const image of sources.manifest.images) {
    yield {
      reference: image.source,
      kind: 'extra',
      demand: { neededBy, demandedTags: image.tags, arrivalTags: [] },
    };
  }
}

function* listUsedMentions({ used = [] }: WantedSources): Iterable<Mention> {
  for (const { reference, cluster, mappedAs, arrivalTag } of used) {
    yield {
      reference,
      kind: 'in-use',
      demand: {
        neededBy: { catalog: null, package: null, item: `cluster ${cluster}` },
        demandedTags: [],
        arrivalTags: arrivalTag === undefined ? [] : [arrivalTag],
        ...(arrivalTag === undefined ? {} : { addedTags: [arrivalTag] }),
        ...(mappedAs === undefined ? {} : { mappedAs }),
      },
    };
  }
}
