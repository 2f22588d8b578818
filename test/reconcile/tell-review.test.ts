import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolError } from '../../src/base/tool-error.ts';
import type { CommitStatus, MarkedComment } from '../../src/forge/review-port.ts';
import {
  beginReview,
  type TellReviewDeps,
  type ToldReview,
  tellReview,
} from '../../src/reconcile/tell-review.ts';

const PLACE = {
  pull: 7,
  revision: 'a'.repeat(40),
  context: 'olmirror/plan',
  runUrl: 'https://ci.example.com/5',
};
const REVIEW = {
  revision: PLACE.revision,
  verdict: 'Plan: 2 images to copy.',
  render: () => '### Plan\n',
  state: 'success',
} as const;

interface Told extends ToldReview {
  /** What arrived at the forge, in order. */
  readonly comments: readonly MarkedComment[];
  readonly statuses: readonly CommitStatus[];
  readonly asked: readonly string[];
}

/** Tells a forge that answers as it should, save where `broken` says otherwise. */
async function tell(
  broken: Partial<Record<keyof TellReviewDeps['forge'], ToolError>>,
  { head = PLACE.revision, pull = PLACE.pull }: { head?: string; pull?: number | null } = {},
): Promise<Told> {
  const [comments, statuses, asked]: [MarkedComment[], CommitStatus[], string[]] = [[], [], []];
  function arrive(name: keyof TellReviewDeps['forge']): void {
    asked.push(name);
    const error = broken[name];
    if (error !== undefined) throw error;
  }
  const forge: TellReviewDeps['forge'] = {
    async readPullRequest(number) {
      arrive('readPullRequest');
      const texts = { head: 'change', base: 'main', title: '', body: '' };
      return { number, url: 'https://x', state: 'open', headRevision: head, ...texts };
    },
    async readComment() {
      arrive('readComment');
      return null;
    },
    async writeComment(_, comment) {
      arrive('writeComment');
      comments.push(comment);
      return { url: 'https://x/7#1', created: true };
    },
    async setStatus(status) {
      arrive('setStatus');
      statuses.push(status);
    },
  };
  const deps = { forge, signal: new AbortController().signal };
  const told = await tellReview({ ...PLACE, pull }, REVIEW, deps);
  return { ...told, comments, statuses, asked };
}

test('tellReview writes the comment, then the status with a link to it', async () => {
  const { comments, statuses, commentUrl, movedOn, troubles } = await tell({});
  assert.deepEqual([commentUrl, movedOn, troubles], ['https://x/7#1', null, []]);
  assert.deepEqual(
    comments.map(({ marker }) => marker),
    ['<!-- olmirror:review olmirror/plan -->'],
  );
  assert.deepEqual(statuses, [
    {
      revision: PLACE.revision,
      context: 'olmirror/plan',
      state: 'success',
      description: 'Plan: 2 images to copy.',
      targetUrl: 'https://x/7#1',
    },
  ]);
});

// Guards against: with the comparison of `headRevision` taken out the comment was written.
test('tellReview leaves the comment alone where the pull request has moved on, and without one', async () => {
  const moved = await tell({}, { head: 'b'.repeat(40) });
  assert.deepEqual([moved.comments, moved.movedOn], [[], 'b'.repeat(40)]);
  assert.deepEqual(
    moved.statuses.map(({ targetUrl }) => targetUrl),
    [PLACE.runUrl],
  );
  const without = await tell({}, { pull: null });
  assert.deepEqual([without.asked, without.troubles], [['setStatus'], []]);
});

test('tellReview goes on after a refusal and collects it, and stops where the forge is away', async () => {
  const refused = new ToolError('FORGE_UNAUTHORIZED', 'No.');
  const busy = new ToolError('FORGE_BUSY', 'Later.');
  const both = await tell({ writeComment: refused, setStatus: busy });
  assert.deepEqual([both.troubles, both.commentUrl], [[refused, busy], null]);
  const one = await tell({ readPullRequest: refused });
  assert.deepEqual([one.troubles, one.statuses.length], [[refused], 1]);
  const away = new ToolError('FORGE_UNREACHABLE', 'Away.');
  const none = await tell({ readPullRequest: away });
  assert.deepEqual([none.troubles, none.asked], [[away], ['readPullRequest']]);
});

test('beginReview sets a pending status, and returns what went wrong with it', async () => {
  const set: CommitStatus[] = [];
  const broken = new ToolError('FORGE_REFUSED', 'No.');
  const forge = neverAsked();
  const deps = {
    forge: { ...forge, setStatus: async (status: CommitStatus) => void set.push(status) },
    signal: new AbortController().signal,
  };
  assert.deepEqual(await beginReview(PLACE, deps), []);
  assert.deepEqual(
    set.map(({ state, targetUrl }) => [state, targetUrl]),
    [['pending', PLACE.runUrl]],
  );
  const failing = { ...deps, forge: { ...forge, setStatus: () => Promise.reject(broken) } };
  assert.deepEqual(await beginReview(PLACE, failing), [broken]);
});

function refuse(): never {
  throw new Error('not asked here');
}

function neverAsked(): TellReviewDeps['forge'] {
  return { readComment: refuse, writeComment: refuse, setStatus: refuse, readPullRequest: refuse };
}
