import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../src/base/digest.ts';
import { isToolError } from '../../src/base/tool-error.ts';
import {
  buildDeliveryFileName,
  formatDeliveryRecord,
  parseDeliveryRecord,
} from '../../src/manifest/delivery-record.ts';
import type { DeliveryRecord } from '../../src/manifest/types.ts';

const words = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.constantFrom(
    'null',
    'yes',
    '1.10',
    '2026-01-01',
    '<<',
    '0x1',
    '~',
    'a: b',
    '# no',
    "it's",
    '- x',
    '*a',
  ),
);
const digests = fc.string().map(digestOf);
const dates = fc.constantFrom('2026-01-31', '1999-12-01');
const records: fc.Arbitrary<DeliveryRecord> = fc.record(
  {
    catalog: words,
    command: fc.constantFrom('init' as const, 'merge' as const),
    source: words,
    role: fc.constantFrom('production' as const, 'staging' as const, null),
    digest: digests,
    content: digests,
    date: dates,
    packages: fc.array(
      fc.record(
        { name: words, old: fc.option(fc.string()), new: fc.option(fc.string()) },
        { noNullPrototype: true },
      ),
    ),
    newImages: fc.nat(),
    held: fc.array(words),
    gaps: fc.array(words),
  },
  { noNullPrototype: true },
);

test('parseDeliveryRecord takes back what formatDeliveryRecord wrote', () => {
  fc.assert(
    fc.property(records, (record) => {
      assert.deepEqual(
        parseDeliveryRecord(formatDeliveryRecord(record), 'deliveries/x.yaml'),
        record,
      );
    }),
    { numRuns: 300 },
  );
});

test('formatDeliveryRecord does not depend on the order of fields', () => {
  fc.assert(
    fc.property(records, (record) => {
      const turned = parseDeliveryRecord(formatDeliveryRecord(record), 'x');
      const reversed = Object.fromEntries(Object.entries(turned).toReversed());
      assert.equal(formatDeliveryRecord({ ...turned, ...reversed }), formatDeliveryRecord(record));
    }),
  );
});

test('parseDeliveryRecord names every fault and its place', () => {
  const text =
    'apiVersion: olmirror/v1alpha1\nkind: Delivery\nspec:\n  catalog: x\n  command: mrege\n  digest: sha256:12\n';
  assert.throws(
    () => parseDeliveryRecord(text, 'deliveries/x.yaml'),
    (error) =>
      isToolError(error, 'MANIFEST_RECORD_INVALID') &&
      /x\.yaml:5:12: .*mrege/.test(error.message) &&
      /x\.yaml:6:11: .*a digest/.test(error.message) &&
      /lacks the field "source"/.test(error.message),
  );
  assert.throws(
    () => parseDeliveryRecord('a: [', 'x'),
    (error) => isToolError(error, 'MANIFEST_RECORD_INVALID'),
  );
});

test('buildDeliveryFileName names the date and 12 digits of the digest', () => {
  assert.equal(
    buildDeliveryFileName({ date: '2026-01-31', digest: `sha256:${'0123456789abcdef'.repeat(4)}` }),
    'deliveries/2026-01-31-0123456789ab.yaml',
  );
});
