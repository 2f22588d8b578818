/** Where JSON breaks and why, in words; offset in UTF-16 units. */
export interface JsonFault {
  readonly offset: number;
  readonly reason: string;
}

interface Cursor {
  readonly text: string;
  at: number;
}

/**
 * Finds the first fault of text that `JSON.parse` refused, since its messages do not always say
 * where. Null where this reader finds none.
 */
export function locateJsonError(text: string): JsonFault | null {
  const cursor: Cursor = { text, at: 0 };
  const open: string[] = [];
  let expected: 'value' | 'key' | 'next' = 'value';
  let mayClose = false;
  for (;;) {
    skipBlank(cursor);
    const char = cursor.text[cursor.at];
    if (char === undefined)
      return open.length === 0 && expected === 'next'
        ? null
        : unexpected(cursor, 'the text ends here');
    if (expected === 'next') {
      if (open.length === 0) return unexpected(cursor, 'nothing may follow the value');
      const inObject = open.at(-1) === '{';
      if (char === ',') {
        expected = inObject ? 'key' : 'value';
        mayClose = false;
      } else if (char === (inObject ? '}' : ']')) open.pop();
      else return unexpected(cursor, `a comma or "${inObject ? '}' : ']'}" was expected`);
      cursor.at += 1;
      continue;
    }
    if (mayClose && char === (expected === 'key' ? '}' : ']')) {
      open.pop();
      cursor.at += 1;
      expected = 'next';
      mayClose = false;
      continue;
    }
    if (expected === 'key') {
      const fault = readKey(cursor);
      if (fault !== null) return fault;
      expected = 'value';
      mayClose = false;
      continue;
    }
    if (char === '{' || char === '[') {
      open.push(char);
      cursor.at += 1;
      expected = char === '{' ? 'key' : 'value';
      mayClose = true;
      continue;
    }
    const fault = readScalar(cursor, char);
    if (fault !== null) return fault;
    expected = 'next';
    mayClose = false;
  }
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
  return { offset: start, reason: 'the string that starts here never ends' };
}

function skipBlank(cursor: Cursor): void {
  while (' \n\r\t'.includes(cursor.text[cursor.at] ?? '.')) cursor.at += 1;
}

function unexpected(cursor: Cursor, reason: string): JsonFault {
  return { offset: cursor.at, reason };
}
