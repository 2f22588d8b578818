import { compareBytes, formatBytes } from '../base/text.ts';
import type { RoleName } from '../manifest/types.ts';
import type { Check, RepositoryBytes, Step, Storage } from './types.ts';

/** Sums what copies and pushes move into each repository; the most first, repositories that get nothing left out. */
export function sumByRepository(steps: readonly Step[]): readonly RepositoryBytes[] {
  const sums = new Map<string, { images: number; bytes: number }>();
  for (const step of steps) {
    if (step.kind !== 'copy' && step.kind !== 'push-index') continue;
    const repository = step.kind === 'copy' ? step.to.repository : step.repository;
    const sum = sums.get(repository) ?? { images: 0, bytes: 0 };
    sums.set(repository, { images: sum.images + 1, bytes: sum.bytes + step.bytes });
  }
  return [...sums]
    .map(([repository, sum]) => ({ repository, ...sum }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes || compareBytes(a.repository, b.repository));
}

/** What is known of the room that a plan needs. */
export interface Room {
  /** To be moved. */
  readonly bytes: number;
  readonly storage: Storage | null;
  /** Why the free space is unknown. */
  readonly fault: string | null;
  /** The role that it is moved to. */
  readonly role: RoleName;
}

/**
 * Warns where what is to move does not fit into the storage of the serving registry, or nobody can tell. It blocks nothing:
 * the registry may hold some of the layers already, which only its own clean-up knows.
 */
export function checkCapacity({ bytes, storage, fault, role }: Room): readonly Check[] {
  if (bytes === 0 || storage === null) return [];
  const { path, freeBytes } = storage;
  if (freeBytes === null)
    return [
      warn(
        `How much room ${role} has at ${path} is unknown${fault === null ? '.' : `: ${fault}`}`,
        `Correct \`storagePath\` of ${role} in mirror.yaml, or take it out.`,
      ),
    ];
  if (bytes <= freeBytes) return [];
  return [
    warn(
      `${formatBytes(bytes)} are to be moved, and ${role} has ${formatBytes(freeBytes)} free at ${path}.`,
      'Make room there before you apply. Images that do not fit fail, and their index stays as it is.',
    ),
  ];
}

function warn(message: string, hint: string): Check {
  return {
    kind: 'capacity',
    severity: 'warning',
    message,
    hint,
    catalog: null,
    item: null,
    neededBy: [],
  };
}
