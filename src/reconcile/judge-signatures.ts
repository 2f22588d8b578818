import { hexOf } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import { type KeptSignature, readClaim } from '../cluster/read-signature-files.ts';
import type { MessageVerdict, VerifyMessages } from '../git/port.ts';
import { formatReleaseTag, type ReadRelease } from '../images/release.ts';
import type { SignatureFinding } from '../plan/release-types.ts';
import type { KeptSignatures } from './read-release-files.ts';

/**
 * Says of each payload whether it is signed. With keys in the state repository it must be, by one of them; without, a signature
 * need only name it.
 */
export async function judgeSignatures(
  releases: readonly ReadRelease[],
  { signatures, keys }: KeptSignatures,
  verifyMessages: VerifyMessages,
): Promise<readonly SignatureFinding[]> {
  const findings: SignatureFinding[] = [];
  for (const release of releases) {
    const own = signatures.filter(({ hex }) => hex === hexOf(release.digest));
    const verdict =
      keys.length === 0
        ? judgeUnverified(own)
        : await verify(release, { own, keys, verifyMessages });
    const { version, architecture } = release;
    findings.push({ release: { version, architecture }, count: own.length, ...verdict });
  }
  return findings;
}

type Verdict = Pick<SignatureFinding, 'state' | 'message' | 'hint'>;

function judgeUnverified(own: readonly KeptSignature[]): Verdict {
  return { state: own.length === 0 ? 'missing' : 'kept', message: null, hint: null };
}

interface Subject {
  readonly own: readonly KeptSignature[];
  readonly keys: readonly Uint8Array[];
  readonly verifyMessages: VerifyMessages;
}

async function verify(
  release: ReadRelease,
  { own, keys, verifyMessages }: Subject,
): Promise<Verdict> {
  const messages = own.map(({ content }) => Buffer.from(content, 'base64'));
  try {
    const faults = (await verifyMessages(messages, keys)).map((verdict) =>
      findFault(verdict, release),
    );
    if (faults.includes(null)) return { state: 'verified', message: null, hint: null };
    return refuse(
      release,
      own.length === 0 ? ['Git has none'] : faults.flatMap((fault) => fault ?? []),
    );
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { state: 'unknown', message: error.message, hint: error.hint ?? null };
  }
}

// What gpg found to be signed counts, not what was read without a key.
function findFault(verdict: MessageVerdict, { digest }: ReadRelease): string | null {
  if (verdict.fault !== null) return verdict.fault;
  const claim = readClaim(verdict.text);
  if ('fault' in claim) return claim.fault;
  return claim.digest === digest ? null : `what was signed is ${claim.digest}`;
}

function refuse(release: ReadRelease, faults: readonly string[]): Verdict {
  return {
    state: 'refused',
    message: `Release ${formatReleaseTag(release)} (${release.digest}) is not copied: no signature of it holds by the keys below releases/keys/ (${[...new Set(faults)].join('; ')}).`,
    hint: 'Put a signature of this payload below releases/signatures/; look where the payload came from if there is none. Without keys below releases/keys/ nothing is verified.',
  };
}
