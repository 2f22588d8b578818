import { formatProblemLine } from '../base/problem.ts';
import { findPointers, type Pointer, type RegistryNames } from '../cluster/find-pointers.ts';
import type { ClusterFile } from '../cluster/point-cluster-files.ts';
import { readClusterObjects } from '../cluster/read-objects.ts';
import type { RelocateHindrance, RelocateUnclear } from '../plan/relocate-check-types.ts';
import type { RelocatedFindings } from './check-relocated-images.ts';

/** Looks for what Git says below `cluster/` of production: whoever applies it would bring that back. */
export function checkDeclaredPointers(
  files: readonly ClusterFile[],
  production: RegistryNames,
): RelocatedFindings {
  const read = files.map(({ path, text }) => readClusterObjects(path, text));
  const objects = read.flatMap((file) => file.objects);
  return {
    proved: 0,
    hindrances: findPointers(objects, production).pointers.map(describePointer),
    unclear: read
      .flatMap(({ problems }) => problems)
      .map(
        (problem): RelocateUnclear => ({
          kind: 'reference',
          cluster: null,
          subject: problem.file ?? 'cluster/',
          users: [],
          message: formatProblemLine(problem),
          next: 'Correct the file, and commit it.',
        }),
      ),
    warnings: [],
  };
}

function describePointer({ object, file, reference, source }: Pointer): RelocateHindrance {
  const what = source === null ? `names ${reference}` : `sends ${source} to ${reference}`;
  return {
    kind: 'names-production',
    cluster: null,
    subject: `${object} (${file})`,
    users: [],
    message: `Git tells clusters so: it ${what}, which is production.`,
    next: 'Take production out of that file, commit it, and let it be applied.',
  };
}
