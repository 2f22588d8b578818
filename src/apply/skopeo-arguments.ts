import { isDigest } from '../base/digest.ts';
import type { CopyRequest, RegistryAccess, RegistryTarget } from './port.ts';

/** Private places of a skopeo run, so that nothing of the machine's configuration changes what it does. */
export interface SkopeoPlaces {
  /** HOME and what else says where settings lie. */
  readonly home: Readonly<Record<string, string>>;
  readonly registriesFolder: string;
  /** Where skopeo remembers which repository of a registry holds which blob; null: nowhere. */
  readonly memoryFolder: string | null;
  /** In place of `certs.d`; null where there are no certificates for the registry. */
  readonly sourceCertFolder: string | null;
  readonly destinationCertFolder: string | null;
  /** The run's own: for its temporary files. */
  readonly runFolder: string;
}

/**
 * Lists the arguments of one copy. Digests are preserved, always, and all platforms are copied
 * save in the recovery of a half-copied index (promise 4). The run is cut off from registries.conf,
 * policy.json and signature lookasides (`makePrivateHome`); cosign signatures are images of their own and not touched.
 */
export function buildCopyArguments(request: CopyRequest, places: SkopeoPlaces): readonly string[] {
  const { source, destination, sourceAccess, destinationAccess } = request;
  return [
    ...listPlaces(places),
    'copy',
    ...(request.multiArch === 'all' ? ['--all'] : ['--multi-arch', request.multiArch]),
    '--preserve-digests',
    '--remove-signatures',
    ...(sourceAccess === null ? [] : listAccess('src', sourceAccess, places.sourceCertFolder)),
    ...listAccess('dest', destinationAccess, places.destinationCertFolder),
    // The run's working folder is the layout, because a colon in a path would end it.
    'layout' in source ? 'oci:.' : formatSource(source),
    formatSource(destination),
  ];
}

/** What stands before the command, so that nothing of the machine counts. */
export function listPlaces({ registriesFolder, runFolder }: SkopeoPlaces): readonly string[] {
  return ['--insecure-policy', '--registries.d', registriesFolder, '--tmpdir', runFolder];
}

/** How one side of the run is reached. */
export function listAccess(
  side: 'src' | 'dest',
  access: RegistryAccess,
  certFolder: string | null,
): readonly string[] {
  return [
    `--${side}-tls-verify=${!access.insecure}`,
    ...(access.authFile === null ? [] : [`--${side}-authfile`, access.authFile]),
    ...(certFolder === null ? [] : [`--${side}-cert-dir`, certFolder]),
  ];
}

function formatSource(target: RegistryTarget): string {
  return `docker://${formatTarget(target)}`;
}

/** `host/repository:tag` or `host/repository@digest`. */
export function formatTarget(target: RegistryTarget): string {
  const separator = isDigest(target.reference) ? '@' : ':';
  return `${target.host}/${target.repository}${separator}${target.reference}`;
}

/** How the ends of a run are reached. */
export type Accesses = Pick<CopyRequest, 'sourceAccess' | 'destinationAccess'>;

/**
 * Whether the run looks for credentials in the default auth files. Where there is an auth file for every side it
 * must not: skopeo before 1.11 reads the default files besides and fails on a bad one.
 */
export function looksUpCredentials({ sourceAccess, destinationAccess }: Accesses): boolean {
  return [sourceAccess, destinationAccess].some((access) => access?.authFile === null);
}

// Below it no folder can be made, so that skopeo remembers in the process: on disk it syncs some twenty times a copy.
const NOWHERE = '/dev/null';
// Any user but root: for root skopeo remembers blobs below /var/lib/containers, with everybody's runs
// (containers/image, pkg/blobinfocache/default.go). Nothing else that a copy does hangs on it.
const NOT_ROOT = { _CONTAINERS_ROOTLESS_UID: '65534' };

// Most of a small copy is the start of skopeo and waiting: threads of Go that wake each other, and its collector, take an
// eighth of the CPU time of it. A large one needs them, to hash and encrypt side by side.
const SMALL_RUN = { GOMAXPROCS: '1', GOGC: '400' };

/** What a run sees of the environment. `kept`: by `keepForChildren`. */
export function buildEnvironment(
  { isSmall }: Pick<CopyRequest, 'isSmall'>,
  kept: Readonly<Record<string, string>>,
  places: SkopeoPlaces,
): Record<string, string> {
  const memory = { XDG_DATA_HOME: places.memoryFolder ?? NOWHERE, ...NOT_ROOT };
  return { ...(isSmall && SMALL_RUN), ...kept, ...places.home, ...memory, LC_ALL: 'C' };
}
