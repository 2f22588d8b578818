/**
 * The JSON text with every string that is exactly a known reference replaced, byte for byte the same
 * elsewhere. Keys stay, and so do strings that merely contain a reference.
 */
export function spliceReferences(text: string, targets: ReadonlyMap<string, string>): string {
  const parts: string[] = [];
  let done = 0;
  for (const start of findReferences(text, targets)) {
    const end = text.indexOf('"', start);
    const reference = text.slice(start, end);
    parts.push(text.slice(done, start), targets.get(reference) ?? reference);
    done = end;
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(done);
}

/** Whether a string of the JSON text is exactly one of these references. */
export function holdsReference(text: string, known: KnownReferences): boolean {
  return findReferences(text, known).length > 0;
}

type KnownReferences = Pick<ReadonlySet<string>, 'has' | 'keys'>;

/** Where in a JSON text such strings begin, after their quotes. */
function findReferences(text: string, known: KnownReferences): readonly number[] {
  const found: number[] = [];
  for (const head of listHeads(known)) {
    for (let quote = text.indexOf(head); quote !== -1; quote = text.indexOf(head, quote + 1)) {
      const end = text.indexOf('"', quote + 1);
      if (known.has(text.slice(quote + 1, end)) && isValue(text, quote, end)) found.push(quote + 1);
    }
  }
  return found.toSorted((a, b) => a - b);
}

// A bundle names dozens of images and few registries: the text is searched for the latter.
function listHeads(known: KnownReferences): ReadonlySet<string> {
  return new Set(
    [...known.keys()].map((reference) => `"${/^[^/]*\/?/.exec(reference)?.[0] ?? ''}`),
  );
}

// A quote after a backslash stands inside a string, and what a colon follows is a key.
function isValue(text: string, quote: number, end: number): boolean {
  let back = quote;
  while (text[back - 1] === '\\') back -= 1;
  return (quote - back) % 2 === 0 && !/^\s*:/.test(text.slice(end + 1, end + 64));
}
