import { FORMAT, type Parser, type Run, WORKING_TREE } from './command-options.ts';
import { LIVE, readLivePlace } from './live-options.ts';
import { parseClusterVersion } from './load-resources.ts';

const KINDS = [
  'ImageDigestMirrorSet',
  'ImageTagMirrorSet',
  'ImageContentSourcePolicy',
  'CatalogSource',
  'ClusterCatalog',
  'ConfigMap',
  'UpdateService',
] as const;

export function addResources(parser: Parser, run: Run): void {
  parser.command(
    'resources',
    'What clusters must be told to find every image and index; nothing is applied',
    (command) => {
      addDiff(command, run);
      return addChoices(command)
        .option('kinds', {
          type: 'string',
          array: true,
          choices: KINDS,
          default: [],
          describe: 'Kind of objects; may be repeated; all without it',
          requiresArg: true,
          global: false,
        })
        .option('output', {
          alias: 'o',
          type: 'string',
          describe: 'Folder that gets a file for each object; what else is in it stays',
          requiresArg: true,
          global: false,
        })
        .option('format', {
          choices: ['yaml', 'json'] as const,
          default: 'yaml' as const,
          describe: 'Form of the objects',
          requiresArg: true,
          global: false,
        })
        .example('$0 resources -o cluster/prod', 'For Argo CD: one file for each object, sorted')
        .epilogue('Exit codes: 0 made; 1 an error.');
    },
    ({ format, kinds, output = null, ...args }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/resources.ts')).runResources(
            { ...readChoices(args), kinds, output, format },
            context,
            wiring,
          ),
        { ...args, format },
      ),
  );
}

function addDiff(parser: Parser, run: Run): void {
  parser.command(
    'diff',
    'Would a cluster find every image? And what else is it told than it must be?',
    (command) =>
      addChoices(command)
        .option('cluster', {
          type: 'string',
          describe: 'Take the mirror rules of this cluster from in-use.yaml',
          requiresArg: true,
          conflicts: ['kubeconfig', 'context'],
        })
        .option('exit-code', {
          type: 'boolean',
          default: false,
          describe: 'End with 2 where something differs',
        })
        .option('format', FORMAT)
        .example(
          '$0 resources diff --from ../clusters/prod',
          'Objects as `oc get -o yaml` prints them',
        )
        .epilogue(
          'Exit codes: 0 every image would be found; 1 an error; 2 something differs, with --exit-code; 4 images would not be found. Without --from, --kubeconfig and --cluster the files below cluster/ are held against it.',
        ),
    ({ cluster = null, exitCode, format, ...args }) =>
      run(
        async (context, wiring) =>
          (await import('./commands/resources-diff.ts')).runResourcesDiff(
            { ...readChoices(args), cluster, exitCode, format },
            context,
            wiring,
          ),
        { ...args, format },
      ),
  );
}

function addChoices(parser: Parser) {
  return parser
    .option('from', {
      type: 'string',
      array: true,
      default: [],
      describe:
        'File or folder with objects of a cluster (YAML, JSON): names and release signatures are kept; may be repeated',
      requiresArg: true,
    })
    .option('cluster-version', {
      type: 'string',
      describe:
        'Version of OpenShift: up to 4.12 an ImageContentSourcePolicy, up to 4.17 no ClusterCatalog',
      requiresArg: true,
    })
    .option('graph-image', {
      type: 'string',
      describe: 'Image with the upgrade graph, for the UpdateService',
      requiresArg: true,
    })
    .options(LIVE)
    .option('working-tree', WORKING_TREE);
}

function readChoices(args: {
  readonly from: readonly string[];
  readonly clusterVersion?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly graphImage?: string | undefined;
  readonly workingTree: boolean;
}) {
  const { from, clusterVersion, graphImage = null, workingTree } = args;
  return {
    from,
    live: readLivePlace(args),
    graphImage,
    workingTree,
    clusterVersion: clusterVersion === undefined ? null : parseClusterVersion(clusterVersion),
  };
}
