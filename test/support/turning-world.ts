import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Applier } from '../../src/apply/port.ts';
import type { Digest } from '../../src/base/digest.ts';
import { openProofNotes } from '../../src/files/proof-notes.ts';
import { createMessageVerifier } from '../../src/git/verify-messages.ts';
import type { PassReport } from '../../src/plan/report-types.ts';
import { createPassPreparer, type PreparedPass } from '../../src/reconcile/prepare-pass.ts';
import { runPass } from '../../src/reconcile/run-pass.ts';
import { createFakeGit } from '../fakes/git.ts';
import { createFakeRegistry, type FakeRegistry } from '../fakes/registry.ts';

export interface World {
  readonly production: FakeRegistry;
  readonly staging: FakeRegistry;
  /** One pass; gives what it asked production for, as repositories, and what it planned. */
  pass(options?: {
    readonly all?: boolean;
  }): Promise<{ readonly asked: readonly string[]; readonly prepared: PreparedPass }>;
  report(prepared: PreparedPass): Promise<PassReport>;
  /** Commits a manifest with further lines of `spec`, and of its list of images. */
  write(spec: string, images?: string): void;
  /** As after a restart of the program. */
  restart(): Promise<void>;
  move(milliseconds: number): void;
  readonly notes: string;
  /** Requests that production has had today. */
  spent: number;
  /** Told of what happens in a pass; what it throws ends that. */
  onEvent: (kind: string) => void;
}

/** Images `team/0` to `team/<count - 1>`, all of which production holds. */
export async function createWorld(t: TestContext, count: number, more = ''): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-turns-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const production = createFakeRegistry('p.example:5000');
  const staging = createFakeRegistry('s.example:5001');
  const digests: Digest[] = [];
  for (let i = 0; i < count; i += 1)
    digests.push(production.add({ repository: `team/${i}`, files: { name: `${i}` } }));
  const git = createFakeGit();
  let now = Date.parse('2026-11-27T00:30:00Z');
  const clock = { now: () => new Date(now), sleep: () => Promise.resolve() };
  const asked: string[] = [];
  const observing: FakeRegistry = {
    ...production,
    headBlob: (repository, digest, signal) => production.headBlob(repository, digest, signal),
    getBlob: (repository, digest) => production.getBlob(repository, digest),
    headManifest: (repository, reference, signal) => {
      asked.push(repository);
      return production.headManifest(repository, reference, signal);
    },
  };
  let prepare = open();
  function open(): ReturnType<typeof createPassPreparer> {
    return createPassPreparer({
      openRegistries: () => ({ production: observing, staging }),
      readSource: () => Promise.resolve(null),
      verifyMessages: createMessageVerifier(process.env),
      requestCount: { readSpent: () => Promise.resolve(world.spent), add: () => undefined },
      clock,
      emit: (event) => world.onEvent(event.kind),
      signal: new AbortController().signal,
    });
  }
  let notes = await openProofNotes(folder);
  const applier: Applier = {
    applyPlan: () =>
      Promise.resolve({
        outcomes: [],
        stepsDone: 0,
        bytes: 0,
        milliseconds: 0,
        interrupted: false,
      }),
    listShards: () => Promise.resolve([]),
    pushState: () => Promise.reject(new Error('Nothing is backed up here.')),
  };
  const world: World = {
    production,
    staging,
    notes: join(folder, 'seen.jsonl'),
    spent: 0,
    onEvent: () => undefined,
    async pass({ all = false } = {}) {
      asked.length = 0;
      const prepared = await prepare(await git.openCommit('HEAD'), {
        manifestFile: 'mirror.yaml',
        indexOnly: false,
        rebuild: false,
        verify: null,
        keepsBudget: true,
        inTurn: { notes, intervalMilliseconds: null, all },
      });
      return { asked: [...asked], prepared };
    },
    report: (prepared) =>
      runPass(prepared, prepared.plan, {
        git,
        applier,
        clock,
        emit: () => undefined,
        signal: new AbortController().signal,
        concurrency: 1,
        findAccess: ({ registries }) => registries,
      }),
    write(spec, others = '') {
      const images = digests.map(
        (digest, i) => `    - { source: "r.example/team/${i}@${digest}" }`,
      );
      git.write(
        'mirror.yaml',
        `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: turns }
spec:
  registries: { production: { host: "p.example:5000"${more} }, staging: { host: "s.example:5001" } }
${spec}
  stateBackup: off
  images:
${images.join('\n')}
${others}`,
      );
      git.commit('state');
    },
    async restart() {
      notes = await openProofNotes(folder);
      prepare = open();
    },
    move(milliseconds) {
      now += milliseconds;
    },
  };
  world.write('  reconcile: { interval: 1h, proofAge: 2d }');
  return world;
}
