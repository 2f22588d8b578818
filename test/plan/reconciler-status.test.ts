import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hold, PassRecord, ReconcilerStatus } from '../../src/plan/history-types.ts';
import {
  awaitPass,
  beginPass,
  endPass,
  startStatus,
  stopStatus,
} from '../../src/plan/reconciler-status.ts';
import { A_COMMIT, ANOTHER_COMMIT, makeRecord, makeReport } from '../support/passes.ts';

const PROCESS = { host: 'bastion', pid: 7, started: '2026-11-27T10:00:00.000Z' };

function begin(status: ReconcilerStatus, revision: string, time: string): ReconcilerStatus {
  return beginPass(status, { reason: 'commit', revision, time });
}

function words({ conditions }: ReconcilerStatus): readonly string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

const HOLD: Hold = { kind: 'suspended', message: 'suspended by kim: freeze', until: null };

// Seen to fail: with `refused` left out of what stalls, and with a hold that counted as in step.
describe('endPass says of a pass', () => {
  const rows: readonly [string, PassRecord, readonly string[], ReconcilerStatus['sync']][] = [
    ['that is done', makeRecord(), ['Ready=True InSync'], 'Synced'],
    [
      'that found something refused',
      makeRecord({ result: 'refused', report: makeReport({ exitCode: 4 }) }),
      ['Ready=False Refused', 'Stalled=True Refused'],
      'OutOfSync',
    ],
    [
      'whose commit is not valid',
      makeRecord({
        result: 'failed',
        report: null,
        failure: {
          code: 'MANIFEST_INVALID',
          message: 'mirror.yaml:3:1: no.',
          hint: null,
          disposition: 'stall',
        },
      }),
      ['Ready=False Invalid', 'Stalled=True ManifestInvalid'],
      'Unknown',
    ],
    [
      'whose registry is away',
      makeRecord({
        result: 'failed',
        report: null,
        failure: {
          code: 'REGISTRY_TIMEOUT',
          message: 'No answer.',
          hint: null,
          disposition: 'retry',
        },
      }),
      ['Ready=False RegistryTimeout', 'Reconciling=True ProgressingWithRetry'],
      'Unknown',
    ],
    [
      'that must wait for a time',
      makeRecord({
        result: 'failed',
        report: null,
        failure: {
          code: 'PLAN_OVER_BUDGET',
          message: 'Tomorrow.',
          hint: null,
          disposition: 'wait',
        },
      }),
      ['Ready=False PlanOverBudget', 'Reconciling=True Waiting'],
      'Unknown',
    ],
    [
      'of which steps failed',
      makeRecord({ result: 'failed', report: makeReport({ exitCode: 1 }) }),
      ['Ready=False StepsFailed', 'Reconciling=True ProgressingWithRetry'],
      'Unknown',
    ],
    [
      'that is suspended',
      makeRecord({ report: null, holds: [HOLD] }),
      ['Ready=False Suspended'],
      'Unknown',
    ],
    [
      'that was cut off',
      makeRecord({ result: 'interrupted', report: null }),
      ['Ready=Unknown Interrupted'],
      'Unknown',
    ],
  ];
  for (const [name, record, expected, sync] of rows)
    it(name, () => {
      const status = endPass(startStatus(null, PROCESS), record);
      assert.deepEqual(words(status), expected);
      assert.equal(status.sync, sync);
      const applied = expected[0] === 'Ready=True InSync' ? A_COMMIT : null;
      assert.equal(status.appliedRevision, applied);
    });
});

describe('the status of the reconciler', () => {
  it('keeps what was true while the same commit is looked at again, and doubts it for another', () => {
    const done = endPass(startStatus(null, PROCESS), makeRecord());
    const again = begin(done, A_COMMIT, '2026-11-27T11:00:00.000Z');
    assert.deepEqual(words(again), ['Ready=True InSync', 'Reconciling=True Progressing']);
    const other = begin(done, ANOTHER_COMMIT, '2026-11-27T11:00:00.000Z');
    assert.deepEqual(words(other), ['Ready=Unknown Progressing', 'Reconciling=True Progressing']);
    assert.deepEqual([other.attemptedRevision, other.appliedRevision], [ANOTHER_COMMIT, A_COMMIT]);
  });

  it('changes the time of a condition only when its status changes', () => {
    const first = endPass(startStatus(null, PROCESS), makeRecord());
    const since = first.conditions[0]?.since;
    const second = endPass(first, makeRecord({ finished: '2026-11-27T12:00:00.000Z' }));
    assert.equal(second.conditions[0]?.since, since);
    const cut = makeRecord({
      result: 'failed',
      report: makeReport({ exitCode: 1 }),
      finished: '2026-11-27T13:00:00.000Z',
    });
    assert.equal(endPass(second, cut).conditions[0]?.since, '2026-11-27T13:00:00.000Z');
  });

  it('outlives a restart, which nobody takes for knowledge', () => {
    const before = stopStatus(
      endPass(startStatus(null, PROCESS), makeRecord()),
      '2026-11-27T12:00:00.000Z',
    );
    assert.equal(before.process.stopped, '2026-11-27T12:00:00.000Z');
    const after = startStatus(before, { ...PROCESS, pid: 8 });
    assert.deepEqual(words(after), ['Ready=Unknown Starting']);
    assert.deepEqual([after.sync, after.process.stopped], ['Unknown', null]);
    const { proofs: _, ...early } = before;
    assert.equal(startStatus(JSON.parse(JSON.stringify(early)), PROCESS).proofs, null);
    assert.equal(after.appliedRevision, A_COMMIT);
    assert.equal(after.lastPass?.id, before.lastPass?.id);
  });

  it('says since when a catalog waits, over passes and restarts, until it waits no more', () => {
    const waiting = {
      catalog: 'idx',
      wanted: 4,
      present: 3,
      gitId: null,
      servedId: null,
      inSync: false,
    };
    const first = endPass(startStatus(null, PROCESS), makeRecord({ catalogs: [waiting] }));
    const since = makeRecord().started;
    assert.equal(first.catalogs[0]?.oldestPending, since);
    const later = makeRecord({ catalogs: [waiting], started: '2026-11-28T10:00:00.000Z' });
    const second = endPass(startStatus(first, PROCESS), later);
    assert.equal(second.catalogs[0]?.oldestPending, since);
    const served = makeRecord({ catalogs: [{ ...waiting, present: 4, inSync: true }] });
    assert.equal(endPass(second, served).catalogs[0]?.oldestPending, null);
  });

  it('says when the next pass comes, and nothing while one runs', () => {
    const next = { time: '2026-11-27T12:10:00.000Z', why: 'in step with Git' };
    const waiting = awaitPass(endPass(startStatus(null, PROCESS), makeRecord()), next);
    assert.deepEqual(waiting.nextPass, next);
    assert.equal(begin(waiting, A_COMMIT, next.time).nextPass, null);
  });
});
