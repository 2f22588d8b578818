// What the reader of a large cluster needs: some hundred nodes run 5,000 pods. bench/README.md has what was measured.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeLargePod, postPods } from '../support/many-pods.ts';
import { type BoundedRun, runBounded } from '../support/run-bounded.ts';
import { createSandbox } from '../support/sandbox.ts';
import { applyFile, DEPLOY, NO_KUBE, startKube, waitForKinds } from '../support/start-kube.ts';

const PODS = Array.from({ length: 5_000 }, (_, index) => makeLargePod(index));

function assertSeen(t: TestContext, run: BoundedRun, limit: number): void {
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /500 images, out of 5,000 objects/);
  t.diagnostic(`at most ${run.megabytes} MB, ${run.processorTime} s of processors`);
  if (run.megabytes > 0) assert.ok(run.megabytes < limit, `${run.megabytes} MB`);
}

test('in-use reads 5,000 pods of a file within bounds', async (t) => {
  const { folder } = await createSandbox(t);
  const file = join(folder, 'pods.json');
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: PODS }, null, 2);
  t.diagnostic(`${text.length / 1e6} MB of JSON`);
  assert.ok(text.length > 50e6);
  await writeFile(file, text);
  const run = await runBounded(['in-use', '--from', file], { cwd: folder, home: folder });
  assertSeen(t, run, 800);
});

test('in-use reads 5,000 pods of a running cluster within bounds', { skip: NO_KUBE }, async (t) => {
  const kube = await startKube();
  t.after(() => kube.stop());
  for (const name of ['olm.yaml', 'openshift.yaml'])
    await applyFile(kube, join(import.meta.dirname, 'crds', name));
  await waitForKinds(kube, 200);
  await applyFile(kube, join(DEPLOY, 'in-use-rbac.yaml'));
  await postPods(kube, PODS);
  const { folder } = await createSandbox(t);
  const kubeconfig = await kube.writeKubeconfig('olmirror-in-use');
  const args = ['in-use', '--kubeconfig', kubeconfig, '--cluster', 'large'];
  const run = await runBounded(args, { cwd: folder, home: folder });
  assertSeen(t, run, 600);
});
