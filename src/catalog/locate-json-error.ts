import { assertNever } from '../base/tool-error.ts';

/** Where JSON breaks and why, in words; offset in UTF-16 units. */
export interface JsonFault {
  readonly offset: number;
  readonly reason: string;
  /** The text is sound as far as it goes. */
  readonly endsEarly: boolean;
}

interface Cursor {
  readonly text: string;
  readonly open: ('{' | '[')[];
  at: number;
  state: State;
}

/** What may come next; `first-…` also lets the collection close. */
type State = 'value' | 'first-value' | 'key' | 'first-key' | 'next';

/**
 * Finds the first fault of text that `JSON.parse` refused, since its messages do not always say
 * where. Null where this reader finds none.
 */
export function locateJsonError(text: string): JsonFault | null {
  const cursor: Cursor = { text, open: [], at: 0, state: 'value' };
  for (;;) {
    skipBlank(cursor);
    const char = text[cursor.at];
    if (char === undefined)
      return isWhole(cursor) ? null : unexpected(cursor, 'the text ends here');
    const fault = readToken(cursor, char);
    if (fault !== null) return fault;
  }
}

function isWhole(cursor: Cursor): boolean {
  return cursor.open.length === 0 && cursor.state === 'next';
}

function readToken(cursor: Cursor, char: string): JsonFault | null {
  switch (cursor.state) {
    case 'next':
      return readNext(cursor, char);
    case 'first-key':
      return char === '}' ? close(cursor) : readKey(cursor);
    case 'key':
      return readKey(cursor);
    case 'first-value':
      return char === ']' ? close(cursor) : readValue(cursor, char);
    case 'value':
      return readValue(cursor, char);
    default:
      return assertNever(cursor.state);
  }
}

function readNext(cursor: Cursor, char: string): JsonFault | null {
  const inside = cursor.open.at(-1);
  if (inside === undefined) return unexpected(cursor, 'nothing may follow the value');
  const closing = inside === '{' ? '}' : ']';
  if (char === closing) return close(cursor);
  if (char !== ',') return unexpected(cursor, `a comma or "${closing}" was expected`);
  cursor.at += 1;
  cursor.state = inside === '{' ? 'key' : 'value';
  return null;
}

function close(cursor: Cursor): null {
  cursor.open.pop();
  cursor.at += 1;
  cursor.state = 'next';
  return null;
}

function readValue(cursor: Cursor, char: string): JsonFault | null {
  if (char !== '{' && char !== '[') {
    cursor.state = 'next';
    return readScalar(cursor, char);
  }
  cursor.open.push(char);
  cursor.at += 1;
  cursor.state = char === '{' ? 'first-key' : 'first-value';
  return null;
}

function readKey(cursor: Cursor): JsonFault | null {
  if (cursor.text[cursor.at] !== '"')
    return unexpected(cursor, 'a key in double quotes was expected');
  const fault = readString(cursor);
  if (fault !== null) return fault;
  skipBlank(cursor);
  if (cursor.text[cursor.at] !== ':')
    return unexpected(cursor, 'a colon was expected after the key');
  cursor.at += 1;
  cursor.state = 'value';
  return null;
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

function readScalar(cursor: Cursor, char: string): JsonFault | null {
  if (char === '"') return readString(cursor);
  SCALAR.lastIndex = cursor.at;
  const match = SCALAR.exec(cursor.text);
  if (match === null) return unexpected(cursor, 'a value was expected');
  cursor.at += match[0].length;
  return null;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function readString(cursor: Cursor): JsonFault | null {
  const start = cursor.at;
  cursor.at += 1;
  for (; cursor.at < cursor.text.length; cursor.at += 1) {
    const unit = cursor.text.charCodeAt(cursor.at);
    if (unit === 0x22) {
      cursor.at += 1;
      return null;
    }
    if (unit < 0x20) return unexpected(cursor, 'a control character may not stand in a string');
    if (unit !== 0x5c) continue;
    ESCAPE.lastIndex = cursor.at;
    const match = ESCAPE.exec(cursor.text);
    if (match === null) return unexpected(cursor, 'this escape is not known');
    cursor.at += match[0].length - 1;
  }
  return { offset: start, reason: 'the string that starts here never ends', endsEarly: true };
}

function skipBlank(cursor: Cursor): void {
  while (' \n\r\t'.includes(cursor.text[cursor.at] ?? '.')) cursor.at += 1;
}

function unexpected(cursor: Cursor, reason: string): JsonFault {
  return { offset: cursor.at, reason, endsEarly: cursor.at >= cursor.text.length };
}
