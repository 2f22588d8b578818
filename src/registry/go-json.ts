/** An object as Go's `encoding/json` meets it: every field in order, repeated ones too. */
export type GoFields = readonly (readonly [name: string, value: unknown])[];

const STRING = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?/gs;

/**
 * Parses JSON; the fields of its objects are to be asked for by `listFields`. Throws `SyntaxError`, whose
 * message quotes the text: whoever reads secrets drops it.
 */
export function parseGoJson(text: string): unknown {
  // As it is first, since what follows could mend what is wrong.
  JSON.parse(text);
  let count = 0;
  // A number before each name keeps repeated ones apart.
  const numbered = text.replace(STRING, (whole, name: string, colon: string | undefined) => {
    if (colon === undefined) return whole;
    count += 1;
    return `"${count} ${name}"${colon}`;
  });
  return JSON.parse(numbered);
}

/** The fields of an object of `parseGoJson`; none of null, and null for any other value. */
export function listFields(value: unknown): GoFields | null {
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) return null;
  return Object.entries(value).map(([name, field]) => [name.slice(name.indexOf(' ') + 1), field]);
}

/** Whether Go puts a field of this name into the struct field: case does not matter to it. */
export function isGoField(name: string, field: string): boolean {
  return name.toUpperCase() === field.toUpperCase();
}

/**
 * Reads an object into a struct of these strings as Go does: the last of repeated fields counts, null leaves what is
 * there. Returns null where a value has another type.
 */
export function readStrings<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Partial<Record<Name, string>> | null {
  const strings: Partial<Record<Name, string>> = {};
  const fields = listFields(value);
  if (fields === null) return null;
  for (const [field, text] of fields) {
    const name = names.find((known) => isGoField(field, known));
    if (name === undefined || text === null) continue;
    if (typeof text !== 'string') return null;
    strings[name] = text;
  }
  return strings;
}

const TOKEN = /\s*(?:"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+)/gs;

/** The first value of the text, which may be followed by anything; all of it where it has no end. */
export function cutFirstValue(text: string): string {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (/[{[]$/.test(token)) depth += 1;
    if (/[}\]]$/.test(token)) depth -= 1;
    if (depth <= 0) return text.slice(0, index + token.length);
  }
  return text;
}
