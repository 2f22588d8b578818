import { execa } from 'execa';
import { ToolError } from '../base/tool-error.ts';

const INSTALL_HINT =
  'Install it: `apt-get install skopeo` on Debian and Ubuntu, `dnf install skopeo` on Fedora and RHEL.';
// The first release with --multi-arch and --preserve-digests.
const OLDEST = { major: 1, minor: 6 };

/** Reads the version of skopeo. Throws `APPLY_NO_SKOPEO`, or `APPLY_OLD_SKOPEO` below 1.6. */
export async function readSkopeoVersion(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const result = await execa(path, ['--version'], {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 20_000,
  });
  if (result.failed) {
    throw new ToolError(
      'APPLY_NO_SKOPEO',
      `skopeo cannot be run as "${path}": ${result.originalMessage ?? result.shortMessage}.`,
      { hint: INSTALL_HINT, cause: result },
    );
  }
  const match = /(\d+)\.(\d+)(\.\d+)?\S*/.exec(result.stdout);
  const [version = result.stdout, major, minor] = match ?? [];
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
