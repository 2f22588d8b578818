import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { importKeys, type KeyPlace, runGpg } from './import-keys.ts';
import type { MessageVerdict, VerifyMessages } from './port.ts';

/** Verifies messages by a gpg that knows the given keys alone: those of the user count for nothing. */
export function createMessageVerifier(environment: Environment): VerifyMessages {
  return async (messages, keys) => {
    const home = await mkdtemp(join(tmpdir(), 'olmirror-gnupg-'));
    const place = { home, environment, subject: 'a release' };
    try {
      for (const [index, key] of keys.entries()) {
        const file = join(home, `key-${index + 1}`);
        await writeFile(file, key);
        await importKeys(file, place);
      }
      const verdicts: MessageVerdict[] = [];
      for (const message of messages) verdicts.push(await verifyMessage(message, place));
      return verdicts;
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  };
}

// What gpg says was signed is what counts, whatever else the message holds: it refuses a message of several texts.
async function verifyMessage(message: Uint8Array, place: KeyPlace): Promise<MessageVerdict> {
  const file = join(place.home, 'message');
  await writeFile(file, message);
  const args = ['--status-fd', '2', '--output', '-', '--decrypt', file];
  const { stdout, stderr, failed } = await runGpg(args, place);
  const status = new Map(
    [...stderr.matchAll(/^\[GNUPG:\] (\w+) ?(.*)$/gm)].map(([, word = '', rest = '']) => [
      word,
      rest,
    ]),
  );
  const [fingerprint = ''] = (status.get('VALIDSIG') ?? '').split(' ');
  if (!failed && status.has('GOODSIG') && fingerprint !== '')
    return { fault: null, text: stdout, fingerprint };
  return { fault: nameFault(status) };
}

const FAULTS: readonly (readonly [string, string])[] = [
  ['BADSIG', 'its signature does not fit what was signed'],
  ['REVKEYSIG', 'the key of its signature was revoked'],
  ['EXPKEYSIG', 'the key of its signature has ended'],
  ['EXPSIG', 'its signature has ended'],
  ['NO_PUBKEY', 'it was signed by another key'],
  ['ERRSIG', 'its signature cannot be checked'],
];

function nameFault(status: ReadonlyMap<string, string>): string {
  const [word, text = 'gpg found no signature that holds'] =
    FAULTS.find(([name]) => status.has(name)) ?? [];
  return word === 'NO_PUBKEY' ? `${text} (${status.get(word)})` : text;
}
