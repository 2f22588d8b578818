import type { PushEnd, PushRequest } from './port.ts';
import { listAccess, listPlaces, type SkopeoPlaces } from './skopeo-arguments.ts';
import { isRefusedForNow } from './skopeo-errors.ts';

/** The arguments of a run that pushes every image below a folder, by its path there. */
export function buildPushArguments(
  { host, access }: Pick<PushRequest, 'host' | 'access'>,
  places: SkopeoPlaces,
  folder: string,
): readonly string[] {
  return [
    ...listPlaces(places),
    'sync',
    // Without it only the last part of a path counts.
    '--scoped',
    '--src',
    'dir',
    '--dest',
    'docker',
    '--all',
    '--preserve-digests',
    '--remove-signatures',
    ...listAccess('dest', access, places.destinationCertFolder),
    folder,
    host,
  ];
}

export interface PushLog {
  /** Of all images that were to be pushed. */
  readonly names: readonly string[];
  /** Whether the run ended well. */
  readonly succeeded: boolean;
  readonly errors: string;
}

// Seen in 1.9.3.
const BEGUN = /msg="Copying image \w+ \d+\/\d+".* to="docker:\/\/([^"]+)"/gm;

/**
 * Which images went through. skopeo names each when it begins with it and ends at the first that fails,
 * so all before the last one did.
 */
export function readPushLog(host: string, { names, succeeded, errors }: PushLog): PushEnd {
  if (succeeded) return { pushed: new Set(names), isRefused: false };
  const begun = [...errors.matchAll(BEGUN)].map(([, name = '']) => name.slice(host.length + 1));
  return { pushed: new Set(begun.slice(0, -1)), isRefused: isRefusedForNow(errors) };
}
