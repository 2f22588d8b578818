import type { Digest } from '../base/digest.ts';
import type { VerifyLevel } from '../base/verify-level.ts';
import { chooseRead } from '../images/choose-read.ts';
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
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Null where manifests are all that is asked for. */
export function createVerifier(
  production: RegistryPort,
  { level, now, signal }: VerifierOptions,
): Verifier | null {
  if (level === 'manifests') return null;
  const prover = createImageProver(production, { chooseRead: chooseRead(level, now), signal });
  return {
    prove: (repository, digest) => prover.prove(repository, digest),
    summarize: () => ({ level, ...prover.counts() }),
  };
}
