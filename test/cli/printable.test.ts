import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePrintable } from '../../src/cli/printable.ts';

const HOSTILE = '\u0000\u0007\b\r\u001b[2J\u007f\u0085\u009b\u200f\u2028\u202e\u2066';

test('makePrintable writes out what a terminal would obey', () => {
  assert.equal(
    makePrintable(`a${HOSTILE}z`),
    'a\\u0000\\u0007\\u0008\\u000d\\u001b[2J\\u007f\\u0085\\u009b\\u200f\\u2028\\u202e\\u2066z',
  );
});

test('makePrintable leaves lines, tabs and every script as they are', () => {
  const text = 'a\tb\n한국어 日本 עברית 💥 é …\ud800\n';
  assert.equal(makePrintable(text), text);
});

test('makePrintable keeps a JSON document what it says', () => {
  const value = { [HOSTILE]: HOSTILE };
  const printed = makePrintable(JSON.stringify(value, null, 2));
  assert.deepEqual(JSON.parse(printed), value);
  assert.ok(!printed.includes('\u009b'));
});
