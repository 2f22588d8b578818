import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPlanMarkdown } from '../../src/report/render-plan-markdown.ts';
import { renderPlanText } from '../../src/report/render-plan-text.ts';
import {
  A,
  ABSENT,
  B,
  C,
  makeIndex,
  planWorld,
  present,
  seenIndex,
  UNKNOWN,
} from '../support/world.ts';

const ours = seenIndex({
  moving: present(A),
  servedId: B,
  servedLabelled: true,
  servedImmutable: present(A),
});
const byRecipe = {
  ...ours,
  servedId: C,
  servedByRecipe: true,
  expectedImmutable: present(A),
  expectedImmutableId: C,
};
const podman = makeIndex({ builder: 'podman', bytes: 0 });

test('planPass takes the recipe of an index for granted only under its own never-moving tag', () => {
  const inSync = planWorld({ indexes: [[podman, byRecipe]] });
  assert.deepEqual([inSync.steps, inSync.catalogs[0]?.action], [[], 'none']);
  const cases: readonly (readonly [string, Partial<typeof ours>, string])[] = [
    ['no tag', { servedImmutable: ABSENT }, 'foreign-index'],
    ['the tag of another image', { servedImmutable: present(B) }, 'foreign-index'],
    ['no label of ours', { servedLabelled: false }, 'foreign-index'],
    ['an unclear tag', { servedImmutable: UNKNOWN }, 'unknown'],
  ];
  for (const [name, changes, kind] of cases) {
    const plan = planWorld({ indexes: [[podman, { ...byRecipe, ...changes }]] });
    assert.deepEqual([plan.steps, plan.checks[0]?.kind], [[], kind], name);
  }
});

test('a plan tells people where the id is that of a recipe, and only where that is news', () => {
  const text = renderPlanText(planWorld({ indexes: [[podman, seenIndex()]] }), { verbose: false });
  assert.match(text, /\n {2}podman builds it: c{12} names its recipe; the image id is known after/);
  assert.match(text, /\+ push {2}olm\/idx:v1-c{12} {2}built by podman/);
  const markdown = renderPlanMarkdown(planWorld({ indexes: [[podman, seenIndex()]] }));
  assert.match(markdown, /^podman builds it: c{12} names its recipe/m);
  const native = planWorld({ indexes: [[makeIndex(), seenIndex()]] });
  assert.doesNotMatch(renderPlanText(native, { verbose: false }), /podman/);
});

test('planPass takes neither a recipe for an image id nor an image id for a recipe', () => {
  const claims = planWorld({
    indexes: [[makeIndex(), { ...byRecipe, servedImmutable: ABSENT }]],
  });
  assert.equal(claims.checks[0]?.kind, 'foreign-index');
  const replaced = planWorld({ indexes: [[podman, { ...ours, servedId: C }]] });
  assert.deepEqual(
    replaced.steps.map((step) => [step.kind, 'builder' in step ? step.builder : null]),
    [
      ['push-index', 'podman'],
      ['move-index', 'podman'],
    ],
  );
  const native = planWorld({ indexes: [[makeIndex(), seenIndex()]] });
  assert.ok(native.steps.every((step) => !('builder' in step)));
});

test('planPass keeps an index that was taken in by its digest where it only claims a recipe', () => {
  const wanted = makeIndex({
    builder: 'podman',
    imageId: B,
    takenIn: [{ digest: A, content: A }],
  });
  const untagged = {
    servedImmutable: ABSENT,
    expectedImmutable: ABSENT,
    expectedImmutableId: null,
  };
  const plan = planWorld({
    indexes: [[wanted, { ...byRecipe, servedLabelled: false, ...untagged }]],
  });
  const keep = plan.steps.find((step) => step.kind === 'tag');
  assert.equal(keep?.tag, `sha256-${A.slice('sha256:'.length)}`);
});
