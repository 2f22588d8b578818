import { formatCount } from '../base/text.ts';
import type { CatalogRetirement, CatalogUser } from '../plan/retirement-types.ts';
import { renderLines } from './clean-line.ts';

/** What became of a catalog that was to go, or who follows it. */
export function renderRetirementText(retirement: CatalogRetirement): string {
  return renderLines([
    formatVerdict(retirement),
    `  clusters see it by ${retirement.catalogSources.map(({ name, namespace }) => `the CatalogSource ${namespace}/${name}`).join(', ')}`,
    `  ${formatKnown(retirement)}`,
    ...retirement.users.flatMap(listUser),
    ...retirement.unclear.map((fault) => `  cannot be read: ${fault}`),
    ...(retirement.refused === null ? listDone(retirement) : listRefused(retirement)),
  ]);
}

function formatVerdict({ catalog, refused, dryRun }: CatalogRetirement): string {
  if (refused === 'in-use') return `Catalog ${catalog} stays: it is followed.`;
  if (refused === 'unknown')
    return `Catalog ${catalog} stays: whether something follows it is not known.`;
  return `Catalog ${catalog} ${dryRun ? 'would go' : 'is gone'} from the working tree.`;
}

function formatKnown({ clusters, followers }: CatalogRetirement): string {
  const inUse =
    clusters === null
      ? 'there is no in-use.yaml'
      : `in-use.yaml lists ${formatCount(clusters, 'cluster')}`;
  return `${inUse}; ${formatCount(followers, 'Subscription or ClusterExtension', 'Subscriptions and ClusterExtensions')} among the objects`;
}

function listUser({
  user,
  cluster,
  file,
  seen,
  package: name,
  bundle,
  source,
  why,
  advice,
}: CatalogUser): readonly string[] {
  const where = cluster ?? file ?? '';
  const details = [
    `follows ${name}${source === null ? '' : ` from ${source}`}`,
    ...(bundle === null ? [] : [`${bundle} installed`]),
    ...(seen === null ? [] : [`seen ${seen}`]),
  ];
  return [
    `  ${where}: ${user} ${details.join(', ')}`,
    ...(why === null ? [] : [`      ${why}`]),
    `      ${advice}`,
  ];
}

function listRefused({ refused, catalog }: CatalogRetirement): readonly string[] {
  const hint =
    refused === 'in-use'
      ? `Do that, correct in-use.yaml or give the objects anew, then repeat \`olmirror retire ${catalog}\`.`
      : 'Give the objects of every cluster with --cluster-resources DIR (`oc get subscriptions.operators.coreos.com,catalogsources -A -o yaml`), or list the clusters in in-use.yaml. --force goes on without.';
  return [`Nothing was written. ${hint}`];
}

function listDone(retirement: CatalogRetirement): readonly string[] {
  const { catalog, files, left, debts, dryRun, forced, host, repository, tag } = retirement;
  return [
    ...(forced ? ['  warning: --force was given: nobody knows whether something follows it.'] : []),
    `  ${formatCount(files.length, 'file')} ${dryRun ? 'would be' : 'were'} removed or changed; delivery records stay`,
    ...debts.map(
      (debt) =>
        `  ${formatCount(debt.images, 'image')} that production was known to lack ${dryRun ? 'would be' : 'are'} listed for ${debt.catalog} now`,
    ),
    ...left.map((object) => `  stays, as people wrote it, and serves ${catalog} still: ${object}`),
    `Production is not touched: ${host}/${repository}:${tag} and its images stay. \`olmirror audit\` lists what nothing else explains, once this is committed.`,
    dryRun
      ? 'Dry run: nothing was written.'
      : `Look at it with \`git diff\`, then: git add --all && git commit -m "Retire ${catalog}"`,
  ];
}
