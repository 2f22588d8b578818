import { type Disposition, ToolError } from '../base/tool-error.ts';
import { interruption } from './retry.ts';
import type { StopReason } from './watch-process.ts';

interface Shape {
  readonly pattern: RegExp;
  readonly disposition: Disposition;
  readonly hint: string;
}

// First match decides. Texts of podman 4.3.
const SHAPES: readonly Shape[] = [
  {
    pattern: /no space left on device|disk quota exceeded/i,
    disposition: 'retry',
    hint: 'Make room where the state folder lies (XDG_STATE_HOME): podman needs several times the size of base and catalog.',
  },
  {
    pattern: /exec format error/i,
    disposition: 'stall',
    hint: "The builder image has no opm for this machine's processor. Name a builderImage that has this machine's platform, apply on a machine of that platform, or install qemu-user-static.",
  },
  {
    pattern: /at STEP "RUN|STEP \d+\/\d+: RUN/,
    disposition: 'stall',
    hint: 'The opm of the builder image failed. Check that base and builderImage of the catalog carry /bin/opm 1.44 or later, and the catalog with `olmirror validate`.',
  },
  {
    pattern: /newuidmap|subuid|cannot clone|operation not permitted|user namespace/i,
    disposition: 'stall',
    hint: 'podman may not build here: run olmirror as root, or give its user ranges in /etc/subuid and /etc/subgid.',
  },
];

const SHOWN_LINES = 10;

export interface PodmanFailure {
  readonly output: string;
  readonly exitCode: number | undefined;
}

/** Says what podman could not build, with the last lines of its output. */
export function buildRunError(title: string, { output, exitCode }: PodmanFailure): ToolError {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const last = lines.slice(-SHOWN_LINES);
  const text = last.length === 0 ? 'It said nothing.' : last.map((line) => `  ${line}`).join('\n');
  const shape = SHAPES.find(({ pattern }) => pattern.test(last.join('\n')));
  return new ToolError(
    'APPLY_BUILD_FAILED',
    `podman could not build ${title} (exit code ${exitCode ?? 'unknown'}). Nothing was pushed; the tag serves what it did. The last it said:\n${text}`,
    {
      disposition: shape?.disposition ?? 'retry',
      hint:
        shape?.hint ?? 'Correct what podman names above, or set `builder: native` of the catalog.',
    },
  );
}

export function buildStopError(title: string, why: StopReason): ToolError {
  if (why === 'aborted') return interruption();
  const text = why === 'idle' ? 'said nothing for too long' : 'took too long';
  return new ToolError(
    'APPLY_BUILD_FAILED',
    `podman ${text} over ${title} and was stopped. Nothing was pushed; the tag serves what it did.`,
    { disposition: 'retry', hint: 'Allow it more time with --copy-timeout.' },
  );
}

export function buildMissingError(
  path: string,
  { why, cause }: { readonly why: string; readonly cause: unknown },
): ToolError {
  return new ToolError(
    'APPLY_NO_PODMAN',
    `podman cannot be run as "${path}": ${why}. A catalog in mirror.yaml has \`builder: podman\`.`,
    {
      cause,
      hint: 'Install it: `apt-get install podman` on Debian and Ubuntu, `dnf install podman` on Fedora and RHEL; or set `builder: native`, which needs no podman.',
    },
  );
}
