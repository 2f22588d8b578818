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
  const subjects = releases.map((release) => ({
    release,
    own: signatures.filter(({ hex }) => hex === hexOf(release.digest)),
  }));
  if (releases.length === 0) return [];
  const judge =
    keys.length === 0 ? judgeUnverified : await createJudge(subjects, keys, verifyMessages);
  return subjects.map((subject) => {
    const { version, architecture } = subject.release;
    return { release: { version, architecture }, count: subject.own.length, ...judge(subject) };
  });
}

interface Subject {
  readonly release: ReadRelease;
  /** Signatures that name its payload. */
  readonly own: readonly KeptSignature[];
}

type Verdict = Pick<SignatureFinding, 'state' | 'message' | 'hint'>;

function judgeUnverified({ own }: Subject): Verdict {
  return { state: own.length === 0 ? 'missing' : 'kept', message: null, hint: null };
}

/** Lets all signatures be verified at once, and makes what judges by that. */
async function createJudge(
  subjects: readonly Subject[],
  keys: readonly Uint8Array[],
  verifyMessages: VerifyMessages,
): Promise<(subject: Subject) => Verdict> {
  const all = subjects.flatMap(({ own }) => own);
  try {
    const messages = all.map(({ content }) => Buffer.from(content, 'base64'));
    const verdicts = await verifyMessages(messages, keys);
    const known = new Map(all.map((signature, index) => [signature, verdicts[index]]));
    return (subject) => judgeVerified(subject, known);
  } catch (error) {
    if (!isToolError(error)) throw error;
    const { message, hint = null } = error;
    return () => ({ state: 'unknown', message, hint });
  }
}

function judgeVerified(
  { release, own }: Subject,
  verdicts: ReadonlyMap<KeptSignature, MessageVerdict | undefined>,
): Verdict {
  const faults = own.map((signature) => findFault(verdicts.get(signature), release));
  if (faults.includes(null)) return { state: 'verified', message: null, hint: null };
  const why = own.length === 0 ? ['Git has none'] : faults.filter((fault) => fault !== null);
  return {
    state: 'refused',
    message: `Release ${formatReleaseTag(release)} (${release.digest}) is not to be trusted: no signature of it holds by the keys below releases/keys/ (${[...new Set(why)].join('; ')}).`,
    hint: 'Put a signature of this payload below releases/signatures/; look where the payload came from if there is none. Without keys below releases/keys/ nothing is verified.',
  };
}

// What gpg found to be signed counts, not what was read without a key.
function findFault(verdict: MessageVerdict | undefined, { digest }: ReadRelease): string | null {
  if (verdict === undefined) return 'gpg said nothing';
  if (verdict.fault !== null) return verdict.fault;
  const claim = readClaim(verdict.text);
  if ('fault' in claim) return claim.fault;
  return claim.digest === digest ? null : `what was signed is ${claim.digest}`;
}
