import { test } from 'node:test';
import type { ListedStanding } from '../../src/images/judge-listed.ts';
import type { KnownMissingItem, KnownMissingReport } from '../../src/plan/known-missing-types.ts';
import { renderKnownMissingText } from '../../src/report/render-known-missing-text.ts';
import { makeListed } from '../support/known-missing.ts';
import { assertGolden } from './golden.ts';

function itemOf(
  image: string,
  standing: ListedStanding,
  changes: Partial<KnownMissingItem> = {},
): KnownMissingItem {
  return {
    ...makeListed(image),
    isPattern: image.includes('*'),
    standing,
    images: standing === 'unnamed' ? 0 : 1,
    there: standing === 'there' ? [image] : [],
    message: null,
    ...changes,
  };
}

function reportOf(changes: Partial<KnownMissingReport> = {}): KnownMissingReport {
  return {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'KnownMissing',
    host: 'prod.example:5000',
    revision: 'working-tree',
    items: [
      itemOf('quay.io/v/owed:1', 'owed'),
      itemOf('quay.io/v/there:1', 'there'),
      itemOf('quay.io/v/unnamed:1', 'unnamed'),
      itemOf('quay.io/v/ended:1', 'ended', { until: '2026-06-01' }),
      itemOf('quay.io/v/unknown:1', 'unknown', { message: 'it answered 500.', catalog: 'two' }),
      itemOf('quay.io/w/*', 'owed', { images: 1_200, there: ['quay.io/w/x:1'], catalog: 'two' }),
      itemOf('quay.io/x/*', 'unnamed', { reason: 'a\u001b[2Jb', catalog: 'two' }),
    ],
    requests: 9,
    pruned: null,
    exitCode: 1,
    ...changes,
  };
}

test('renderKnownMissingText says of each item what it comes to, and what can go', () => {
  assertGolden('known-missing.txt', renderKnownMissingText(reportOf()));
});

test('renderKnownMissingText says what --prune took out, that it took nothing, and that nothing is listed', () => {
  const images = ['quay.io/v/there:1', 'quay.io/v/unnamed:1'];
  const pruned = [{ file: 'rules/one/known-missing.yaml', images }];
  const texts = [
    reportOf({ items: reportOf().items.slice(1, 3), pruned }),
    reportOf({ items: reportOf().items.slice(0, 1), pruned: [] }),
    reportOf({ items: [] }),
  ].map(renderKnownMissingText);
  assertGolden('known-missing-pruned.txt', texts.join('---\n'));
});
