import { test } from 'node:test';
import type { RollbackReport } from '../../src/plan/rollback-types.ts';
import { renderRollbackText } from '../../src/report/render-rollback-text.ts';
import { A, B, PINNED } from '../support/world.ts';
import { assertGolden } from './golden.ts';
import { makeChannelPlan, makePackagePlan } from './sample-plans.ts';

const REPORT: RollbackReport = {
  apiVersion: 'olmirror/v1alpha1',
  kind: 'IndexRollback',
  catalog: 'idx',
  host: 'prod.example:5000',
  repository: 'olm/idx',
  servedTag: 'v1',
  from: {
    tag: 'v1-bbbbbbbbbbbb',
    digest: B,
    imageId: B,
    revision: 'f'.repeat(40),
    created: '2026-11-26T03:10:35.000Z',
    subject: 'Deliver \u001B[2J B',
  },
  to: { tag: PINNED, digest: A, imageId: A, revision: null, created: null, subject: null },
  pin: { tag: PINNED, reason: 'it crashes.', by: 'kim', until: '2026-12-31' },
  way: 'move-tag',
  mode: 'dry-run',
  packages: [
    makePackagePlan({
      package: 'b',
      channels: [makeChannelPlan({ channel: 'stable', old: 'b.v1.1.0', new: 'b.v1.0.0' })],
      bundlesRemoved: ['b.v1.1.0'],
    }),
  ],
  checks: [],
  outcome: null,
  written: [],
  exitCode: 0,
};
const IN_USE = {
  kind: 'in-use',
  severity: 'blocked',
  message: 'b.v1.1.0 is installed.',
  hint: 'Go on with --force.',
  catalog: 'idx',
  item: 'index idx',
  neededBy: [],
} as const;
const MOVED = {
  item: 'index idx',
  type: 'index',
  kind: 'copied',
  message: null,
  code: null,
} as const;
const FAILED = { ...MOVED, kind: 'failed', message: 'It was refused: 400.' } as const;
const DONE = { ...REPORT, mode: 'apply', written: ['mirror.yaml'] } as const;

const REPORTS: readonly RollbackReport[] = [
  REPORT,
  { ...REPORT, way: 'cluster-files', from: null, packages: null },
  { ...REPORT, way: 'none', packages: [] },
  { ...REPORT, checks: [IN_USE], exitCode: 4 },
  { ...DONE, outcome: MOVED },
  { ...DONE, checks: [{ ...IN_USE, severity: 'warning', hint: null }], outcome: MOVED },
  { ...DONE, mode: 'pin-only' },
  { ...DONE, way: 'cluster-files', written: ['mirror.yaml', 'cluster/idx.yaml'] },
  { ...DONE, way: 'none', packages: [], written: [] },
  { ...DONE, checks: [IN_USE], written: [], exitCode: 4 },
  { ...DONE, outcome: FAILED, written: [], exitCode: 1 },
  { ...DONE, outcome: FAILED, exitCode: 1 },
];

test('the texts of a rollback: what it means, what is in the way, what it did, and what to do next', () => {
  assertGolden('index-rollback.txt', REPORTS.map(renderRollbackText).join('\n=====\n'));
});
