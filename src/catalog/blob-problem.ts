import type { Problem } from '../base/problem.ts';
import { shorten } from '../base/text.ts';
import type { Blob } from './types.ts';

/** A fault of a blob's content, with its place and the names it carries. */
export function blobProblem(
  blob: Omit<Blob, 'value'>,
  message: string,
  details: Details = {},
): Problem {
  return {
    severity: 'error',
    code: 'CATALOG_INVALID',
    message,
    file: blob.file,
    line: blob.line,
    ...(blob.package === '' ? {} : { package: shorten(blob.package) }),
    ...(blob.schema === 'olm.channel' ? { channel: shorten(blob.name) } : {}),
    ...(blob.schema === 'olm.bundle' ? { bundle: shorten(blob.name) } : {}),
    ...shortenNames(details),
  };
}

type Details = Pick<Problem, 'hint' | 'channel' | 'bundle'>;

function shortenNames(details: Details): Details {
  const { channel, bundle } = details;
  return {
    ...details,
    ...(channel === undefined ? {} : { channel: shorten(channel) }),
    ...(bundle === undefined ? {} : { bundle: shorten(bundle) }),
  };
}

/** Those whose name another before them carries. */
export function listRepeated<T extends { readonly name: string }>(
  named: readonly T[],
): readonly T[] {
  const seen = new Set<string>();
  return named.filter(({ name }) => {
    const repeated = seen.has(name);
    seen.add(name);
    return repeated;
  });
}
