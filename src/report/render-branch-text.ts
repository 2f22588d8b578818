import { formatCount, joinNames } from '../base/text.ts';
import type {
  CatalogBranch,
  InstalledBundle,
  LimitedBundle,
  LimitedPackage,
} from '../plan/branch-types.ts';
import { renderLines } from './clean-line.ts';

/** What comes along into the new catalog, which bundles hold clusters back, and what is left to do. */
export function renderBranchText(branch: CatalogBranch): string {
  return renderLines([
    `Catalog ${branch.catalog} ← ${branch.from}: ${formatCount(branch.packages, 'package')} with ${formatCount(branch.bundles, 'bundle')} come along`,
    ...listFields(branch),
    ...branch.leftOut.map((rule) => `  left out, as it has ended: ${rule}`),
    ...listLimits(branch),
    ...listUnknown(branch),
    ...listNext(branch),
  ]);
}

function listFields({
  repository,
  tag,
  path,
  base,
  catalogSource,
}: CatalogBranch): readonly string[] {
  const { production, staging } = repository;
  const place = production === staging ? '' : `, in staging ${staging}:${tag}`;
  return [
    `  index   ${production}:${tag}${place}`,
    `  folder  ${path}`,
    `  base    ${base}`,
    `  served  by the CatalogSource ${catalogSource.namespace}/${catalogSource.name}`,
  ];
}

function listLimits(branch: CatalogBranch): readonly string[] {
  const { openshift, limited, tag } = branch;
  if (openshift === null)
    return [
      `  warning: The tag ${tag} names no release of OpenShift, so no olm.maxOpenShiftVersion was looked at. Name the release with --openshift 4.20.`,
    ];
  if (limited.length === 0) return [`  No bundle is made for less than OpenShift ${openshift}.`];
  return [
    `  Made for less than OpenShift ${openshift} (olm.maxOpenShiftVersion); OLM does not let a cluster go there while one of them is installed:`,
    ...limited.map(formatLimited),
    ...listInstalled(branch, openshift),
  ];
}

function formatLimited({ package: name, bundles }: LimitedPackage): string {
  return `    ${name}: ${joinNames(bundles.map(({ bundle, max }) => `${bundle} (${max})`))}`;
}

function listInstalled({ limited, inUse }: CatalogBranch, openshift: string): readonly string[] {
  if (!inUse)
    return [
      '  There is no in-use.yaml, so nobody knows which of them are installed: `oc get csv -A` tells it.',
    ];
  return limited
    .flatMap(({ bundles }) => bundles)
    .flatMap((bundle) =>
      bundle.installed.map(
        (at) =>
          `  warning: ${bundle.bundle} is installed on ${formatPlace(at)}. ${advise(bundle, openshift)}`,
      ),
    );
}

function advise({ upgrades }: LimitedBundle, openshift: string): string {
  if (upgrades.length === 0)
    return `No head that it gets to allows ${openshift}: deliver a newer version, and upgrade the operator before the cluster.`;
  const heads = upgrades.map(({ channel, head }) => `${head} (channel ${channel})`);
  return `Upgrade the operator before the cluster: to ${heads.join(' or ')}.`;
}

function listUnknown({ unknown, from }: CatalogBranch): readonly string[] {
  return unknown.map(
    (at) =>
      `  warning: ${at.bundle} is installed on ${formatPlace(at)}, and ${from} does not have it: which OpenShift it allows is not known here.`,
  );
}

function formatPlace({ cluster, user, seen }: InstalledBundle): string {
  return `${cluster} (${user}${seen === null ? '' : `, seen ${seen}`})`;
}

function listNext({
  dryRun,
  next,
  from,

  catalogSource,
}: CatalogBranch): readonly string[] {
  if (dryRun) return ['Dry run: nothing was written.'];
  return [
    'Look at it with `git diff`. Then:',
    ...next.map((command) => `  ${command}`),
    `Both catalogs are served meanwhile, each with what is merged into it. Let the Subscriptions of a cluster that was upgraded follow ${catalogSource.name}; when none follows ${from} any more: \`olmirror retire ${from}\`.`,
  ];
}
