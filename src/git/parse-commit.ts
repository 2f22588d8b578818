import type { CommitHead } from './port.ts';

/**
 * What a commit says of itself, out of its object (gitformat-commit), as `git log --format=%cI%x00%s` has it. Null for
 * what only git itself should judge: another encoding than UTF-8, a time that is none.
 */
export function parseCommit(bytes: Uint8Array): CommitHead | null {
  const text = tryDecode(bytes);
  const end = text?.indexOf('\n\n') ?? -1;
  if (text === null || end === -1 || text.includes('\0')) return null;
  const fields = text.slice(0, end);
  const [, seconds] = /^committer .*> (\d+) [+-]\d{4}$/m.exec(fields) ?? [];
  const time = new Date(Number(seconds) * 1000);
  if (/^encoding /m.test(fields) || Number.isNaN(time.getTime())) return null;
  return { time: time.toISOString(), subject: readSubject(text.slice(end)) };
}

// Lines up to the first blank one, joined; blank lines before it are passed over.
function readSubject(message: string): string {
  const lines = message.split('\n').map((line) => line.replace(/[ \t\r]+$/, ''));
  const first = lines.findIndex((line) => line !== '');
  if (first === -1) return '';
  const end = lines.indexOf('', first);
  return lines.slice(first, end === -1 ? lines.length : end).join(' ');
}

function tryDecode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
