import { shortHex } from '../base/digest.ts';
import { formatBytes, formatCount } from '../base/text.ts';
import type { Adoption, Audit, ExtraHolding } from '../plan/audit-types.ts';
import { cleanLine, renderLines } from './clean-line.ts';

/** What production holds beside what Git explains, by repository. */
export function renderAuditText(audit: Audit): string {
  return renderLines([
    formatVerdict(audit),
    ...listScope(audit),
    ...listExtras(audit.extras),
    ...listUnclear(audit),
    ...(audit.adopted === null ? listHints(audit) : listAdopted(audit.adopted)),
  ]);
}

function formatVerdict({ host, extras, bytes, repositories, tags }: Audit): string {
  const where = `${formatCount(tags, 'tag')} in ${formatCount(repositories, 'repository', 'repositories')}`;
  if (extras.length === 0)
    return `Git explains everything that ${host} was seen to hold: ${where}.`;
  return `${host} holds ${formatCount(extras.length, 'image')} that Git does not explain, ${formatBytes(bytes)}; looked at ${where}.`;
}

function listScope({ host, listing, outside, pathPrefix }: Audit): readonly string[] {
  return [
    ...(listing === 'known'
      ? [
          `${host} does not list its repositories to this user: only those were looked at that Git knows.`,
        ]
      : []),
    ...(outside === 0
      ? []
      : [
          `Not looked at: ${formatCount(outside, 'repository', 'repositories')} outside of the path ${pathPrefix}.`,
        ]),
  ].map(cleanLine);
}

function listExtras(extras: readonly ExtraHolding[]): readonly string[] {
  const byRepository = Map.groupBy(extras, ({ repository }) => repository);
  return [...byRepository].flatMap(([repository, held]) => [
    '',
    cleanLine(repository),
    ...held.map((extra) => cleanLine(`  ${formatExtra(extra)}`)),
  ]);
}

function formatExtra({ digest, tags, bytes, created, attachedTo, fault }: ExtraHolding): string {
  const parts = [
    shortHex(digest),
    ...(fault === null && bytes !== null ? [formatBytes(bytes)] : []),
    ...(created === null ? [] : [`built ${created.slice(0, 10)}`]),
    tags.map(shorten).join(', '),
    ...(attachedTo === null ? [] : [`belongs to ${shortHex(attachedTo)}`]),
    ...(fault === null ? [] : [`cannot be read: ${fault}`]),
  ];
  return parts.join('  ');
}

// Sixty-four digits say no more than twelve where the digest stands beside them.
function shorten(tag: string): string {
  return tag.replace(/^((?:sha256|olmirror)-[0-9a-f]{12})[0-9a-f]{52}/, '$1…');
}

function listUnclear({ unclear }: Audit): readonly string[] {
  if (unclear.length === 0) return [];
  return [
    '',
    'unknown:',
    ...unclear.map(({ repository, tag, message }) =>
      cleanLine(`  ${repository}${tag === null ? '' : `:${tag}`}: ${message}`),
    ),
  ];
}

function listHints({ extras }: Audit): readonly string[] {
  if (extras.length === 0) return [];
  return [
    '',
    'Nothing was changed, and olmirror deletes nothing. `olmirror audit --adopt` writes these images into spec.images of the manifest.',
  ];
}

function listAdopted({ written, left }: Adoption): readonly string[] {
  return [
    '',
    written.length === 0
      ? 'Nothing was written into the manifest.'
      : `Wrote ${formatCount(written.length, 'image')} into spec.images of the manifest. Look at it with \`git diff\`, then commit.`,
    ...left.map((name) =>
      cleanLine(`  left out, as the rules under spec.paths lead nowhere near it: ${name}`),
    ),
  ];
}
