import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeldBook, type HeldBook, type HeldImage } from '../../src/plan/held.ts';
import { judgeRepositories, type RepositoryFacts } from '../../src/plan/judge-repositories.ts';
import { digestOfChar } from '../support/manifest.ts';

const [A, B, C] = ['a', 'b', 'c'].map(digestOfChar);

function makeImage(repository: string, digest: HeldImage['digest'] | undefined): HeldImage {
  assert.ok(digest !== undefined);
  return {
    repository,
    digest,
    tags: [],
    partOf: [],
    attachedTo: [],
    isReferrersList: false,
    size: 10,
    blobs: [],
  };
}

function makeBook(images: readonly HeldImage[], unclear: readonly string[] = []): HeldBook {
  const names = [...new Set([...images.map(({ repository }) => repository), ...unclear])];
  return createHeldBook({
    listed: names,
    repositories: names.map((repository) => ({
      repository,
      images: images.filter((image) => image.repository === repository),
      unclear: unclear.includes(repository) ? [{ subject: repository, message: 'no' }] : [],
      unread: [],
    })),
  });
}

function judge(changes: Partial<RepositoryFacts>): readonly string[] {
  const facts: RepositoryFacts = {
    held: { production: makeBook([]), staging: makeBook([]) },
    asked: [A, B].map((digest = 'sha256:0') => ({
      repository: { production: 'app', staging: 'app' },
      digest,
      tag: null,
    })),
    indexes: new Set(['production olm']),
    waiting: new Set(),
    unsure: new Set(),
    backup: 'state',
    takenIn: new Set(),
    pulled: new Set(),
    kept: null,
    ...changes,
  };
  return judgeRepositories(facts).map(
    ({ role, repository, append, relocate }) =>
      `${role} ${repository}: ${append.verdict} ${append.reason} ${append.images}, ${relocate.verdict} ${relocate.reason}`,
  );
}

// Guards against: the only copy of something called clean. Seen to fail: with what nobody asks for taken for clean, and with
// a repository that gave no clear answer taken for one that has nothing else.
test('judgeRepositories calls a repository of staging clean only where production has all that is in it', () => {
  const production = makeBook([makeImage('app', A)]);
  function judgeStaged(
    images: readonly HeldImage[],
    changes: Partial<RepositoryFacts> = {},
    unclear: readonly string[] = [],
  ): string | undefined {
    return judge({ ...changes, held: { production, staging: makeBook(images, unclear) } }).at(-1);
  }
  const end = ', keep becomes-production';
  const a = makeImage('app', A);
  assert.equal(judgeStaged([a]), `staging app: clean in-production 1${end}`);
  assert.equal(judgeStaged([a, makeImage('app', B)]), `staging app: keep only-copy 1${end}`);
  assert.equal(judgeStaged([a, makeImage('app', C)]), `staging app: decide unexplained 1${end}`);
  assert.equal(
    judgeStaged([a, makeImage('app', C)], { takenIn: new Set([C ?? '']) }),
    `staging app: clean in-production 2${end}`,
  );
  assert.equal(judgeStaged([a], {}, ['app']), `staging app: unknown unanswered 0${end}`);
  const place = new Set(['staging app']);
  assert.equal(judgeStaged([a], { waiting: place }), `staging app: keep waiting 1${end}`);
  assert.equal(judgeStaged([a], { pulled: place }), `staging app: keep in-use 1${end}`);
  assert.equal(judgeStaged([a], { unsure: place }), `staging app: unknown unanswered 0${end}`);
});

// Guards against: a repository of production called clean while nobody knows what is in use, or by append at all.
test('judgeRepositories never calls production clean with append; with relocate only where what is in use is known', () => {
  const production = makeBook([
    makeImage('app', A),
    makeImage('odd', C),
    makeImage('olm', B),
    makeImage('state', C),
  ]);
  const held = { production, staging: makeBook([]) };
  assert.deepEqual(judge({ held }), [
    'production app: keep wanted 1, unknown use-unknown',
    'production odd: decide unexplained 1, unknown use-unknown',
    'production olm: keep index 1, unknown use-unknown',
    'production state: keep backup 1, unknown use-unknown',
  ]);
  assert.deepEqual(judge({ held, kept: new Set([`app@${A}`]) }), [
    'production app: keep wanted 1, clean moves',
    'production odd: decide unexplained 1, decide unexplained',
    'production olm: keep index 1, clean unused',
    'production state: keep backup 1, clean unused',
  ]);
  assert.deepEqual(judge({ held, kept: new Set() }).slice(0, 1), [
    'production app: keep wanted 1, clean unused',
  ]);
});
