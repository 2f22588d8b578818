import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Compares with `test/golden/<name>`; writes that file instead where OLMIRROR_RENEW_GOLDEN is 1. */
export function assertGolden(name: string, text: string): void {
  const url = new URL(`../golden/${name}`, import.meta.url);
  if (process.env['OLMIRROR_RENEW_GOLDEN'] === '1') writeFileSync(url, text);
  assert.ok(existsSync(url), `${name} is not there: OLMIRROR_RENEW_GOLDEN=1 writes it`);
  assert.equal(text, readFileSync(url, 'utf8'));
}
