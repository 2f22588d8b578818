import { capitalize } from '../base/text.ts';
import { assertNever } from '../base/tool-error.ts';
import { buildAttached } from '../images/attached.ts';
import type { AttachedKind, WantedImage } from '../images/types.ts';
import { formatReason } from './image-checks.ts';
import type { AskedImage, Claim, JudgedManifest } from './judge-staged.ts';
import type { Finding, Hindrance, Unclear } from './staging-types.ts';
import type { Plan } from './types.ts';

export interface DescribeContext {
  /** Staging's host. */
  readonly host: string;
  readonly plan: Pick<Plan, 'steps' | 'checks'>;
}

/**
 * What Git or a Pod asks for, staging holds and production lacks: why it is asked for, and what to do. Null for what is
 * told of with the index that names it.
 */
export function describeHindering(
  manifest: JudgedManifest,
  context: DescribeContext,
): Hindrance | null {
  const { claim, production, through } = manifest;
  if (claim?.by !== 'git' && claim?.by !== 'pod') return null;
  const subject = formatSubject(manifest, context);
  const message = `${capitalize(describeClaim(manifest))}, ${describeLack(manifest)}.`;
  if (production.state === 'damaged')
    return { kind: 'damaged', subject, message, next: adviseOnDamage(manifest) };
  if (claim.by === 'pod') return { kind: 'in-use', subject, message, next: LIST_IT };
  if (through !== null && through.kind !== null)
    return { kind: 'attached', subject, message, next: adviseOnAttached(manifest, through.kind) };
  return { kind: 'not-in-production', subject, message, next: adviseOnWanted(manifest, context) };
}

/** What may hinder: production did not say whether it holds it. */
export function describeUnclear(manifest: JudgedManifest, context: DescribeContext): Unclear {
  const { production } = manifest;
  if (production.state !== 'unknown') throw new Error('Production said what it holds.');
  return {
    kind: 'production',
    subject: formatSubject(manifest, context),
    message: `${capitalize(describeClaim(manifest))}, and whether production holds it is unknown: ${production.message}`,
    next: production.hint ?? 'Repeat the check once production answers for it.',
  };
}

/** What is known of a manifest that nobody asks for; null for nothing. */
export function explainUnwanted({ claim, through }: JudgedManifest): string | null {
  if (claim?.by === 'left-out')
    return `the index of ${claim.catalog} in staging names it, and Git does not: left out, or removed since`;
  if (claim?.by === 'record' && through !== null)
    return `${through.kind ?? 'part'} of an index that was taken in`;
  if (claim?.by === 'git')
    return `production holds another content under the tag that Git wants, ${claim.image.key}, and keeps it`;
  return null;
}

function formatSubject(
  { repository, digest, tags }: JudgedManifest,
  { host }: DescribeContext,
): string {
  const named = tags.length === 0 ? '' : ` (${tags.join(', ')})`;
  return `${host}/${repository}@${digest}${named}`;
}

function describeClaim({ claim, through }: JudgedManifest): string {
  const owner = claim === null ? 'nobody' : describeOwner(claim);
  if (through === null) return `${owner} wants it`;
  return through.kind === null
    ? `it is a part of an image that ${owner} wants`
    : `it is a ${through.kind} of an image that ${owner} wants`;
}

function describeOwner(claim: Claim): string {
  switch (claim.by) {
    case 'git':
      return `Git (${formatNeedOf(claim.image)})`;
    case 'pod':
      return claim.pod;
    case 'pending-index':
    case 'left-out':
    case 'record':
      return `the index of ${claim.catalog}`;
    default:
      return assertNever(claim);
  }
}

function formatNeedOf(image: AskedImage): string {
  return image.kind === 'base'
    ? (image.neededBy[0]?.item ?? 'base')
    : formatReason(asWanted(image));
}

function asWanted(image: AskedImage): WantedImage {
  const { kind, ...rest } = image;
  return { ...rest, kind: kind === 'base' ? 'extra' : kind };
}

function describeLack({ production }: JudgedManifest): string {
  switch (production.state) {
    case 'absent':
      return production.repositories.length === 0
        ? 'and production has no place for it'
        : `and production does not hold it (${production.repositories.join(', ')})`;
    case 'damaged': {
      const parts = [...production.missing, ...production.wrong].map(({ digest }) => digest);
      const what = production.missing.length > 0 ? 'but lacks' : 'but has wrong bytes for';
      return `and production holds its manifest (${production.repository}), ${what} ${parts.join(', ')}`;
    }
    case 'whole':
    case 'unknown':
      throw new Error('Production does not lack it.');
    default:
      return assertNever(production);
  }
}

const LIST_IT =
  'List it under spec.images of the manifest (its upstream address with the digest), or the release that it is of under spec.releases, commit and run `olmirror apply`; or stop what runs it, and give the objects anew.';

const LIST_BASE =
  "No pass copies what an index is built on or by: list it under spec.images of the manifest, with production's host and its digest, commit and run `olmirror apply`.";

function adviseOnDamage({ production, claim }: JudgedManifest): string {
  if (claim?.by === 'git' && claim.image.kind === 'base') return LIST_BASE;
  if (production.state === 'damaged' && production.wrong.length > 0)
    return 'A copy does not replace wrong bytes: `olmirror plan --verify deep` says what to remove in production; then `olmirror apply --verify deep`.';
  return claim?.by === 'git'
    ? 'Run `olmirror apply --verify deep`: what is gone is copied again.'
    : LIST_IT;
}

// A tag-only reference would leave staging's content where production has another under that tag.
function adviseOnAttached({ digest, tags, claim }: JudgedManifest, kind: AttachedKind): string {
  if (claim?.by !== 'git') return LIST_IT;
  const { upstream } = buildAttached(asWanted(claim.image), kind, { digest });
  const named = kind === 'referrer' ? [] : tags;
  const entry =
    named.length === 0
      ? `- { source: "${upstream}" }`
      : `- { source: "${upstream}", tags: [${named.map((tag) => `"${tag}"`).join(', ')}] }`;
  return `What belongs to an image is copied with it, and this came later: add \`${entry}\` to spec.images of the manifest, commit and run \`olmirror apply\`. Where production has another under that tag, leave the tags out.`;
}

function adviseOnWanted({ claim }: JudgedManifest, { plan }: DescribeContext): string {
  if (claim?.by !== 'git') return LIST_IT;
  if (claim.image.kind === 'base') return LIST_BASE;
  const { key, upstream, repository } = claim.image;
  if (plan.steps.some((step) => step.items.includes(key)))
    return 'Run `olmirror apply`, which copies it.';
  const check = plan.checks.find((it) => it.item === key && it.severity !== 'warning');
  if (check !== undefined)
    return [check.message, ...(check.hint === null ? [] : [check.hint])].join(' ');
  return `olmirror looks for it in ${repository.staging} of staging: correct the rules under spec.paths of the manifest if it lies elsewhere, then run \`olmirror apply\`; \`olmirror explain ${upstream}\` says more.`;
}

/** Findings in the order of their kinds and subjects, each once. */
export function sortFindings<F extends Finding>(findings: readonly F[]): readonly F[] {
  const unique = new Map(findings.map((it) => [`${it.kind} ${it.subject} ${it.message}`, it]));
  return [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
}
