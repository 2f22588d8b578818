import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Presence } from '../../src/base/presence.ts';
import { judgeListed } from '../../src/images/judge-listed.ts';
import { canGo, checkKnownMissing } from '../../src/plan/known-missing-checks.ts';
import { makeListed } from '../support/known-missing.ts';
import { makeManifest } from '../support/manifest.ts';
import { A, ABSENT, makeImage, planWorld, present, seen, UNKNOWN } from '../support/world.ts';

const NEED = [{ catalog: 'one', package: 'p', item: 'p.v1.0.0' }];
const image = makeImage('x', { neededBy: NEED });
const other = makeImage('y', { neededBy: NEED });

interface Case {
  readonly name: string;
  readonly listed: string;
  readonly until?: string;
  readonly answers: readonly Presence[];
  readonly isWhole?: boolean;
  readonly standing: string;
  readonly kinds: readonly string[];
  readonly goes: boolean;
}

const CASES: readonly Case[] = [
  {
    name: 'an image that is owed',
    listed: image.upstream,
    answers: [ABSENT, ABSENT],
    standing: 'owed',
    kinds: [],
    goes: false,
  },
  {
    name: 'an image both listed and there',
    listed: image.upstream,
    answers: [present(A), ABSENT],
    standing: 'there',
    kinds: ['known-missing-there'],
    goes: true,
  },
  {
    name: 'an image that production does not tell of',
    listed: image.upstream,
    answers: [UNKNOWN, ABSENT],
    standing: 'unknown',
    kinds: [],
    goes: false,
  },
  {
    name: 'an image that nothing names',
    listed: 'quay.io/v/z:1',
    answers: [ABSENT, ABSENT],
    standing: 'unnamed',
    kinds: ['known-missing-idle'],
    goes: true,
  },
  {
    name: 'an image that nothing names, where not all was read',
    listed: 'quay.io/v/z:1',
    answers: [ABSENT, ABSENT],
    isWhole: false,
    standing: 'unknown',
    kinds: [],
    goes: false,
  },
  {
    name: 'an item that has ended',
    listed: image.upstream,
    until: '2026-06-01',
    answers: [ABSENT, ABSENT],
    standing: 'ended',
    kinds: ['known-missing-ended'],
    goes: false,
  },
  {
    name: 'an item that has ended, and its image is there',
    listed: image.upstream,
    until: '2026-06-01',
    answers: [present(A), ABSENT],
    standing: 'there',
    kinds: ['known-missing-there'],
    goes: true,
  },
  {
    name: 'a pattern for what is owed',
    listed: 'quay.io/v/*',
    answers: [ABSENT, ABSENT],
    standing: 'owed',
    kinds: [],
    goes: false,
  },
  {
    name: 'a pattern that fits nothing',
    listed: 'quay.io/w/*',
    answers: [ABSENT, ABSENT],
    standing: 'unnamed',
    kinds: ['known-missing-idle'],
    goes: false,
  },
  {
    name: 'a pattern that also fits what is there',
    listed: 'quay.io/v/*',
    answers: [present(A), ABSENT],
    standing: 'owed',
    kinds: ['known-missing-wide'],
    goes: false,
  },
];

// Seen to fail, each case: with `there` judged after the end, with unknown taken for absent, and with patterns let go.
for (const { name, listed, until = null, answers, isWhole = true, standing, kinds, goes } of CASES)
  test(`${name} is told as ${standing}`, () => {
    const images = [image, other];
    const [judged] = judgeListed([{ ...makeListed(listed), until }], {
      manifest: makeManifest(),
      today: '2026-06-01',
      images,
      unreadable: [],
      presenceOf: (it) => answers[images.indexOf(it)],
      isWhole,
    });
    assert.ok(judged !== undefined);
    assert.equal(judged.standing, standing);
    assert.equal(canGo(judged), goes);
    const checks = checkKnownMissing([judged], 'production');
    assert.deepEqual(
      checks.map(({ kind, severity }) => [kind, severity]),
      kinds.map((kind) => [kind, 'warning']),
    );
    assert.ok(checks.every(({ message }) => message.includes(listed)));
  });

// Seen to fail with losses left out of settleLost.
test('an image that production had is lost, whatever pattern fits it', () => {
  const loss = { place: 'rules/one/known-missing.yaml:4', revision: 'c'.repeat(40) };
  const plan = planWorld({
    images: [[image, seen({ source: ABSENT })]],
    changes: { losses: new Map([[image.upstream, loss]]) },
  });
  const [check, ...rest] = plan.checks;
  assert.deepEqual([check?.kind, check?.severity, rest], ['missing-source', 'blocked', []]);
  assert.match(
    check?.message ?? '',
    /Production had it when the index of commit cccccccccccc came/,
  );
  assert.match(check?.hint ?? '', /list the image itself in rules\/one\/known-missing\.yaml,/);
});
