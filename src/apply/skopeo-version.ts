import { ToolError } from '../base/tool-error.ts';
import { askVersion } from './run-group.ts';

const INSTALL_HINT =
  'Install it: `apt-get install skopeo` on Debian and Ubuntu, `dnf install skopeo` on Fedora and RHEL.';
// The first release with --multi-arch and --preserve-digests.
const OLDEST = { major: 1, minor: 6 };

/** Reads the version of skopeo. Throws `APPLY_NO_SKOPEO`, or `APPLY_OLD_SKOPEO` below 1.6. */
export async function readSkopeoVersion(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const said = await askVersion({
    program: path,
    environment,
    fail: (why, cause) =>
      new ToolError('APPLY_NO_SKOPEO', `skopeo cannot be run as "${path}": ${why}.`, {
        hint: INSTALL_HINT,
        cause,
      }),
  });
  const match = /(\d+)\.(\d+)(\.\d+)?\S*/.exec(said);
  const [version = said, major, minor] = match ?? [];
  if (
    Number(major) > OLDEST.major ||
    (Number(major) === OLDEST.major && Number(minor) >= OLDEST.minor)
  )
    return version;
  throw new ToolError(
    'APPLY_OLD_SKOPEO',
    `skopeo ${version} is too old: copying without changing digests needs 1.6 or later.`,
    { hint: `Bring a newer one. ${INSTALL_HINT}` },
  );
}

/**
 * Whether skopeo of this version adds annotations to an index with layers in zstd and then refuses
 * it because its digest would change: 1.14 to 1.22 (skopeo#2778).
 */
export function breaksZstdIndexes(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 1 && minor >= 14 && minor <= 22;
}
