import type { Digest } from '../base/digest.ts';
import { joinNames } from '../base/text.ts';
import { ToolError } from '../base/tool-error.ts';
import { chooseRead, formatProofScope } from '../images/choose-read.ts';
import { createImageProver, type DamagedPart } from '../images/prove-image.ts';
import type { PassContext } from './pass-context.ts';
import { errorOfUnknown, type Place } from './read-registry.ts';
import { interruption } from './retry.ts';

/**
 * Proves that the place holds the whole of an image, as thoroughly as the plan was verified; of `suspects`
 * the bytes are read whatever the level, since the registry may only say that it has them. Throws
 * `APPLY_NOT_THERE_AFTER_COPY` for what is missing or wrong, and what an unclear answer says.
 */
export async function proveCopied(
  context: PassContext,
  { registry, repository, signal }: Place,
  { digest, suspects }: { readonly digest: Digest; readonly suspects: readonly Digest[] },
): Promise<void> {
  const { plan, notes } = context.request;
  const level = plan.verification?.level ?? 'manifests';
  const now = context.clock.now();
  const choose = chooseRead(level, now);
  const prover = createImageProver(registry, {
    chooseRead: (blob) => suspects.includes(blob) || choose(blob),
    signal,
  });
  const proof = await unlessStopped(() => prover.prove(repository, digest), signal);
  if (proof.state === 'whole') {
    const scope = formatProofScope({ revision: plan.revision, host: registry.host, level, now });
    notes?.noteProved({ scope, image: `${repository}@${digest}` });
    return;
  }
  if (proof.state === 'unknown') throw errorOfUnknown(proof);
  throw notWhole(`${registry.host}/${repository}@${digest}`, [...proof.missing, ...proof.wrong]);
}

async function unlessStopped<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw interruption(error);
    throw error;
  }
}

function notWhole(image: string, parts: readonly DamagedPart[]): ToolError {
  return new ToolError(
    'APPLY_NOT_THERE_AFTER_COPY',
    `${image} was copied, but is not whole: ${joinNames(parts.map(({ digest }) => digest))} cannot be read as named.`,
    {
      disposition: 'retry',
      side: 'destination',
      hint: 'The registry says that it has these parts, so no copy brings them: it keeps a record of what is gone, or a proxy answers in its place. Restart it, run its own repair task, or remove the image there, with every tag of it; then apply again.',
    },
  );
}
