import type {
  NodeEffect,
  ResourcesDiff,
  UnresolvedImage,
} from '../cluster/resources-diff-types.ts';
import { cleanLine } from './clean-line.ts';

/** Most images that are listed; JSON has them all. */
const MOST = 20;

/** What a cluster is told against what it must be told, for people. */
export function renderResourcesDiffText(diff: ResourcesDiff): string {
  const lines = [
    `${diff.images} images from ${diff.host}, held against ${diff.against}.`,
    ...listImages('WOULD NOT RESOLVE to the registry that holds them', diff.unresolved),
    ...listImages('ask another place first', diff.late),
    ...diff.rules.map(
      ({ difference, source, redirects, wanted, observed, object, effect }) =>
        `${difference} rule for ${redirects}s of ${source}${object === null || object === '' ? '' : ` (${object})`}: ${formatMirrors(observed, wanted)}; ${EFFECTS[effect]}`,
    ),
    ...diff.objects.map(
      ({ difference, object, fields }) =>
        `${difference} ${object}${fields.length === 0 ? '' : ` (${fields.join(', ')})`}; ${EFFECTS.none}`,
    ),
    ...(diff.rules.length + diff.objects.length === 0 ? ['In sync.'] : [SUMMARY[diff.effect]]),
  ];
  return lines.map(cleanLine).join('\n');
}

const EFFECTS: Readonly<Record<NodeEffect, string>> = {
  drain: 'drains nodes',
  reload: 'no drain as an object of its own',
  none: 'nodes notice nothing',
};

// OpenShift documentation, "Image registry repository mirroring".
const SUMMARY: Readonly<Record<NodeEffect, string>> = {
  drain:
    'Applied, this drains every node, one after another, and reboots it: the Machine Config Operator does so when an ImageTagMirrorSet is created, and when any mirror object is changed or deleted.',
  reload:
    'Applied as new objects, no node is drained: a new ImageDigestMirrorSet or ImageContentSourcePolicy reloads the container runtime alone. Lines added to an object that is there drain nodes.',
  none: 'Applied, no node is drained: CatalogSources, ClusterCatalogs and the like restart their own pods alone.',
};

function formatMirrors(
  observed: readonly string[] | null,
  wanted: readonly string[] | null,
): string {
  if (observed === null) return `wanted ${wanted?.join(', ')}`;
  if (wanted === null) return `leads to ${observed.join(', ')}, and no image needs it`;
  return `leads to ${observed.join(', ')}, wanted ${wanted.join(', ')}`;
}

function listImages(title: string, images: readonly UnresolvedImage[]): readonly string[] {
  if (images.length === 0) return [];
  return [
    `${images.length} images ${title}:`,
    ...images
      .slice(0, MOST)
      .map(
        ({ reference, place, asked }) => `  ${reference}: in ${place}, asked: ${asked.join(', ')}`,
      ),
    ...(images.length > MOST
      ? [`  … ${images.length - MOST} more, which --format json lists`]
      : []),
  ];
}
