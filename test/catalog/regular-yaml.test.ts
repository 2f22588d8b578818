import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAnyYaml } from '../../src/catalog/parse-any-yaml.ts';
import { parseRegularYaml } from '../../src/catalog/regular-yaml.ts';
import { anyDumped, anyMutated, anyPrinted } from './any-yaml.ts';
import { YAML_SAMPLES } from './yaml-samples.ts';

/** Whether a text is regular; if so, it must be what js-yaml reads, order of keys included. */
function assertSame(text: string): boolean {
  const value = parseRegularYaml(text);
  if (value === undefined) return false;
  const wanted = parseAnyYaml(text);
  assert.equal(wanted.kind, 'value', `accepted, but js-yaml refuses it: ${JSON.stringify(wanted)}`);
  if (wanted.kind !== 'value') return false;
  assert.equal(wanted.ignoredFrom, null);
  assert.deepStrictEqual(value, wanted.value);
  assert.equal(JSON.stringify(value), JSON.stringify(wanted.value));
  return true;
}

const RUNS = Number(process.env['RUNS'] ?? 3000);

describe('parseRegularYaml', () => {
  for (const [name, any, share] of [
    ['js-yaml’s printer', anyDumped(), 0.5],
    ['an odd printer', anyPrinted(), 0.3],
    ['mutated', anyMutated(), 0.05],
  ] as const) {
    it(name, () => {
      let regular = 0;
      fc.assert(
        fc.property(any, (text) => {
          if (assertSame(text)) regular += 1;
        }),
        { numRuns: RUNS },
      );
      console.log(name, regular / RUNS);
      assert.ok(regular / RUNS > share);
    });
  }
  it('samples', () => {
    console.log(YAML_SAMPLES.map(assertSame));
  });
});
