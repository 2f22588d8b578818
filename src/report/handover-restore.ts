import type { Handover, HandoverCatalog } from '../plan/handover-types.ts';
import { formatCode } from './escape-markdown.ts';
import { nameProgram, quoteShell, renderShell } from './handover-shell.ts';

/** How to get back what was served, what Git said, and what production lost. */
export function listRestore(handover: Handover): readonly string[] {
  const filled = handover.catalogs.filter(({ packages }) => packages > 0);
  const olmirror = nameProgram(handover);
  return [
    ...listRollback(filled, olmirror),
    '',
    '**A delivery must go out of Git again.** Images stay in production; put the commit that took it in:',
    '',
    ...renderShell([
      'git log --oneline -- deliveries',
      'git revert --no-edit COMMIT',
      `${olmirror} plan`,
      `${olmirror} apply`,
    ]),
    '',
    ...listForeign(filled, olmirror),
    '',
    '**Images of production are gone or damaged.** What staging still has is copied again:',
    '',
    ...renderShell([`${olmirror} plan --verify deep`, `${olmirror} apply --verify deep`]),
    '',
    ...listLostRepository(filled, handover),
  ];
}

function listRollback(catalogs: readonly HandoverCatalog[], olmirror: string): readonly string[] {
  const several =
    catalogs.length > 1 ? ' Of these lines take those of the catalog in question.' : '';
  return [
    `**Clusters must have the index of before, at once.** Nothing is built or copied; the pin that it writes holds the index there until you take it out of the manifest. Put your own reason.${several}`,
    '',
    ...renderShell([
      ...catalogs.flatMap(({ entry }) => [
        `${olmirror} index list ${quoteShell(entry.name)}`,
        `${olmirror} index rollback previous --catalog ${quoteShell(entry.name)} --apply --reason "broken"`,
      ]),
      'git add --all',
      'git commit --message "Go back to the index of before"',
    ]),
  ];
}

function listForeign(catalogs: readonly HandoverCatalog[], olmirror: string): readonly string[] {
  return [
    `**The index tag was moved or deleted by somebody.** Where it holds an index that nobody took in, ${formatCode(`${olmirror} plan`)} names it: take that in first, so that nothing in it is lost. Where the merge finds nothing new, there is nothing to commit.`,
    '',
    ...renderShell([
      `${olmirror} plan`,
      ...catalogs.map(
        ({ entry }) => `${olmirror} merge ${quoteShell(entry.name)} --from production`,
      ),
      'git add --all',
      'git commit --message "Take in what production serves"',
      `${olmirror} apply`,
    ]),
  ];
}

function listLostRepository(
  filled: readonly HandoverCatalog[],
  { catalogs, manifest, remote }: Handover,
): readonly string[] {
  const { production, staging } = manifest.registries;
  const [first] = filled;
  const how =
    remote === null
      ? 'It has no remote, so the catalogs'
      : `${formatCode(`git clone ${quoteShell(remote)}`)} brings all of it. Without it the catalogs`;
  return [
    `**This repository is gone.** ${how} come back out of what production serves; rules and records do not:`,
    '',
    ...renderShell([
      'git init --initial-branch=main mirror && cd mirror',
      ...(first === undefined ? [] : [formatInit(first, manifest)]),
      'git add --all && git commit --message "Take over what production serves"',
      'olmirror plan',
    ]),
    ...listByHand([
      [
        catalogs.length > 1,
        `That is for the first catalog; add the others to the manifest, then ${formatCode('olmirror init NAME')} for each.`,
      ],
      [
        staging.insecure && !production.insecure,
        'Set `insecure: true` of staging in the manifest again, too.',
      ],
      [
        manifest.paths.length > 0,
        'The path rules under “What is where” must be written into the manifest again, too.',
      ],
    ]),
  ];
}

function listByHand(notes: readonly (readonly [boolean, string])[]): readonly string[] {
  return notes.flatMap(([applies, note]) => (applies ? ['', note] : []));
}

function formatInit(
  { entry, repository }: HandoverCatalog,
  { registries: { production, staging } }: Handover['manifest'],
): string {
  const index = `${production.host}/${repository.production}:${entry.tag.production}`;
  const insecure = production.insecure ? ' --insecure' : '';
  return `olmirror init ${quoteShell(entry.name)} --from ${quoteShell(index)} --staging ${quoteShell(staging.host)}${insecure}`;
}
