import { askVersion } from '../apply/run-group.ts';
import { breaksZstdIndexes, readSkopeoVersion } from '../apply/skopeo-version.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import type { DoctorCheck } from '../plan/doctor-types.ts';
import { failed, passed } from '../plan/verified-check.ts';

/** Whether the programs that olmirror starts are here, and what of their versions matters. */
export async function checkTools(needsPodman: boolean): Promise<readonly DoctorCheck[]> {
  return Promise.all([
    checkTool('git', askTool('git')),
    checkTool('skopeo', readSkopeoVersion('skopeo', environment())),
    ...(needsPodman ? [checkTool('podman', askTool('podman'))] : []),
  ]);
}

function environment(): Readonly<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '' };
}

function askTool(program: 'git' | 'podman'): Promise<string> {
  return askVersion({
    program,
    environment: environment(),
    fail: (why, cause) =>
      new ToolError(
        program === 'git' ? 'GIT_MISSING' : 'APPLY_NO_PODMAN',
        `${program} cannot be run: ${why}.`,
        {
          hint: `Install it: \`apt-get install ${program}\` or \`dnf install ${program}\`.`,
          cause,
        },
      ),
  });
}

async function checkTool(
  name: 'git' | 'skopeo' | 'podman',
  asked: Promise<string>,
): Promise<DoctorCheck> {
  try {
    const version = (await asked).replace(/^\D+/, '');
    const notes =
      name === 'skopeo' && breaksZstdIndexes(version)
        ? ['Images of several platforms with layers in zstd are copied in parts with this version.']
        : [];
    return passed(name, `${name} ${version}`, notes);
  } catch (error) {
    if (!isToolError(error)) throw error;
    return failed(name, error.message, error.hint === undefined ? [] : [error.hint]);
  }
}
