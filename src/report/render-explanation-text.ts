import { formatBytes, formatCount, formatRevision, joinNames } from '../base/text.ts';
import type {
  ExplainedChange,
  ExplainedImage,
  ExplainedKind,
  ExplainedNeed,
  ExplainedPlace,
  ExplainedProof,
  ExplainedSharing,
  ExplainedStep,
  Explanation,
} from '../plan/explain-types.ts';
import { formatTime } from '../plan/format-moment.ts';
import { renderLines } from './clean-line.ts';

/** Each image with what wants it, since when, where it is, what it shares, and what passes did with it. */
export function renderExplanationText(explanation: Explanation): string {
  const { images, others, revision, requests } = explanation;
  const more =
    others.length === 0
      ? []
      : [
          `${formatCount(others.length, 'more image')} of that name: ${joinNames(others.slice(0, 3))}${others.length > 3 ? ', …' : ''}`,
        ];
  return renderLines([
    ...images.flatMap((image) => [...renderImage(image), '']),
    ...more,
    `Read from ${formatRevision(revision)}, with ${formatCount(requests, 'request')} to registries.`,
  ]);
}

const KINDS: Readonly<Record<ExplainedKind, string>> = {
  bundle: 'bundle image',
  related: 'related image',
  release: 'release image',
  extra: 'extra image',
  'in-use': 'image that a cluster uses',
  signature: 'signature',
  attestation: 'attestation',
  sbom: 'software bill of materials',
  referrer: 'referrer',
  index: 'index image',
  base: 'image that an index is built with',
};

function renderImage(image: ExplainedImage): readonly string[] {
  const { kind, attachedTo, until, since, files } = image;
  return [
    `${image.upstream} (${KINDS[kind]})`,
    ...image.remarks.map((remark) => `  ${remark}`),
    ...(attachedTo === null ? [] : line('Belongs to', attachedTo)),
    ...renderNeeds(image),
    ...line('Since', formatChange(since)),
    ...(until === null ? [] : line('Until', formatChange(until))),
    ...(files.length === 0 ? [] : line('Named in', joinNames(files))),
    ...image.places.flatMap(renderPlace),
    ...renderSharing(image.sharing),
    ...renderProof(image.proof),
    ...renderSteps(image.steps),
  ];
}

const WIDTH = 12;

function line(label: string, text: string): readonly string[] {
  return [`  ${label.padEnd(WIDTH)}${text}`];
}

/** The label before the first line only. */
function block(label: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((text, i) => line(i === 0 ? label : '', text));
}

function renderNeeds({ neededBy, until }: ExplainedImage): readonly string[] {
  if (neededBy.length === 0) return [];
  return block(until === null ? 'Wanted by' : 'Was for', neededBy.map(formatNeed));
}

function formatNeed({ catalog, package: name, item, channels }: ExplainedNeed): string {
  const listed = channels.map(({ name: channel, isHead }) =>
    isHead ? `${channel} (head)` : channel,
  );
  return [
    catalog === null ? null : `catalog ${catalog}`,
    name === null ? null : `package ${name}`,
    catalog === null && item === 'images' ? 'spec.images of the manifest' : nameItem(name, item),
    listed.length === 0 ? null : `channel${listed.length === 1 ? '' : 's'} ${listed.join(', ')}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

function nameItem(ofPackage: string | null, item: string): string {
  return ofPackage === null ? item : `bundle ${item}`;
}

function formatChange({ commit, message }: ExplainedChange): string {
  if (commit === null) return message ?? '';
  const note = message === null ? '' : `; ${message}`;
  const subject = commit.subject === '' ? '' : ` (${commit.subject})`;
  return `${commit.time.slice(0, 10)}, ${formatRevision(commit.revision)}${subject}${note}`;
}

const ROLES = { production: 'Production', staging: 'Staging' } as const;

function renderPlace(place: ExplainedPlace): readonly string[] {
  const { role, host, repository, reference, state, digest, platforms } = place;
  const separator = reference.startsWith('sha256:') ? '@' : ':';
  return block(ROLES[role], [
    `${host}/${repository}${separator}${reference}`,
    ...(state === 'present' ? [`there, ${describeTags(place)}`] : [describeAbsence(place)]),
    ...(digest === null || digest === reference ? [] : [`digest ${digest}`]),
    ...platforms.map(
      (part) =>
        `${part.platform ?? 'part'} ${part.digest}${part.state === 'present' ? '' : `: ${part.state}`}`,
    ),
  ]);
}

function describeAbsence({ state, message }: ExplainedPlace): string {
  return state === 'absent' ? 'not there' : `unknown: ${message ?? ''}`;
}

function describeTags({ tags, tagsComplete, message }: ExplainedPlace): string {
  const known = tags.length === 0 ? 'no tag points at it' : `tags ${tags.join(', ')}`;
  if (tagsComplete && message === null) return known;
  return `${known}; there may be more${message === null ? '' : `: ${message}`}`;
}

function renderSharing(sharing: ExplainedSharing): readonly string[] {
  const { state, blobs, bytes, images } = sharing;
  if (state === 'skipped') return [];
  if (state === 'unknown') return line('Layers', `unknown: ${sharing.message ?? ''}`);
  const own = `${formatCount(blobs, 'blob')}, ${formatBytes(bytes)}`;
  const hidden = sharing.sharing - images.length;
  return block('Layers', [
    `${own}; shared with ${describeShared(sharing)}`,
    ...images.map(
      (image) =>
        `- ${image.upstream} (${formatCount(image.blobs, 'blob')}, ${formatBytes(image.bytes)})`,
    ),
    ...(hidden > 0 ? [`- and ${hidden} more, sharing less`] : []),
  ]);
}

function describeShared({ sharing, compared, absent, unread, left }: ExplainedSharing): string {
  const notes = [
    absent > 0 ? `${absent} not in production` : null,
    unread > 0 ? `${unread} unknown` : null,
    left > 0 ? `${left} not looked at: --requests allows more` : null,
  ].filter((note) => note !== null);
  const among = `of ${formatCount(compared, 'other image')} in production`;
  const rest = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  return `${sharing === 0 ? 'none' : sharing} ${among}${rest}`;
}

function renderProof(proof: ExplainedProof | null): readonly string[] {
  if (proof === null) return [];
  const { seen, deep } = proof;
  const blobs = deep === null ? '' : `, its blobs ${formatTime(deep)}`;
  return line('Proved', `by watch ${formatTime(seen)}${blobs}`);
}

function renderSteps(steps: readonly ExplainedStep[]): readonly string[] {
  if (steps.length === 0) return line('Passes', 'none of this machine wrote down a step about it');
  return block('Passes', steps.map(formatStep));
}

function formatStep({ time, revision, step, result, message }: ExplainedStep): string {
  const end = result ?? 'begun, its end was not written down';
  const of = revision === null ? '' : ` (${formatRevision(revision)})`;
  const why = message === null ? '' : `: ${message}`;
  return `${time.slice(0, 19)}Z  ${shortenDigests(step)}: ${end}${of}${why}`;
}

function shortenDigests(text: string): string {
  return text.replaceAll(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1');
}
