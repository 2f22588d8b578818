import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes } from '../../src/base/parse-bytes.ts';

test('parseBytes reads bytes as people write them', () => {
  const table: readonly (readonly [string, number])[] = [
    ['500', 500],
    ['50MB', 50_000_000],
    ['50 MB/s', 50_000_000],
    ['1.5TB', 1_500_000_000_000],
    ['2 GiB', 2_147_483_648],
    ['1kb', 1000],
  ];
  for (const [text, bytes] of table) assert.equal(parseBytes(text), bytes, text);
});

test('parseBytes takes nothing else', () => {
  for (const text of ['', '0', '0GB', '-1MB', '1e3', 'MB', '5 XB', '5 Mbit', '1,5GB', '9999999TB'])
    assert.equal(parseBytes(text), null, text);
});
