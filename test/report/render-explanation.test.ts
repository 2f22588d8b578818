import { test } from 'node:test';
import type { ExplainedImage, Explanation } from '../../src/plan/explain-types.ts';
import { renderExplanationText } from '../../src/report/render-explanation-text.ts';
import { A, B, C } from '../support/world.ts';
import { assertGolden } from './golden.ts';

const PRODUCTION = {
  role: 'production',
  host: 'production.example:5000',
  repository: 'v/a',
  reference: A,
  state: 'present',
  digest: A,
  tags: ['1.2', `sha256-${'a'.repeat(64)}`],
  tagsComplete: true,
  platforms: [],
  message: null,
} as const;
const STAGING = { ...PRODUCTION, role: 'staging', host: 'staging.example:5001' } as const;
const COMMIT = {
  revision: '1234567890'.repeat(4),
  time: '2026-02-03T04:05:06.000Z',
  subject: 'Deliver a',
};
const SHARING = {
  state: 'known',
  blobs: 3,
  bytes: 120_000_000,
  compared: 20,
  absent: 0,
  unread: 0,
  left: 0,
  sharing: 0,
  images: [],
  message: null,
} as const;

const WANTED: ExplainedImage = {
  upstream: `quay.io/v/a@${A}`,
  kind: 'related',
  attachedTo: null,
  neededBy: [
    { catalog: null, package: null, item: 'images', channels: [] },
    { catalog: null, package: null, item: 'release 4.20.3-x86_64', channels: [] },
    {
      catalog: 'idx',
      package: 'a',
      item: 'a.v1.2.0',
      channels: [
        { name: 'candidate', isHead: false },
        { name: 'stable', isHead: true },
      ],
    },
    { catalog: 'two', package: 'a', item: 'a.v1.2.0', channels: [{ name: 'fast', isHead: true }] },
  ],
  since: { commit: COMMIT, message: 'this clone is shallow, so it may be older' },
  until: null,
  files: ['catalogs/idx/a/catalog.json', 'mirror.yaml'],
  places: [
    {
      ...PRODUCTION,
      platforms: [
        { digest: B, platform: 'linux/amd64', state: 'present' },
        { digest: C, platform: null, state: 'absent' },
      ],
    },
    { ...STAGING, tags: [], tagsComplete: false, message: 'the tags cannot be listed.' },
  ],
  proof: { seen: '2026-11-25T20:16:36.000Z', deep: '2026-11-20T20:16:36.000Z' },
  sharing: {
    ...SHARING,
    absent: 2,
    unread: 1,
    left: 400,
    sharing: 3,
    images: [
      { upstream: `quay.io/v/b@${B}`, blobs: 2, bytes: 90_000_000 },
      { upstream: `quay.io/v/c@${C}`, blobs: 1, bytes: 500 },
    ],
  },
  steps: [
    {
      pass: 'p2',
      time: '2026-02-04T00:00:00.000Z',
      revision: COMMIT.revision,
      step: `copy v/a@${A}`,
      result: null,
      code: null,
      message: null,
    },
    {
      pass: 'p1',
      time: '2026-02-03T05:00:00.000Z',
      revision: null,
      step: `copy v/a@${A}`,
      result: 'failed',
      code: 'APPLY_COPY_FAILED',
      message: 'the destination answered 500.',
    },
  ],
  remarks: ['production.example:5000/v/a:1.2 points at it.'],
};

const GONE: ExplainedImage = {
  ...WANTED,
  kind: 'signature',
  attachedTo: `quay.io/v/x@${B}`,
  neededBy: WANTED.neededBy.slice(0, 1),
  since: { commit: null, message: 'it is older than the last 1000 commits that touch these files' },
  until: { commit: { ...COMMIT, subject: 'Do without a\u202e' }, message: null },
  files: [],
  places: [
    { ...PRODUCTION, reference: '1.2' },
    { ...STAGING, state: 'absent', digest: null, tags: [] },
  ],
  proof: null,
  sharing: SHARING,
  steps: [],
  remarks: ['Git wants it no more. Nothing is removed from production.'],
};

const UNKNOWN: ExplainedImage = {
  ...GONE,
  kind: 'index',
  attachedTo: null,
  neededBy: [],
  until: null,
  places: [
    {
      ...PRODUCTION,
      state: 'unknown',
      digest: null,
      tags: [],
      message: 'nothing listens there.',
    },
    { ...STAGING, state: 'absent', digest: null, tags: [] },
  ],
  sharing: { ...SHARING, state: 'unknown', message: 'nothing listens there.' },
  remarks: [],
};

test('renderExplanationText says all of an image, in lines that can be read one by one', () => {
  const explanation: Explanation = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Explanation',
    asked: 'a',
    revision: COMMIT.revision,
    images: [WANTED, GONE, UNKNOWN, { ...UNKNOWN, sharing: { ...SHARING, state: 'skipped' } }],
    others: ['quay.io/v/d:1', 'quay.io/v/e:1', 'quay.io/v/f:1', 'quay.io/v/g:1'],
    requests: 1234,
  };
  assertGolden('explanation.txt', renderExplanationText(explanation));
});
