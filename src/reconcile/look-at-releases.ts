import type { Problem } from '../base/problem.ts';
import type { JudgedReleases, ReleaseJudge, ReleaseSubject } from './judge-releases.ts';
import type { ReleaseCache, ReleaseFault } from './read-releases.ts';
import { readWantedReleases } from './read-used-releases.ts';
import type { Relocation } from './relocate-state.ts';

type WantedReleases = Awaited<ReturnType<typeof readWantedReleases>>;

interface LookedReleases extends WantedReleases, Pick<JudgedReleases, 'facts'> {
  readonly problems: readonly Problem[];
}

/** Where nobody asks for releases. */
export const NO_RELEASES: LookedReleases = { content: [], faults: [], facts: null, problems: [] };

/** Reads the releases that are wanted, and judges them. */
export async function lookAtReleases(
  subject: ReleaseSubject,
  {
    relocation,
    cache,
    judge,
  }: {
    readonly relocation: Relocation | null;
    readonly cache: ReleaseCache;
    readonly judge: ReleaseJudge;
  },
): Promise<LookedReleases> {
  const { manifest, registries, signal } = subject;
  const wanted = await readWantedReleases(manifest, registries, { relocation, cache, signal });
  const { reading, facts } = await judge(wanted, subject);
  return { ...wanted, ...reading, facts, problems: reading.faults.map(describeFault) };
}

// What a registry did not tell is not a fault of the payload.
function describeFault({ code, message, hint }: ReleaseFault): Problem {
  return {
    severity: 'error',
    code: code.startsWith('REGISTRY_') ? code : 'IMAGES_BAD_RELEASE',
    message,
    ...(hint === null ? {} : { hint }),
  };
}
