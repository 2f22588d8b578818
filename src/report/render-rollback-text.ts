import { formatPin } from '../plan/index-checks.ts';
import type { NamedIndex, RollbackReport } from '../plan/rollback-types.ts';
import { cleanLine, renderLines } from './clean-line.ts';
import { listPackageLines } from './describe-package.ts';
import { SEVERITY_MARKS } from './severity-marks.ts';

/** What a rollback does or did: from where to where, what users see, what is in the way, and what to do next. */
export function renderRollbackText(report: RollbackReport): string {
  const { catalog, host, repository, servedTag, checks, outcome } = report;
  return renderLines([
    `Catalog ${catalog}: ${host}/${repository}:${servedTag}`,
    `  from  ${report.from === null ? 'what no never-moving tag holds' : formatIndex(report.from)}`,
    `  to    ${formatIndex(report.to)}`,
    ...listChanges(report),
    `  ${report.mode === 'dry-run' ? 'would be ' : ''}pinned to ${formatPin(report.pin)}`,
    ...checks.flatMap(({ severity, message, hint }) => [
      `${SEVERITY_MARKS[severity]}: ${message}`,
      ...(hint === null ? [] : [`  Hint: ${hint}`]),
    ]),
    ...(outcome === null || outcome.message === null
      ? []
      : [`${outcome.kind}: ${outcome.message}`]),
    ...listNext(report),
  ]);
}

function formatIndex({ tag, created, revision, subject }: NamedIndex): string {
  return [tag, created ?? '-', revision === null ? '-' : revision.slice(0, 12), subject ?? '']
    .map(cleanLine)
    .join('  ')
    .trimEnd();
}

function listChanges({ packages, way }: RollbackReport): readonly string[] {
  if (way === 'none') return ['  which is served already'];
  return packages?.flatMap(listPackageLines) ?? ['  what is served today could not be compared'];
}

const FORBIDDEN =
  'Where the registry forbids moving tags, `writePolicy: allow-once` of it in mirror.yaml makes a rollback change what clusters are told below cluster/ instead.';

function listNext(report: RollbackReport): readonly string[] {
  if (report.mode === 'dry-run') return listDryRun(report);
  if (report.exitCode !== 0 && report.written.length === 0)
    return [
      ...(report.outcome?.kind === 'failed' ? [FORBIDDEN] : []),
      'Nothing was changed: neither the tag nor a file.',
    ];
  if (report.exitCode !== 0)
    return [
      `Whether ${report.servedTag} moved is not clear. The pin stands in ${report.written.join(', ')}: \`olmirror status --working-tree\` says what is served, and the same command goes on.`,
    ];
  return [...listDone(report), ...listCommit(report)];
}

function listDryRun({ exitCode, way }: RollbackReport): readonly string[] {
  if (exitCode !== 0) {
    const end = exitCode === 4 ? 'it would be refused' : 'it would fail';
    return [`Dry run: nothing was changed. As it stands, ${end}.`];
  }
  const what: Readonly<Record<RollbackReport['way'], string>> = {
    'move-tag':
      'Dry run: nothing was changed. --apply --reason TEXT moves the tag and writes the pin; --pin-only writes the pin alone, for a pipeline or `olmirror watch` to carry out.',
    'cluster-files':
      'Dry run: nothing was changed. The registry lets no tag move, so --apply --reason TEXT writes the pin and the tag that clusters are told of below cluster/.',
    none: 'Dry run: nothing was changed. --apply --reason TEXT writes the pin.',
  };
  return [what[way]];
}

function listDone({ outcome, servedTag, to, mode, way }: RollbackReport): readonly string[] {
  if (outcome !== null) return [`${servedTag} serves ${to.tag} now.`];
  if (mode === 'pin-only' && way === 'move-tag')
    return [`The tag did not move: a pass moves it once the pin is committed.`];
  return [];
}

function listCommit({ written, catalog, to, way, outcome }: RollbackReport): readonly string[] {
  if (written.length === 0) return ['The pin stood there already.'];
  const files = written.join(' ');
  return [
    `Wrote ${written.join(' and ')}. ${formatWhy(way, outcome !== null)}`,
    `  git add ${files} && git commit -m "Pin ${catalog} to ${to.tag}"`,
  ];
}

function formatWhy(way: RollbackReport['way'], moved: boolean): string {
  if (moved) return 'Commit it now: a pass that does not see the pin moves the tag forward again.';
  return way === 'cluster-files'
    ? 'Commit it, and let the clusters be told as they always are.'
    : 'Commit it.';
}
