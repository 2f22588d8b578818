import type { Presence } from '../base/presence.ts';
import { formatCount } from '../base/text.ts';
import { isNothing, type LackedContent } from '../catalog/find-lack.ts';
import { sourceRole } from '../manifest/serving-role.ts';
import type { CatalogPin } from '../manifest/types.ts';
import { formatImmutableTag, formatIndexItem } from './item.ts';
import type { Check, ObservedIndex, Outcome, WantedIndex } from './types.ts';
import type { VerifiedCheck } from './verified-check.ts';

/** What a person must know about an index that is not published, with the code of its outcome. */
export type IndexCheck = Check & { readonly code: Outcome['code'] };

export function unknownCheck(wanted: WantedIndex, observed: ObservedIndex): IndexCheck {
  const answers: readonly (Presence | null)[] = [
    observed.moving,
    observed.servedImmutable,
    ...(observed.pinned === null ? [observed.expectedImmutable] : [observed.pinned.presence]),
  ];
  const answer = answers.find((entry) => entry?.state === 'unknown');
  const why =
    answer?.state === 'unknown'
      ? answer
      : { message: 'the registry gave no clear answer.', hint: null, code: null };
  return {
    ...checkOf(wanted),
    kind: 'unknown',
    severity: 'error',
    message: `Which index ${wanted.serving} ${observed.pinned?.presence === answer ? `holds as ${wanted.repository}:${wanted.pin?.tag ?? ''}` : `serves as ${wanted.repository}:${wanted.tag}`} is unknown: ${why.message}`,
    hint: why.hint,
    code: why.code,
  };
}

export function foreignCheck(wanted: WantedIndex, observed: ObservedIndex): IndexCheck {
  const { foreign, moving } = observed;
  const partly = wanted.takenIn.some(
    ({ digest, partial }) => moving.state === 'present' && digest === moving.digest && partial,
  );
  const origin = partly
    ? 'it was taken in, but a gap kept a part of it out of Git'
    : 'this repository neither produced it nor took it in';
  const merge = `\`olmirror merge ${wanted.catalog} --from ${wanted.address ?? wanted.serving}\``;
  return {
    ...checkOf(wanted),
    kind: 'foreign-index',
    severity: 'blocked',
    message: `${wanted.repository}:${wanted.tag} in ${wanted.serving} is a foreign index: ${origin}, so it is not replaced.${foreign === null ? '' : describeLack(foreign)}`,
    hint: partly
      ? `Declare a bridge for the gap, bring what is missing, or exclude it; then ${merge} again, review and commit.`
      : `Take it in with ${merge}, review and commit; then apply again.`,
    code: 'PLAN_FOREIGN_INDEX',
  };
}

function describeLack(foreign: LackedContent): string {
  if (isNothing(foreign)) return ' Git lacks nothing of it.';
  const { packages, bundles, otherwise } = foreign;
  const lacks = ` Git lacks ${countNames(packages, 'package')} and ${countNames(bundles, 'bundle')} of it.`;
  return otherwise.length === 0
    ? lacks
    : `${lacks} It says something else than Git of ${formatNames(otherwise)}.`;
}

function countNames(names: readonly string[], noun: string): string {
  return names.length === 0
    ? `no ${noun}`
    : `${formatCount(names.length, noun)} (${formatNames(names)})`;
}

function formatNames(names: readonly string[]): string {
  return `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
}

export function takenCheck(wanted: WantedIndex): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'immutable-tag-taken',
    severity: 'blocked',
    message: `Tag ${wanted.repository}:${formatImmutableTag(wanted.tag, wanted.imageId)} should hold the index with ${wanted.builder === 'podman' ? 'recipe' : 'id'} ${wanted.imageId}, but holds another image: it was overwritten.`,
    hint: 'Somebody pushed other content under that tag. Find out who, and remove it by hand.',
    code: 'APPLY_TAG_CONFLICT',
  };
}

export function programLostCheck(wanted: WantedIndex): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'program-lost',
    severity: 'blocked',
    message: `The index that ${wanted.serving} serves as ${wanted.repository}:${wanted.tag} starts by itself, and that of ${wanted.catalog} in Git would not: with a CatalogSource that has no extractContent its pod would fail, and OperatorHub would lose every operator of it.`,
    hint: `Set \`base\` of the catalog in mirror.yaml to an image that carries opm; or let the CatalogSource have grpcPodConfig.extractContent (\`olmirror index info\` prints one) and commit it below cluster/.`,
    code: 'PLAN_INDEX_UNSERVABLE',
  };
}

export function closureCheck(wanted: WantedIndex, obstacles: readonly string[]): IndexCheck {
  const shown = obstacles.slice(0, 3).join('; ');
  const more = obstacles.length > 3 ? `; and ${obstacles.length - 3} more` : '';
  return {
    ...checkOf(wanted),
    kind: 'closure',
    severity: 'blocked',
    message: `The index of ${wanted.catalog} is not published, because it would name what ${wanted.serving} does not hold: ${shown}${more}.`,
    hint: `Bring these images into ${sourceRole(wanted.serving)}, or take their bundles out of the catalog; the index in ${wanted.serving} stays as it is.`,
    code: 'APPLY_CLOSURE',
  };
}

/** Its images come first, whatever a day's requests allow. */
export function unprovedCheck(wanted: WantedIndex, images: number): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'request-budget',
    severity: 'warning',
    message: `The index of ${wanted.catalog} waits: ${formatCount(images, 'image')} of it could not be asked for with the requests of today.`,
    hint: 'Wait, or run `olmirror apply`, which asks for everything.',
    code: 'PLAN_UNPROVED',
  };
}

export function emptyCheck(wanted: WantedIndex, served: boolean): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'invalid',
    severity: served ? 'blocked' : 'warning',
    message: served
      ? `Catalog ${wanted.catalog} holds no package in Git, so its index in ${wanted.serving} stays as it is: an empty one would take every operator away.`
      : `Catalog ${wanted.catalog} holds no package in Git yet, so no index is published for it.`,
    hint: served
      ? 'Check `path` of the catalog in mirror.yaml; bring the packages back with git, or take the catalog out of mirror.yaml to leave its index alone.'
      : `Take a delivery in with \`olmirror merge ${wanted.catalog}\`, then commit.`,
    code: served ? 'CATALOG_INVALID' : null,
  };
}

/** That the index is held, by whom, why and until when. */
export function pinnedCheck(wanted: WantedIndex, pin: CatalogPin): Check {
  return {
    ...checkOf(wanted),
    kind: 'pinned',
    severity: 'warning',
    message: `The index of ${wanted.catalog} is pinned to ${formatPin(pin)}. What Git says besides is not published meanwhile.`,
    hint: 'Take `pin` out of the catalog in mirror.yaml and commit, to publish what Git says again.',
  };
}

/** That a pin has ended and no longer counts, though it still stands in the manifest. */
export function pinEndedCheck(wanted: WantedIndex, pin: CatalogPin): Check {
  return {
    ...checkOf(wanted),
    kind: 'pin-ended',
    severity: 'warning',
    message: `The pin of ${wanted.catalog} has ended: ${formatPin(pin)}. Its index follows Git again.`,
    hint: 'Take `pin` out of the catalog in mirror.yaml, or give it another `until`.',
  };
}

export function pinMissingCheck(wanted: WantedIndex, pin: CatalogPin): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'pin-missing',
    severity: 'blocked',
    message: `The index of ${wanted.catalog} is pinned to ${formatPin(pin)}, and ${wanted.serving} has no ${wanted.repository}:${pin.tag}. The index stays as it is.`,
    hint: `Name a tag that is there (\`olmirror index list ${wanted.catalog}\`), or take \`pin\` out of the catalog in mirror.yaml.`,
    code: 'PLAN_PIN_MISSING',
  };
}

export function pinForeignCheck(wanted: WantedIndex, pin: CatalogPin): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'foreign-index',
    severity: 'blocked',
    message: `${wanted.repository}:${pin.tag} holds a foreign index: this repository neither produced it under that tag nor took it in, so it is not served.`,
    hint: `\`olmirror index list ${wanted.catalog}\` shows which can be. To serve this one, take it in with \`olmirror merge ${wanted.catalog} --from HOST/${wanted.repository}:${pin.tag}\`, review and commit.`,
    code: 'PLAN_FOREIGN_INDEX',
  };
}

/** Where no tag moves: Git tells clusters of another index than the one it wants served. */
export function clusterDiffersCheck(wanted: WantedIndex, tag: string): Check {
  const others = wanted.told.filter((name) => name !== tag);
  return {
    ...checkOf(wanted),
    kind: 'cluster-differs',
    severity: 'warning',
    message: `Git tells clusters of ${wanted.repository}:${others.join(', ')} below cluster/, and the index that it wants served is ${tag}: ${wanted.serving} lets no tag move, so they will not see it.`,
    hint: `Write that tag into cluster/ and commit: \`olmirror merge ${wanted.catalog}\` does so, and for a pin \`olmirror index rollback ${tag}\`.`,
  };
}

/** `fault`: `/tmp/cache is missing or empty`. */
export function pinCacheCheck(wanted: WantedIndex, pin: CatalogPin, fault: string): IndexCheck {
  return {
    ...checkOf(wanted),
    kind: 'cache-unfit',
    severity: 'blocked',
    message: `The index of ${wanted.catalog} does not go back to ${pin.tag}: its ${fault}. A CatalogSource below cluster/ takes the cache from there (extractContent.cacheDir), so that its pod would fail, and OperatorHub would lose every operator of it.`,
    hint: 'Take cacheDir out of that CatalogSource, apply it to the clusters and commit; or choose another index.',
    code: 'PLAN_INDEX_UNSERVABLE',
  };
}

/** `closure` is no passed one. */
export function pinClosureCheck(
  wanted: WantedIndex,
  pin: CatalogPin,
  closure: VerifiedCheck,
): IndexCheck {
  const shown = closure.details.slice(0, 3).join('; ');
  const more = closure.details.length > 3 ? `; and ${closure.details.length - 3} more` : '';
  return {
    ...checkOf(wanted),
    kind: closure.state === 'failed' ? 'closure' : 'unknown',
    severity: closure.state === 'failed' ? 'blocked' : 'error',
    message: `The index of ${wanted.catalog} does not go back to ${pin.tag}: ${closure.message}${shown === '' ? '' : ` ${shown}${more}.`}`,
    hint:
      closure.state === 'failed'
        ? 'An index must name nothing that is not there: bring these images back, or choose another index.'
        : 'Repeat it when the registry answers.',
    code: closure.state === 'failed' ? 'APPLY_CLOSURE' : null,
  };
}

/** `v1-… : reason (by kim, until 2026-12-31)`. */
export function formatPin({ tag, reason, by, until }: CatalogPin): string {
  return `${tag}: ${reason.replace(/[.\s]+$/, '')} (by ${by}, ${until === null ? 'without an end' : `until ${until}`})`;
}

/** What every check of an index says of it. */
export function checkOf(
  wanted: Pick<WantedIndex, 'catalog'>,
): Pick<Check, 'catalog' | 'item' | 'neededBy'> {
  return { catalog: wanted.catalog, item: formatIndexItem(wanted.catalog), neededBy: [] };
}
