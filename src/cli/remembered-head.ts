import type { AnswerNotes } from '../files/answer-notes.ts';
import type { RoleName } from '../manifest/types.ts';
import type { HeadManifest } from '../reconcile/probe-layouts.ts';
import type { RegistryPort } from '../registry/port.ts';

export interface RememberedHead {
  readonly head: HeadManifest;
  /** Whether a question was left out, since the requests of this run were used up. */
  wasCut(): boolean;
}

export interface HeadLimits {
  readonly role: RoleName;
  readonly notes: AnswerNotes;
  /** Requests that this run may send to the registry; null for any number. */
  readonly mostRequests: number | null;
  readonly signal: AbortSignal;
}

/** Asks a registry for manifests, each once over several runs, and no more than a run may. */
export function createRememberedHead(
  registry: RegistryPort,
  { role, notes, mostRequests, signal }: HeadLimits,
): RememberedHead {
  let cut = false;
  return {
    wasCut: () => cut,
    async head(repository, reference) {
      const question = `${role} ${registry.host}/${repository} ${reference}`;
      const known = notes.recall(question);
      if (known !== null) return known;
      if (mostRequests !== null && registry.countRequests() >= mostRequests) {
        cut = true;
        return {
          state: 'unknown',
          code: 'PLAN_OVER_BUDGET',
          message: `It was not asked: the ${mostRequests} requests of this run are used up.`,
          hint: 'Run the command again: it goes on where it was.',
          retryAfterSeconds: null,
        };
      }
      const answer = await registry.headManifest(repository, reference, signal);
      notes.note(question, answer);
      return answer;
    },
  };
}
