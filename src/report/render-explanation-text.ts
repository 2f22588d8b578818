import { formatBytes, formatCount, formatRevision } from '../base/text.ts';
import type {
  ExplainedImage,
  ExplainedKind,
  ExplainedNeed,
  ExplainedPlace,
  ExplainedSharing,
  ExplainedStep,
  Explanation,
} from '../plan/explain-types.ts';
import { renderLines } from './clean-line.ts';

/** Each image with what wants it, since when, where it is, what it shares, and what passes did with it. */
export function renderExplanationText({ images, revision }: Explanation): string {
  return renderLines(
    images.flatMap((image, i) => [...(i === 0 ? [] : ['']), ...renderImage(image, revision)]),
  );
}

const KINDS: Readonly<Record<ExplainedKind, string>> = {
  bundle: 'bundle image',
  related: 'related image',
  release: 'release image',
  extra: 'extra image',
  signature: 'signature',
  attestation: 'attestation',
  sbom: 'software bill of materials',
  referrer: 'referrer',
  index: 'index image',
  base: 'image that an index is built with',
};

function renderImage(image: ExplainedImage, revision: string): readonly string[] {
  return [
    `${image.upstream} (${KINDS[image.kind]})`,
    `  wanted by ${formatRevision(revision)}, for`,
    ...image.neededBy.map((need) => `    ${formatNeed(need)}`),
    `  since       ${formatSince(image.since)}`,
    ...image.places.flatMap(renderPlace),
    ...renderSharing(image.sharing),
    ...renderSteps(image.steps),
  ];
}

function formatNeed({ catalog, package: name, item, channels }: ExplainedNeed): string {
  const what = catalog === null && item === 'images' ? 'spec.images of the manifest' : item;
  const place = [
    name === null ? null : `package ${name}`,
    catalog === null ? null : `catalog ${catalog}`,
  ].filter((part) => part !== null);
  const listed = channels.map(({ name: channel, isHead }) =>
    isHead ? `${channel} (its head)` : channel,
  );
  const through = listed.length === 0 ? [] : [`channels ${listed.join(', ')}`];
  return [what, ...place, ...through].join(', ');
}

function formatSince({ commit, message }: ExplainedImage['since']): string {
  if (commit === null) return `not known: ${message ?? ''}`;
  const note = message === null ? '' : ` (${message})`;
  return `${commit.time.slice(0, 10)}, ${formatRevision(commit.revision)}: ${commit.subject}${note}`;
}

function renderPlace(place: ExplainedPlace): readonly string[] {
  const { host, repository, reference, state, digest } = place;
  const separator = reference.startsWith('sha256:') ? '@' : ':';
  const name = place.role.padEnd('production'.length);
  const line = `  ${name}  ${host}/${repository}${separator}${reference}: ${describeState(place)}`;
  if (state !== 'present') return [line];
  return [
    line,
    ...(digest === reference ? [] : [`              digest ${digest}`]),
    `              ${describeTags(place)}`,
  ];
}

function describeState({ state, message }: ExplainedPlace): string {
  switch (state) {
    case 'present':
      return 'there';
    case 'absent':
      return 'not there';
    case 'unknown':
      return `unknown: ${message ?? ''}`;
  }
}

function describeTags({ tags, tagsComplete, message }: ExplainedPlace): string {
  const known = tags.length === 0 ? 'no tag points at it' : `tags ${tags.join(', ')}`;
  if (tagsComplete) return known;
  return `${known}; there may be more${message === null ? '' : `: ${message}`}`;
}

function renderSharing(sharing: ExplainedSharing): readonly string[] {
  const { state, blobs, bytes, compared, images, message } = sharing;
  if (state === 'skipped') return [];
  if (state === 'unknown') return [`  layers      unknown: ${message ?? ''}`];
  const own = `${formatCount(blobs, 'blob')} (${formatBytes(bytes)})`;
  const among = `${formatCount(compared, 'other image')} looked at${message === null ? '' : `, ${message}`}`;
  if (images.length === 0) return [`  layers      ${own}, shared with none (${among})`];
  return [
    `  layers      ${own}, shared with (${among})`,
    ...images.map(
      (image) =>
        `    ${image.upstream}: ${formatCount(image.blobs, 'blob')} (${formatBytes(image.bytes)})`,
    ),
  ];
}

function renderSteps(steps: readonly ExplainedStep[]): readonly string[] {
  if (steps.length === 0)
    return ['  passes      none of this machine did anything with it, as far as the journal goes'];
  return ['  passes', ...steps.map((step) => `    ${formatStep(step)}`)];
}

function formatStep({ time, revision, step, result, message }: ExplainedStep): string {
  const of = revision === null ? '' : ` (${formatRevision(revision)})`;
  const end = result ?? 'begun, its end was not written down';
  return `${time}${of} ${step}: ${end}${message === null ? '' : `: ${message}`}`;
}
