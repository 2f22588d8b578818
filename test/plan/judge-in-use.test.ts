import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUses } from '../../src/manifest/in-use.ts';
import type { InUseSettings } from '../../src/manifest/types.ts';
import { judgeInUse } from '../../src/plan/judge-in-use.ts';

const NOW = new Date('2026-11-27T10:00:00Z');

function judge(clusters: string, settings: Partial<InUseSettings> = {}): readonly string[] {
  const text = `apiVersion: olmirror/v1alpha1\nkind: InUse\nspec:\n  clusters:\n${clusters}`;
  const whole = { clusters: [], seenWithinMilliseconds: 30 * 86_400_000, waivers: [], ...settings };
  return judgeInUse(parseUses(text), { settings: whole, now: NOW }).map(
    ({ why, cluster }) => `${cluster}: ${why}`,
  );
}

const BUILDS = '      unseen: [{ kind: Build.build.openshift.io, why: forbidden, message: no }]\n';
const WAIVER = { kind: 'Build.build.openshift.io', reason: 'none', by: 'kim', until: '2026-12-01' };

test('a cluster that was seen within the time, whole, leaves nothing open', () => {
  assert.deepEqual(judge("    - { name: a, seen: '2026-10-28' }\n", { clusters: ['a'] }), []);
});

test('a cluster that is named and was never seen, or was too long ago, is open', () => {
  const clusters = "    - { name: a, seen: '2026-10-27' }\n    - { name: b }\n";
  assert.deepEqual(judge(clusters, { clusters: ['c', 'a'] }), ['c: absent', 'a: old', 'b: old']);
});

test('what could not be looked at is open until somebody waives it, for this cluster, today', () => {
  const a = `    - name: a\n      seen: '2026-11-27'\n${BUILDS}`;
  assert.deepEqual(judge(a), ['a: unseen']);
  assert.deepEqual(judge(a, { waivers: [{ ...WAIVER, cluster: null }] }), []);
  assert.deepEqual(judge(a, { waivers: [{ ...WAIVER, cluster: 'a' }] }), []);
  assert.deepEqual(judge(a, { waivers: [{ ...WAIVER, cluster: 'b' }] }), ['a: unseen']);
  assert.deepEqual(judge(a, { waivers: [{ ...WAIVER, cluster: null, until: '2026-11-27' }] }), [
    'a: unseen',
  ]);
});
