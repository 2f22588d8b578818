const PIECE = 65_536;

/**
 * Gives `JSON.stringify(value, null, 2)` in pieces of some 64 kB, the entries of its lists one by one: a plan of 50,000
 * images is 30 MB of text, which nobody needs as a whole.
 */
export function* formatJson(value: object): Generator<string> {
  let piece = '';
  for (const part of listParts(value)) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function* listParts(value: object): Generator<string> {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  let before = '{\n  ';
  for (const [name, field] of fields) {
    yield `${before}${JSON.stringify(name)}: `;
    before = ',\n  ';
    if (Array.isArray(field) && field.length > 0) yield* listEntries(field);
    else yield indent(field, 2);
  }
  yield fields.length === 0 ? '{}' : '\n}';
}

function* listEntries(entries: readonly unknown[]): Generator<string> {
  let before = '[\n    ';
  for (const entry of entries) {
    yield `${before}${indent(entry ?? null, 4)}`;
    before = ',\n    ';
  }
  yield '\n  ]';
}

// Only between values: in a string a line break is written `\n`.
function indent(value: unknown, spaces: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(spaces)}`);
}
