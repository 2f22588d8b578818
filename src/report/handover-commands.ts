import { letsTagsMove } from '../manifest/defaults.ts';
import type { RegistryEntry } from '../manifest/types.ts';
import type { Handover, HandoverCatalog } from '../plan/handover-types.ts';
import { formatCellCode, formatCode } from './escape-markdown.ts';

/** What a stranger does, in order, to take the next delivery; the lines of its block are run as they stand. */
export function listNextDelivery(handover: Handover): readonly string[] {
  const { manifest, remote, catalogs } = handover;
  const { production, staging } = manifest.registries;
  const olmirror = nameProgram(handover);
  return [
    'You need, once:',
    '',
    `- olmirror, git and skopeo on this machine${catalogs.some(({ entry }) => entry.builder === 'podman') ? ', and podman' : ''}.`,
    `- This repository: ${remote === null ? 'it has no remote, so the clone that you read this in is the only one' : `${formatCode(`git clone ${quoteShell(remote)}`)}`}. Run everything in the folder of this file.`,
    `- A login at both registries: ${[production, staging].map(formatLogin).join(' and ')}. In staging you need to read, in production to write too.`,
    '',
    `The delivery must lie in staging, ${formatCode(staging.host)}, first: the images that it brings, and for each catalog its index:`,
    '',
    '| catalog | index in staging |',
    '|---|---|',
    ...catalogs.map(
      ({ entry, repository }) =>
        `| ${formatCellCode(entry.name)} | ${formatCellCode(`${staging.host}/${repository.staging}:${entry.tag.staging}`)} |`,
    ),
    '',
    `Whatever fills it will do. With oc-mirror v2, for example, from a disk that was carried in: ${formatCode(`oc mirror --v2 --config imageset-config.yaml --from file:///mnt/disk docker://${joinPlace(staging)}`)}. A delivery need not bring what was delivered before: operators that it leaves out stay.`,
    '',
    'Then, line by line:',
    '',
    ...block([
      ...(remote === null ? [] : ['git pull --ff-only']),
      'git status --short',
      `${olmirror} doctor`,
      ...listMerges(catalogs, olmirror),
      'git --no-pager diff --stat',
      `${olmirror} validate`,
      'git add --all',
      'git commit --message "Take in the next delivery"',
      `${olmirror} plan`,
      `${olmirror} apply`,
      `${olmirror} status --handover`,
      'git add --all',
      'git commit --message "Refresh the hand-over"',
      ...(remote === null ? [] : ['git push']),
    ]),
    '',
    '- `git status --short` must print nothing: commit or undo first what it names.',
    `- ${formatCode(`${olmirror} merge`)} says what the delivery changes. Where it finds no index (exit code 1), or nothing new, that catalog was not delivered; where none was, stop there. Exit code 4 means that a package stays as it was, since its upgrade path has a gap: its hint says what to bring or to declare; the rest can go on.`,
    `- ${formatCode(`${olmirror} plan`)} ends with exit code 2: there is something to do. With 1 or 4 read what it says before you go on: nothing has been written then.`,
    `- ${formatCode(`${olmirror} apply`)} may be cut off and run again at any time. Clusters see the new index at its end, when every image is there.`,
    ...(letsTagsMove(production)
      ? []
      : [
          `- No tag moves in production, so clusters must be told of the new index afterwards: ${formatCode('oc apply --filename cluster/')} on each.`,
        ]),
    '- Where `olmirror watch` runs, it does what `plan` and `apply` do, as soon as the commit reaches it.',
  ];
}

/** How to get back what was served, what Git said, and what production lost. */
export function listRestore(handover: Handover): readonly string[] {
  const { catalogs, manifest, remote } = handover;
  const { production, staging } = manifest.registries;
  const olmirror = nameProgram(handover);
  const filled = catalogs.filter(({ packages }) => packages > 0);
  const several = filled.length > 1 ? ' Of these lines take those of the catalog in question.' : '';
  return [
    `**Clusters must have the index of before, at once.** Nothing is built or copied; the pin that it writes holds the index there until you take it out of the manifest. Put your own reason.${several}`,
    '',
    ...block([
      ...filled.flatMap(({ entry }) => [
        `${olmirror} index list ${quoteShell(entry.name)}`,
        `${olmirror} index rollback previous --catalog ${quoteShell(entry.name)} --apply --reason "broken"`,
      ]),
      'git add --all',
      'git commit --message "Go back to the index of before"',
    ]),
    '',
    '**A delivery must go out of Git again.** Images stay in production; put the commit that took it in:',
    '',
    ...block([
      'git log --oneline -- deliveries',
      'git revert --no-edit COMMIT',
      `${olmirror} plan`,
      `${olmirror} apply`,
    ]),
    '',
    `**The index tag was moved or deleted by somebody.** Where it holds an index that nobody took in, ${formatCode(`${olmirror} plan`)} names it: take that in first, so that nothing in it is lost. Where the merge finds nothing new, there is nothing to commit.`,
    '',
    ...block([
      `${olmirror} plan`,
      ...filled.map(({ entry }) => `${olmirror} merge ${quoteShell(entry.name)} --from production`),
      'git add --all',
      'git commit --message "Take in what production serves"',
      `${olmirror} apply`,
    ]),
    '',
    '**Images of production are gone or damaged.** What staging still has is copied again:',
    '',
    ...block([`${olmirror} plan --verify deep`, `${olmirror} apply --verify deep`]),
    '',
    remote === null
      ? '**This repository is gone.** It has no remote, so the catalogs come back out of what production serves; rules and records do not:'
      : `**This repository is gone.** ${formatCode(`git clone ${quoteShell(remote)}`)} brings all of it. Without it the catalogs come back out of what production serves; rules and records do not:`,
    '',
    ...block([
      'git init --initial-branch=main mirror && cd mirror',
      ...filled.slice(0, 1).map((catalog) => formatInit(catalog, handover)),
      'git add --all && git commit --message "Take over what production serves"',
      'olmirror plan',
    ]),
    ...(catalogs.length > 1
      ? [
          '',
          `That is for the first catalog; add the others to the manifest, then ${formatCode('olmirror init NAME')} for each.`,
        ]
      : []),
    ...(staging.insecure && !production.insecure
      ? ['', 'Set `insecure: true` of staging in the manifest again, too.']
      : []),
    ...(manifest.paths.length > 0
      ? ['', 'The path rules under “What is where” must be written into the manifest again, too.']
      : []),
  ];
}

// A catalog that was not delivered must not keep the others from being merged.
function listMerges(catalogs: readonly HandoverCatalog[], olmirror: string): readonly string[] {
  if (catalogs.length < 2) return [`${olmirror} merge`];
  return catalogs.map(({ entry }) => `${olmirror} merge ${quoteShell(entry.name)}`);
}

function formatInit({ entry, repository }: HandoverCatalog, { manifest }: Handover): string {
  const { production, staging } = manifest.registries;
  const index = `${production.host}/${repository.production}:${entry.tag.production}`;
  const insecure = production.insecure ? ' --insecure' : '';
  return `olmirror init ${quoteShell(entry.name)} --from ${quoteShell(index)} --staging ${quoteShell(staging.host)}${insecure}`;
}

function joinPlace({ host, pathPrefix }: RegistryEntry): string {
  return pathPrefix === '' ? host : `${host}/${pathPrefix}`;
}

function formatLogin({ host, insecure, authFile }: RegistryEntry): string {
  const file = authFile === null ? '' : ` --authfile ${quoteShell(authFile)}`;
  return formatCode(
    `skopeo login${insecure ? ' --tls-verify=false' : ''}${file} ${quoteShell(host)}`,
  );
}

/** The command as it is to be typed in the folder of the manifest. */
export function nameProgram({ manifestFile }: Pick<Handover, 'manifestFile'>): string {
  return manifestFile === 'mirror.yaml'
    ? 'olmirror'
    : `olmirror --manifest ${quoteShell(manifestFile)}`;
}

function quoteShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function block(lines: readonly string[]): readonly string[] {
  return ['```sh', ...lines, '```'];
}
