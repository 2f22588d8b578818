import { readFile } from 'node:fs/promises';
import { createApplier } from '../../src/apply/apply-plan.ts';
import type { Step } from '../../src/plan/types.ts';
import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import { createFakePodman } from '../fakes/podman.ts';
import { CLOCK, planOf } from '../real/apply-world.ts';
import { buildSmallIndex } from '../real/index-steps.ts';
import { openFileLocker } from '../support/open-file-locker.ts';
import { openSkopeo } from '../support/open-skopeo.ts';

/** What `apply-once.ts FILE` reads: a pass to carry out in a process of its own, to be killed. */
export interface OncePass {
  readonly stateFolder: string;
  readonly productionHost: string;
  readonly stagingHost: string;
  readonly steps: readonly Step[];
  /** Content of the index that the steps push. */
  readonly content: string;
}

async function applyOnce(file: string): Promise<void> {
  const pass: OncePass = JSON.parse(await readFile(file, 'utf8'));
  const plain = { insecure: true, authFile: null, caFile: null };
  const production = { host: pass.productionHost, ...plain };
  const staging = { host: pass.stagingHost, ...plain };
  const registries = {
    production: createHttpRegistry({ ...production, environment: {}, clock: CLOCK }),
    staging: createHttpRegistry({ ...staging, environment: {}, clock: CLOCK }),
  };
  const copier = openSkopeo({
    environment: { PATH: process.env['PATH'], HOME: pass.stateFolder },
    stateFolder: pass.stateFolder,
  });
  const applier = createApplier({
    lockers: [openFileLocker(pass.stateFolder)],
    copier,
    podman: createFakePodman(),
    clock: CLOCK,
    random: () => 0.5,
    stateFolder: pass.stateFolder,
    graceMilliseconds: 200,
  });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const request = {
    plan: planOf(pass.steps),
    registries,
    access: { production, staging },
    servingRole: 'production' as const,
    buildIndex: () => buildSmallIndex({ content: pass.content }),
    describeIndex: () => Promise.reject(new Error('podman builds nothing here.')),
    closure: () => [],
    emit: (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`),
  };
  const result = await applier.applyPlan(request, stop.signal);
  process.stdout.write(`${JSON.stringify({ kind: 'result', ...result })}\n`);
  await Promise.all([registries.production.close(), registries.staging.close()]);
}

await applyOnce(process.argv[2] ?? '');
