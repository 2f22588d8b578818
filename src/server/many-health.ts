import type { Condition } from '../plan/history-types.ts';
import {
  createLoopHealth,
  type LoopHealth,
  type LoopHealthOptions,
  type Verdict,
} from './loop-health.ts';

/** Health of several loops in one process. */
export interface ManyHealth extends Pick<LoopHealth, 'judgeHealth' | 'judgeReady'> {
  /** Follows the loop of a manifest, a new one in the place of the one before. */
  open(manifest: string, readConditions: () => readonly Condition[]): LoopHealth;
  drop(manifest: string): void;
  readonly readStates: () => ManifestStates;
}

export interface ManifestStates {
  readonly manifests: readonly (Verdict & {
    readonly manifest: string;
    readonly conditions: readonly Condition[];
  })[];
}

interface Followed {
  readonly health: LoopHealth;
  readonly readConditions: () => readonly Condition[];
}

/**
 * One loop that hangs makes the process unhealthy, since only a restart helps. Ready it is once every manifest
 * had its first pass; from then on as long as one of them can be served, since who is not ready hears no webhook,
 * and one site must not keep commits from the others.
 */
export function createManyHealth(options: LoopHealthOptions): ManyHealth {
  const loops = new Map<string, Followed>();
  let wasReady = false;
  function judgeEach(): readonly (readonly [string, Verdict])[] {
    return [...loops].map(([manifest, { health }]) => [manifest, health.judgeReady()]);
  }
  return {
    open(manifest, readConditions) {
      const health = createLoopHealth(options);
      loops.set(manifest, { health, readConditions });
      return health;
    },
    drop: (manifest) => void loops.delete(manifest),
    judgeHealth() {
      for (const [manifest, { health }] of loops) {
        const verdict = health.judgeHealth();
        if (!verdict.ok) return { ok: false, reason: `${manifest}: ${verdict.reason}` };
      }
      return { ok: true, reason: 'every loop is alive' };
    },
    judgeReady() {
      const early = [...loops].flatMap(([manifest, { health }]) =>
        health.hasLooked() ? [] : manifest,
      );
      wasReady ||= loops.size > 0 && early.length === 0;
      if (!wasReady) {
        const whose = early.length === 0 ? '' : ` of ${early.join(', ')}`;
        return { ok: false, reason: `no pass${whose} has ended yet` };
      }
      const judged = judgeEach();
      const bad = judged.filter(([, { ok }]) => !ok);
      if (judged.length === 0) return { ok: true, reason: 'no manifest is there; waits for one' };
      if (bad.length === 0) return { ok: true, reason: 'every manifest was looked at' };
      const reasons = bad.map(([manifest, { reason }]) => `${manifest}: ${reason}`).join('; ');
      return { ok: bad.length < judged.length, reason: reasons };
    },
    readStates: () => ({
      manifests: judgeEach().map(([manifest, verdict]) => ({
        manifest,
        ...verdict,
        conditions: loops.get(manifest)?.readConditions() ?? [],
      })),
    }),
  };
}
