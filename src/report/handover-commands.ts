import { letsTagsMove } from '../manifest/defaults.ts';
import { servingRegistry, servingRole } from '../manifest/serving-role.ts';
import type { RegistryEntry } from '../manifest/types.ts';
import type { Handover, HandoverCatalog } from '../plan/handover-types.ts';
import { formatCellCode, formatCode } from './escape-markdown.ts';
import { nameProgram, quoteShell, renderShell } from './handover-shell.ts';

/** What a stranger does, in order, to take the next delivery; the lines of its block are run as they stand. */
export function listNextDelivery(handover: Handover): readonly string[] {
  return [
    ...listNeeds(handover),
    '',
    ...listArrival(handover),
    '',
    'Then, line by line:',
    '',
    ...renderShell(listCommands(handover)),
    '',
    ...listNotes(handover),
  ];
}

function listNeeds({ manifest, remote, catalogs }: Handover): readonly string[] {
  const { production, staging } = manifest.registries;
  const podman = catalogs.some(({ entry }) => entry.builder === 'podman') ? ', podman' : '';
  const clone =
    remote === null
      ? 'it has no remote, so the clone that you read this in is the only one'
      : formatCode(`git clone ${quoteShell(remote)}`);
  return [
    'You need, once:',
    '',
    `- On this machine git, skopeo${podman}, Node 22.15 or later, and olmirror: \`npm install --global\` of its package, a .tgz file that needs nothing else.`,
    `- This repository: ${clone}. Run everything in the folder of this file.`,
    `- A login at both registries: ${[production, staging].map(formatLogin).join(' and ')}. In staging you need to read, in production to write too.`,
  ];
}

function listArrival({ manifest, catalogs }: Handover): readonly string[] {
  const { staging } = manifest.registries;
  const mirror = `oc mirror --v2 --config imageset-config.yaml --from file:///mnt/disk docker://${joinPlace(staging)}`;
  return [
    `The delivery must lie in staging, ${formatCode(staging.host)}, first: the images that it brings, and for each catalog its index:`,
    '',
    '| catalog | index in staging |',
    '|---|---|',
    ...catalogs.map(
      ({ entry, repository }) =>
        `| ${formatCellCode(entry.name)} | ${formatCellCode(`${staging.host}/${repository.staging}:${entry.tag.staging}`)} |`,
    ),
    '',
    `Whatever fills it will do. With oc-mirror v2, for example, from a disk that was carried in: ${formatCode(mirror)}. A delivery need not bring what was delivered before: operators that it leaves out stay.`,
  ];
}

function listCommands(handover: Handover): readonly string[] {
  const { remote, catalogs } = handover;
  const olmirror = nameProgram(handover);
  return [
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
  ];
}

// A catalog that was not delivered must not keep the others from being merged.
function listMerges(catalogs: readonly HandoverCatalog[], olmirror: string): readonly string[] {
  if (catalogs.length < 2) return [`${olmirror} merge`];
  return catalogs.map(({ entry }) => `${olmirror} merge ${quoteShell(entry.name)}`);
}

function listNotes(handover: Handover): readonly string[] {
  const olmirror = nameProgram(handover);
  const tell = letsTagsMove(servingRegistry(handover.manifest))
    ? []
    : [
        `- No tag moves in ${servingRole(handover.manifest)}, so clusters must be told of the new index afterwards: ${formatCode('oc apply --filename cluster/')} on each.`,
      ];
  return [
    '- `git status --short` must print nothing: commit or undo first what it names.',
    `- ${formatCode(`${olmirror} merge`)} says what the delivery changes. Where it finds no index (exit code 1), or nothing new, that catalog was not delivered; where none was, stop there. Exit code 4 means that a package stays as it was, since its upgrade path has a gap: its hint says what to bring or to declare; the rest can go on.`,
    `- ${formatCode(`${olmirror} plan`)} ends with exit code 2: there is something to do. With 1 or 4 read what it says before you go on: nothing has been written then.`,
    `- ${formatCode(`${olmirror} apply`)} may be cut off and run again at any time. Clusters see the new index at its end, when every image is there.`,
    ...tell,
    '- Where `olmirror watch` runs, it does what `plan` and `apply` do, as soon as the commit reaches it.',
  ];
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
