import type { Digest } from '../base/digest.ts';
import type { PassNotes } from '../base/pass-notes.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import { chooseRead, formatProofScope } from '../images/choose-read.ts';
import { createImageProver, type Proof } from '../images/prove-image.ts';
import type { Verification } from '../plan/types.ts';
import type { RegistryPort } from '../registry/port.ts';

/** Looks beyond the manifests that production holds. */
export interface Verifier {
  /** Never throws for what the registry does. Rejects only when the signal aborts. */
  readonly prove: (repository: string, digest: Digest) => Promise<Proof>;
  readonly summarize: () => Verification;
}

export interface VerifierOptions {
  readonly level: VerifyLevel;
  readonly revision: string;
  readonly now: Date;
  readonly notes: PassNotes | null;
  readonly signal: AbortSignal;
}

/**
 * Null where manifests are all that is asked for. What a pass of the same commit proved before it was cut
 * off is not looked at again; that its manifest is there was asked before.
 */
export function createVerifier(
  production: RegistryPort,
  { level, revision, now, notes, signal }: VerifierOptions,
): Verifier | null {
  if (level === 'manifests') return null;
  const prover = createImageProver(production, { chooseRead: chooseRead(level, now), signal });
  const scope = formatProofScope({ revision, host: production.host, level, now });
  return {
    async prove(repository, digest) {
      const fact = { scope, image: `${repository}@${digest}` };
      if (notes?.isProved(fact) === true) return { state: 'whole' };
      const proof = await prover.prove(repository, digest);
      if (proof.state === 'whole') notes?.noteProved(fact);
      return proof;
    },
    summarize: () => ({ level, ...prover.counts() }),
  };
}
