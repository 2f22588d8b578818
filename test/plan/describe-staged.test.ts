import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaseImage } from '../../src/images/list-bases.ts';
import {
  describeHindering,
  describeUnclear,
  sortFindings,
} from '../../src/plan/describe-staged.ts';
import type { Claim, HeldInProduction, JudgedManifest } from '../../src/plan/judge-staged.ts';
import type { Plan } from '../../src/plan/types.ts';
import { A, B, deliverable, makeImage, planWorld, UNKNOWN } from '../support/world.ts';

const IMAGE = makeImage('x');
const GIT: Claim = { by: 'git', image: IMAGE, tagOnly: false };
const { kind: _, ...rest } = IMAGE;
const BASE: BaseImage = { ...rest, kind: 'base' };
const ABSENT: HeldInProduction = { state: 'absent', repositories: ['v/x'] };

function hold(changes: Partial<JudgedManifest> = {}): JudgedManifest {
  return {
    repository: 'v/x',
    digest: A,
    tags: [],
    partOf: [],
    attachedTo: [],
    isReferrersList: false,
    production: ABSENT,
    standing: 'hindering',
    claim: GIT,
    through: null,
    foldedInto: null,
    ...changes,
  };
}

function damage(part: 'missing' | 'wrong'): HeldInProduction {
  const parts = [{ kind: 'blob' as const, digest: B, size: 1, manifest: A }];
  return { state: 'damaged', repository: 'v/x', missing: [], wrong: [], [part]: parts };
}

const EMPTY: Pick<Plan, 'steps' | 'checks'> = { steps: [], checks: [] };

// Each line seen to fail with its case taken out of describe-staged.ts.
test('what stands in the way comes with what to do about it', () => {
  const copying = planWorld({ images: [[IMAGE, deliverable()]] });
  const refused = planWorld({
    images: [[IMAGE, deliverable(A, { uncopyable: { reason: 'it is odd', hint: 'Mend it.' } })]],
  });
  const cases: readonly (readonly [
    JudgedManifest,
    Pick<Plan, 'steps' | 'checks'>,
    string,
    RegExp,
  ])[] = [
    [hold(), copying, 'not-in-production', /^Run `olmirror apply`, which copies it\.$/],
    [hold(), refused, 'not-in-production', /cannot be copied: it is odd; .* Mend it\.$/],
    [
      hold(),
      EMPTY,
      'not-in-production',
      /^olmirror looks for it in v\/x of staging: correct the rules/,
    ],
    [
      hold({ claim: { ...GIT, image: BASE } }),
      EMPTY,
      'not-in-production',
      /^No pass copies what an index is built on/,
    ],
    [
      hold({ production: damage('missing') }),
      EMPTY,
      'damaged',
      /^Run `olmirror apply --verify deep`/,
    ],
    [
      hold({ production: damage('missing'), claim: { ...GIT, image: BASE } }),
      EMPTY,
      'damaged',
      /^No pass copies what an index is built on/,
    ],
    [
      hold({ production: damage('wrong') }),
      EMPTY,
      'damaged',
      /^A copy does not replace wrong bytes/,
    ],
    [hold({ claim: { by: 'pod', pod: 'Pod p' } }), EMPTY, 'in-use', /^List it under spec\.images/],
    [
      hold({ digest: B, through: { digest: A, kind: 'signature' }, tags: ['t.sig'] }),
      EMPTY,
      'attached',
      new RegExp(
        `add \`- \\{ source: "quay\\.io/v/x@${B}", tags: \\["t\\.sig"\\] \\}\` to spec\\.images`,
      ),
    ],
  ];
  for (const [manifest, plan, kind, next] of cases) {
    const finding = describeHindering(manifest, { host: 'h:5001', plan });
    assert.equal(finding?.kind, kind);
    assert.match(finding?.next ?? '', next);
    assert.ok(finding?.subject.startsWith(`h:5001/v/x@${manifest.digest}`));
    assert.match(finding?.message ?? '', /^[A-Z].*\.$/);
  }
  const pending = hold({ claim: { by: 'pending-index', catalog: 'idx' } });
  assert.equal(describeHindering(pending, { host: 'h', plan: EMPTY }), null);
});

test('what production does not tell is told with its answer', () => {
  assert.ok(UNKNOWN.state === 'unknown');
  const { kind, message } = describeUnclear(hold({ production: UNKNOWN }), {
    host: 'h',
    plan: EMPTY,
  });
  assert.deepEqual(
    [kind, message],
    [
      'production',
      'Git (needed by idx/p/p.v1.0.0) wants it, and whether production holds it is unknown: it answered 500.',
    ],
  );
});

test('sortFindings gives each finding once, in one order', () => {
  const [first, second] = ['a', 'b'].map((subject) => ({
    kind: 'k',
    subject,
    message: 'm',
    next: 'n',
  }));
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(sortFindings([second, first, second]), [first, second]);
});
