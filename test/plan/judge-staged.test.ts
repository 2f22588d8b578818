import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createClaimFinder } from '../../src/plan/find-claim.ts';
import {
  type Claim,
  type HeldInProduction,
  judgeStaged,
  type SeenManifest,
  type Standing,
} from '../../src/plan/judge-staged.ts';
import { digestOfChar } from '../support/manifest.ts';
import { A, B, C, makeImage, UNKNOWN } from '../support/world.ts';

const D = digestOfChar('d');
const ABSENT: HeldInProduction = { state: 'absent', repositories: ['v/x'] };
const WHOLE: HeldInProduction = { state: 'whole', repository: 'v/x' };
const DAMAGED: HeldInProduction = { state: 'damaged', repository: 'v/x', missing: [], wrong: [] };
const LOST: HeldInProduction = UNKNOWN.state === 'unknown' ? UNKNOWN : ABSENT;

function staged(digest: SeenManifest['digest'], changes: Partial<SeenManifest> = {}): SeenManifest {
  return {
    repository: 'v/x',
    digest,
    tags: [],
    partOf: [],
    attachedTo: [],
    isReferrersList: false,
    production: ABSENT,
    ...changes,
  };
}

const GIT: Claim = { by: 'git', image: makeImage('x'), tagOnly: false };
const RECORD: Claim = { by: 'record', catalog: 'idx', date: '2026-01-01' };

// Seen to fail with each line of judgeOne taken out in turn.
test('judgeStaged judges by who asks and what production says', () => {
  const tagOnly: Claim = { ...GIT, tagOnly: true };
  const cases: readonly (readonly [Claim | null, HeldInProduction, Standing])[] = [
    [GIT, WHOLE, 'in-production'],
    [GIT, ABSENT, 'hindering'],
    [GIT, DAMAGED, 'hindering'],
    [GIT, LOST, 'unclear'],
    [tagOnly, ABSENT, 'unwanted'],
    [{ by: 'pod', pod: 'Pod p' }, ABSENT, 'hindering'],
    [{ by: 'pending-index', catalog: 'idx' }, ABSENT, 'hindering'],
    [{ by: 'pending-index', catalog: 'idx' }, LOST, 'unclear'],
    [RECORD, ABSENT, 'taken-in'],
    [{ by: 'left-out', catalog: 'idx' }, ABSENT, 'unwanted'],
    [null, ABSENT, 'unwanted'],
    [null, LOST, 'unwanted'],
    [null, DAMAGED, 'unwanted'],
    [null, WHOLE, 'in-production'],
  ];
  for (const [claim, production, expected] of cases) {
    const [judged] = judgeStaged(
      [staged(A, { production })],
      () => claim,
      () => true,
    );
    assert.equal(judged?.standing, expected, JSON.stringify([claim?.by, production.state]));
  }
  const list = staged(A, { isReferrersList: true });
  const [listed] = judgeStaged(
    [list],
    () => GIT,
    () => false,
  );
  assert.equal(listed?.standing, 'referrers-list');
  const [open] = judgeStaged(
    [staged(A)],
    () => tagOnly,
    () => false,
  );
  assert.equal(open?.standing, 'hindering', 'a tag that production lacks');
});

// Seen to fail with the claim of the manifest itself alone.
test('what belongs to a manifest is wanted as that is, through any number of steps', () => {
  const attachedTo = [{ digest: B, kind: 'signature' as const }];
  const manifests = [
    staged(A),
    staged(B, { partOf: [A] }),
    staged(C, { attachedTo }),
    staged(D, { repository: 'v/y', attachedTo }),
  ];
  const judged = judgeStaged(
    manifests,
    ({ digest }) => (digest === A ? GIT : null),
    () => false,
  );
  assert.deepEqual(
    judged.map(({ standing, foldedInto }) => [standing, foldedInto]),
    [
      ['hindering', null],
      ['hindering', A],
      ['hindering', null],
      ['unwanted', null],
    ],
  );
  const taken = judgeStaged(
    manifests,
    ({ digest }) => (digest === A ? RECORD : null),
    () => false,
  );
  assert.deepEqual(
    taken.map(({ standing }) => standing),
    ['taken-in', 'taken-in', 'unwanted', 'unwanted'],
    'a signature of an index that was taken in is nobody’s',
  );
});

test('parts of nested indexes are told of with the outermost of their standing', () => {
  const judged = judgeStaged(
    [
      staged(A),
      staged(B, { partOf: [A] }),
      staged(C, { partOf: [B] }),
      staged(D, { partOf: [C], production: WHOLE }),
    ],
    () => null,
    () => false,
  );
  assert.deepEqual(
    judged.map(({ foldedInto }) => foldedInto),
    [null, A, A, null],
  );
});

// Seen to fail without `seen` in traceClaim: it never ended.
test('judgeStaged ends, and gives each manifest one standing, whatever belongs to what', () => {
  const digests = [A, B, C, D];
  const world = fc.array(
    fc.record({
      digest: fc.constantFrom(...digests),
      attachedTo: fc.array(fc.constantFrom(...digests), { maxLength: 3 }),
      whole: fc.boolean(),
    }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(world, (entries) => {
      const manifests = [...new Map(entries.map((entry) => [entry.digest, entry])).values()].map(
        ({ digest, attachedTo, whole }) =>
          staged(digest, {
            attachedTo: attachedTo.map((it) => ({ digest: it, kind: 'referrer' as const })),
            production: whole ? WHOLE : ABSENT,
          }),
      );
      const judged = judgeStaged(
        manifests,
        ({ digest }) => (digest === A ? GIT : null),
        () => false,
      );
      assert.equal(judged.length, manifests.length);
      for (const { digest, standing, production } of judged) {
        assert.equal(standing === 'in-production', production.state === 'whole');
        if (digest === A && production.state !== 'whole') assert.equal(standing, 'hindering');
      }
    }),
  );
});

// Seen to fail with the order of the sources turned round.
test('createClaimFinder lets Git go first, then Pods, then indexes; a digest is wanted wherever it lies', () => {
  const wanted = makeImage('x', { digest: A });
  const tagged = makeImage('t', { digest: null, tag: '2' });
  const named = makeImage('n', { digest: C });
  const find = createClaimFinder({
    images: [wanted, tagged],
    contents: [
      { catalog: 'old', digest: B, pending: false, images: [named, makeImage('m', { digest: D })] },
      { catalog: 'new', digest: D, pending: true, images: [named, wanted] },
    ],
    pending: new Map([[D, 'new']]),
    records: [],
    pods: new Map([[B, 'Pod p']]),
  });
  function claim(
    digest: SeenManifest['digest'],
    tags: readonly string[] = [],
    repository = 'v/z',
  ): string | undefined {
    return find({ repository, digest, tags })?.by;
  }
  assert.deepEqual(
    [claim(A), claim(B), claim(C), claim(D)],
    ['git', 'pod', 'pending-index', 'pending-index'],
  );
  assert.deepEqual(
    [claim(digestOfChar('e'), ['2'], 'v/t'), claim(digestOfChar('e'), ['2'])],
    ['git', undefined],
  );
});
