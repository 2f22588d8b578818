import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCreatedAt, readCreatedAt } from '../../src/catalog/created-at.ts';
import { bundleWith, objectProperty, sampleCsv } from './sample-csv.ts';

/** Every form that occurs in real catalogs, and some that say nothing. */
const TIMES: Readonly<Record<string, string | null>> = {
  '2024-07-24T08:27:49Z': '2024-07-24T08:27:49.000Z',
  '2021-08-27T01:22:31.534072Z': '2021-08-27T01:22:31.534Z',
  '2023-05-17T16:13:52.148441156Z': '2023-05-17T16:13:52.148Z',
  '2022-04-11T18:36:19': '2022-04-11T18:36:19.000Z',
  '2022-06-15T13:28:40+00:00': '2022-06-15T13:28:40.000Z',
  '2022-06-15T13:28:40+02:00': '2022-06-15T11:28:40.000Z',
  '2022-06-15T13:28:40-0130': '2022-06-15T14:58:40.000Z',
  '2023-06-01 11:44:14': '2023-06-01T11:44:14.000Z',
  '2023-11-30 16:04 UTC': '2023-11-30T16:04:00.000Z',
  '2024-11-05': '2024-11-05T00:00:00.000Z',
  '2023/04/28': '2023-04-28T00:00:00.000Z',
  '2023-9-26T00:00:00Z': '2023-09-26T00:00:00.000Z',
  '2026-06-3T16:04:16Z': '2026-06-03T16:04:16.000Z',
  '09 Jul 2024, 19:40': '2024-07-09T19:40:00.000Z',
  '1 September 2024': '2024-09-01T00:00:00.000Z',
  '05/16/2024': '2024-05-16T00:00:00.000Z',
  '16/05/2024': '2024-05-16T00:00:00.000Z',
  '06/06/2024': '2024-06-06T00:00:00.000Z',
  '09/03/2024': null,
  '2024-02-30': null,
  '2024-01-01T25:00:00Z': null,
  '<unset>': null,
  '': null,
  '<date>': null,
  '99 Foo 2024': null,
};
for (const [text, time] of Object.entries(TIMES))
  test(`parseCreatedAt reads "${text}" as ${time ?? 'nothing'}`, () => {
    const found = parseCreatedAt(text);
    assert.equal(found === null ? null : new Date(found).toISOString(), time);
  });

test('readCreatedAt looks into the metadata and into the manifests', () => {
  const annotations = { createdAt: '2024-01-01' };
  const bundles = [
    bundleWith([{ type: 'olm.csv.metadata', value: { annotations } }]),
    bundleWith([objectProperty(sampleCsv({ metadata: { annotations } }))]),
  ];
  assert.deepEqual(bundles.map(readCreatedAt), [Date.UTC(2024), Date.UTC(2024)]);
  assert.equal(readCreatedAt(bundleWith([])), null);
});
