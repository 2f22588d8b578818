import { stat } from 'node:fs/promises';
import { formatProblemLine, type Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { type ReadObjects, readClusterObjects } from '../cluster/read-objects.ts';
import { readFile } from '../files/read-file.ts';
import type { CommandContext } from './context.ts';
import { readClusterFolder } from './read-cluster-folder.ts';

/**
 * Reads the objects in files and folders. What lies there may be in use: throws `CLUSTER_UNREADABLE` with every fault where
 * a file cannot be read, or where there is no object at all. Documents of a folder that are no objects, as a must-gather has
 * them, are warned of.
 */
export async function readGivenObjects(
  places: readonly string[],
  { console }: Pick<CommandContext, 'console'>,
): Promise<ReadObjects> {
  const read = (await Promise.all(places.map(readPlace))).flat();
  const faults = read.flatMap(({ faults: own }) => own);
  if (faults.length > 0)
    throw new ToolError(
      'CLUSTER_UNREADABLE',
      `Objects of the cluster cannot be read, so nobody knows what it uses:\n${faults.map(formatProblemLine).join('\n')}\nNothing was written.`,
      { hint: 'Give what `oc get KIND -A -o yaml` prints, whole.' },
    );
  for (const problem of read.flatMap(({ warnings }) => warnings))
    console.warn(formatProblemLine({ ...problem, severity: 'warning' }));
  const objects = read.flatMap((file) => file.objects);
  const empty = read.flatMap((file) => file.empty);
  const isTold = empty.some(({ kind }) => kind !== 'List');
  if (objects.length > 0 || isTold)
    return { objects, cut: read.flatMap(({ cut }) => cut), empty, problems: [] };
  throw new ToolError(
    'CLUSTER_UNREADABLE',
    `There is no object of a cluster in ${places.join(', ')}. Nothing was written.`,
    { hint: 'Give what `oc get KIND -A -o yaml` prints, or the folder of a must-gather.' },
  );
}

interface ReadFile extends Omit<ReadObjects, 'problems'> {
  readonly faults: readonly Problem[];
  readonly warnings: readonly Problem[];
}

async function readPlace(place: string): Promise<readonly ReadFile[]> {
  const isFolder = (await stat(place).catch(() => null))?.isDirectory() ?? false;
  const files = isFolder
    ? await readClusterFolder(place)
    : [{ path: place, text: Buffer.from(await readFile(place)).toString() }];
  return files.map(({ path, text }) => {
    const { problems, ...found } = readClusterObjects(path, text);
    // Valid JSON that is no object lies beside objects in a must-gather; what is broken may be one.
    const warnings = isFolder ? problems.filter(({ line }) => line === undefined) : [];
    return {
      ...found,
      faults: problems.filter((problem) => !warnings.includes(problem)),
      warnings,
    };
  });
}
