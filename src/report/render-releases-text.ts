import { formatCount, joinNames, shortRevision } from '../base/text.ts';
import { formatReleaseTag } from '../images/release.ts';
import type { RoleName } from '../manifest/types.ts';
import { describeVerdict, SIGNATURE_HINT } from '../plan/release-checks.ts';
import type { ReleaseReport, ReportedRelease } from '../plan/release-report-types.ts';
import type { PathFinding } from '../plan/release-types.ts';
import { alignRows } from './align-rows.ts';
import { cleanLine } from './clean-line.ts';

const SHOWN = 5;

/** Releases and the ways to them, for people. */
export function renderReleasesText(report: ReleaseReport): string {
  const { mirror, revision, serving, releases, paths, notes } = report;
  return [
    cleanLine(
      `${formatCount(releases.length, 'release')} of ${mirror} at ${shortRevision(revision)}.`,
    ),
    ...(releases.length === 0 ? [] : alignRows([HEAD, ...releases.map(listCells)])),
    ...[
      ...releases.flatMap((release) => listRemarks(release, serving)),
      ...listPaths(paths, report),
      ...notes,
    ].map(cleanLine),
  ].join('\n');
}

const HEAD = [
  'VERSION',
  'ARCHITECTURE',
  'WANTED',
  'PRODUCTION',
  'STAGING',
  'SIGNATURE',
  'COMPONENTS',
  'IN USE BY',
  'DIGEST',
];

function listCells(release: ReportedRelease): readonly string[] {
  const { version, architecture, wanted, production, staging, digest } = release;
  const { signature, components, users } = release;
  return [
    version,
    architecture,
    wanted ? 'yes' : 'no',
    production,
    staging,
    signature?.state ?? '-',
    components === null ? '-' : `${components.present} of ${components.total}`,
    users.length === 0
      ? '-'
      : users
          .map(({ cluster, use }) => (use === 'running' ? cluster : `${cluster} (${use})`))
          .join(', '),
    digest ?? '-',
  ];
}

function listRemarks(release: ReportedRelease, serving: RoleName): readonly string[] {
  const { components, signature, fault } = release;
  const name = formatReleaseTag(release);
  return [
    fault,
    signature?.message ?? null,
    signature?.state === 'missing' ? `${name} has no signature. ${SIGNATURE_HINT}` : null,
    describeParts(`${name}: ${serving} lacks`, components?.missing ?? []),
    describeParts(`${name}: ${serving} gave no clear answer about`, components?.unknown ?? []),
    describeUse(release, serving),
  ].filter((line) => line !== null);
}

function describeUse(
  { users, wanted, ...release }: ReportedRelease,
  serving: RoleName,
): string | null {
  const name = formatReleaseTag(release);
  const clusters = joinNames([...new Set(users.map(({ cluster }) => cluster))]);
  if (users.length > 0 && release[serving] === 'absent')
    return `${name}: ${clusters} runs it, and ${serving} does not hold its payload.`;
  if (users.length > 0 && !wanted)
    return `${name}: keep it in spec.releases until ${clusters} runs it no more.`;
  if (users.length === 0 && !wanted && release[serving] === 'present')
    return `${name}: ${serving} holds it; nobody wants it, and no cluster of in-use.yaml runs it.`;
  return null;
}

function describeParts(what: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${what} ${joinNames(names.slice(0, SHOWN))}${more}.`;
}

function listPaths(paths: readonly PathFinding[], { graph }: ReleaseReport): readonly string[] {
  if (paths.length === 0) return [];
  const source = graph === null ? 'what payloads say of themselves' : graph;
  const risks = new Map(
    paths
      .flatMap(({ steps }) => steps.flatMap((step) => step.risks))
      .map(({ name, message, url }) => [name, `${message}${url === null ? '' : ` (${url})`}`]),
  );
  return [
    `Ways, by ${source}:`,
    ...paths.map(
      (path) =>
        `  ${path.cluster} → ${formatReleaseTag(path.release)}: ${path.verdict}: ${describeVerdict(path)}`,
    ),
    ...[...risks].map(([name, text]) => `  ${name}: ${text}`),
  ];
}
