import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { chooseByRevision, choosePrevious } from '../../src/plan/choose-index.ts';
import type { CatalogIndexes, ListedIndex } from '../../src/plan/index-types.ts';
import { A, B, C } from '../support/world.ts';

function index(tag: string, more: Partial<ListedIndex> = {}): ListedIndex {
  return {
    tag,
    origin: 'olmirror',
    served: false,
    pinned: false,
    digest: A,
    imageId: A,
    revision: tag,
    created: null,
    subject: null,
    message: null,
    ...more,
  };
}

function list(...indexes: readonly ListedIndex[]): CatalogIndexes {
  return {
    catalog: 'idx',
    host: 'h',
    repository: 'olm/idx',
    servedTag: 'v1',
    served: { state: 'absent' },
    pin: null,
    pinEnded: false,
    indexes,
    otherTags: [],
    fault: null,
  };
}

const NONE = new Set<typeof A>();

test('choosePrevious takes the next older index of ours, or one that was taken in', () => {
  const [newer, served] = [index('newer', { digest: C }), index('served', { served: true })];
  const again = index('same-manifest');
  const foreign = index('foreign', { origin: 'other', digest: B });
  const older = index('older', { digest: C });
  assert.equal(choosePrevious(list(newer, served, again, foreign, older), NONE), older);
  assert.equal(choosePrevious(list(newer, served, again, foreign, older), new Set([B])), foreign);
});

test('choosePrevious says why there is none, and what there is', () => {
  const served = index('v1-1', { served: true });
  const cases = [
    [list(index('v1-2'), served), /keeps no older index of idx/, /v1-2, v1-1/],
    [list(index('v1-2')), /None .* is served as v1/, /v1-2/],
    [list(), /None .* is served as v1/, /olmirror apply/],
  ] as const;
  for (const [from, message, hint] of cases)
    assert.throws(
      () => choosePrevious(from, NONE),
      (error) =>
        isToolError(error, 'PLAN_NO_SUCH_INDEX') &&
        message.test(error.message) &&
        hint.test(error.hint ?? ''),
    );
});

test('chooseByRevision finds the index that a commit made, and does not guess among several', () => {
  const made = index('one', { revision: 'c1' });
  const other = index('two', { revision: 'c2' });
  const forged = index('three', { revision: 'c1', origin: 'misnamed' });
  assert.equal(chooseByRevision(list(other, made, forged), 'c1'), made);
  assert.equal(chooseByRevision(list(other), 'c1'), null);
  assert.throws(
    () => chooseByRevision(list(made, { ...other, revision: 'c1' }), 'c1'),
    /made 2 indexes of idx: one, two/,
  );
});
