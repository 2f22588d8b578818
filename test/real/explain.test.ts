import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation } from '../../src/plan/explain-types.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { deliver } from '../support/deliver.ts';
import { createProxiedSite, type ProxiedSite, runAndCommit } from '../support/proxied-site.ts';

const explanation = compileSchema<Explanation>('explanation');

async function explain(site: ProxiedSite, ...args: readonly string[]): Promise<Explanation> {
  const result = await site.olmirror(['explain', ...args, '--format', 'json']);
  assert.equal(result.code, 0, result.stderr);
  return parseChecked(explanation, result.stdout);
}

test('explain tells what wants an image, since when, where it is, and what passes did', async (t) => {
  const site = await createProxiedSite(t);
  await deliver(site);
  await runAndCommit(site, ['init', 'merge']);
  const merged = await site.git('rev-parse', 'HEAD');
  const operand = (await explain(site, 'a.v1.1.0')).images[1];
  assert.ok(operand !== undefined);
  assert.deepEqual(operand.neededBy, [
    { catalog: 'idx', package: 'a', item: 'a.v1.1.0', channels: [{ name: 'stable', isHead: true }] },
  ]);
  assert.equal(operand.since.commit?.revision, merged);
  assert.deepEqual(
    operand.places.map(({ state }) => state),
    ['absent', 'present'],
  );
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const digest = operand.upstream.split('@')[1] ?? '';
  const [image] = (await explain(site, digest)).images;
  assert.deepEqual(image?.places[0]?.tags, [digest.replace(':', '-')]);
  assert.deepEqual(
    image?.steps.map(({ step, result, revision }) => [step, result, revision]),
    [[`copy vendor/a-operand@${digest}`, 'copied', merged]],
  );
  for (const ref of ['a.v1.1.1', 'a', 'sha256:00000000']) {
    const result = await site.olmirror(['explain', ref]);
    assert.deepEqual([result.code, result.stdout], [1, ''], ref);
    assert.match(result.stderr, /Nothing in commit [0-9a-f]{12} wants/);
  }
});
