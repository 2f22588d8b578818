import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exitCodeOfChecks,
  type IndexList,
  type IndexVerification,
  type ListedIndex,
} from '../../src/plan/index-types.ts';
import type { VerifiedCheck } from '../../src/plan/verified-check.ts';
import type { IndexDocument } from '../../src/report/index-document.ts';
import { renderIndexListText } from '../../src/report/render-index-list-text.ts';
import { renderIndexResources } from '../../src/report/render-index-resources.ts';
import { renderIndexText } from '../../src/report/render-index-text.ts';
import { renderVerificationText } from '../../src/report/render-verification-text.ts';
import { A, B } from '../support/world.ts';
import { assertGolden } from './golden.ts';

const INDEX: IndexDocument = {
  apiVersion: 'olmirror/v1alpha1',
  kind: 'Index',
  source: 'registry.example.com/olm/idx:v1',
  digest: A,
  imageId: B,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  platforms: ['linux/amd64', 'linux/s390x'],
  layers: 3,
  bytes: 1_234_567,
  serve: {
    kind: 'opm',
    words: ['/bin/opm', 'serve', '/configs', '--cache-dir=/tmp/cache'],
    catalogDir: '/configs',
    cacheDir: '/tmp/cache',
    configsPath: '/configs',
  },
  opm: { path: '/bin/opm', version: 'v1.47.0' },
  olmirror: {
    revision: '8fa22e175a2a0000000000000000000000000000',
    created: '2026-11-23T10:00:00.000Z',
    source: 'https://git.example.com/mirror',
    content: A,
  },
  labels: { 'io.olmirror.index': 'v1', vendor: 'Example' },
  caches: [
    {
      path: '/tmp/cache',
      used: true,
      contents: 'both',
      formats: [
        {
          format: 'pogreb.v1',
          state: 'wrong',
          recorded: '0123456789abcdef',
          computed: 'fedcba9876543210',
          reason: 'its digest is another',
        },
        { format: 'json', state: 'right', recorded: '00', computed: '00', reason: '' },
      ],
      others: ['odd'],
    },
    { path: '/cache', used: false, contents: 'unknown', formats: [], others: ['x', 'y'] },
  ],
  cacheFault: null,
  counts: { packages: 2, channels: 3, bundles: 4 },
  packages: [
    {
      name: 'a',
      bundles: 3,
      channels: [
        { name: 'candidate', isDefault: false, heads: ['a.v2', 'a.v3'], entries: 3 },
        { name: 'stable', isDefault: true, heads: ['a.v1'], entries: 1 },
      ],
    },
    {
      name: 'evil\u001b[2J',
      bundles: 1,
      channels: [{ name: 'x', isDefault: false, heads: [], entries: 0 }],
    },
  ],
  faults: ['a/catalog.json:3: two heads'],
};

function check(state: VerifiedCheck['state'], details: readonly string[] = []): VerifiedCheck {
  return { name: 'closure', state, message: `It is ${state}.`, details };
}

function listIndex(more: Partial<ListedIndex>): ListedIndex {
  return {
    tag: 'v1-0123456789ab',
    origin: 'olmirror',
    served: false,
    pinned: false,
    digest: A,
    imageId: B,
    revision: '8fa22e175a2a0000000000000000000000000000',
    created: '2026-11-23T10:00:00.000Z',
    subject: 'Deliver A',
    message: null,
    ...more,
  };
}

const UNREAD = { digest: null, imageId: null, revision: null, created: null, subject: null };

const LIST: IndexList = {
  apiVersion: 'olmirror/v1alpha1',
  kind: 'IndexList',
  catalogs: [
    {
      catalog: 'idx',
      host: 'registry.example.com',
      repository: 'olm/idx',
      servedTag: 'v1',
      served: { state: 'present', digest: A },
      pin: { tag: 'v1-0123456789ab', reason: 'a hot fix', by: 'kim', until: null },
      pinEnded: false,
      indexes: [
        listIndex({ served: true, pinned: true }),
        listIndex({ tag: 'v1-aaaaaaaaaaaa', ...UNREAD, origin: 'other' }),
        listIndex({ tag: 'v1-bbbbbbbbbbbb', ...UNREAD, origin: 'unknown', message: '403' }),
      ],
      otherTags: ['latest'],
      fault: null,
    },
    {
      catalog: 'none',
      host: 'registry.example.com',
      repository: 'olm/none',
      servedTag: 'v1',
      served: { state: 'present', digest: A },
      pin: { tag: 'v1-0123456789ab', reason: 'gone', by: 'kim', until: '2026-01-01' },
      pinEnded: true,
      indexes: [],
      otherTags: [],
      fault: null,
    },
    {
      catalog: 'locked',
      host: 'registry.example.com',
      repository: 'olm/locked',
      servedTag: 'v1',
      served: { state: 'unknown', message: '403' },
      pin: null,
      pinEnded: false,
      indexes: [],
      otherTags: [],
      fault: 'no tags: 403',
    },
  ],
};

test('the texts of index commands', () => {
  const plain: IndexDocument = {
    ...INDEX,
    serve: { kind: 'none', words: [], catalogDir: null, cacheDir: null, configsPath: '/configs' },
    opm: null,
    olmirror: null,
    caches: [],
    packages: [],
  };
  const verification: IndexVerification = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'IndexVerification',
    source: INDEX.source,
    catalog: 'idx',
    revision: '8fa22e175a2a0000000000000000000000000000',
    digest: A,
    imageId: B,
    checks: [
      check('passed'),
      check(
        'failed',
        Array.from({ length: 23 }, (_, i) => `image ${i}`),
      ),
      check('skipped'),
      check('unknown', ['why']),
    ],
    exitCode: 1,
  };
  const served = {
    image: INDEX.source,
    pinned: true,
    catalogSource: { name: 'idx', namespace: 'olm' },
    displayName: 'idx',
  };
  const texts = [
    renderIndexText(INDEX),
    renderIndexText(plain),
    renderIndexText({ ...plain, cacheFault: 'a link' }),
    renderVerificationText(verification, { verbose: false }),
    renderVerificationText({ ...verification, checks: [check('passed')] }, { verbose: true }),
    renderIndexListText(LIST),
    renderIndexResources(served, {
      extract: { catalogDir: '/configs', cacheDir: '/tmp/cache' },
      findings: [
        { severity: 'error', message: 'It is\nbroken.' },
        { severity: 'warning', message: 'It is slow.' },
      ],
    }),
  ];
  assertGolden('index-commands.txt', texts.join('\n=====\n'));
});

test('exitCodeOfChecks: what is unknown goes before what failed', () => {
  assert.equal(exitCodeOfChecks([check('passed'), check('skipped')]), 0);
  assert.equal(exitCodeOfChecks([check('passed'), check('failed')]), 4);
  assert.equal(exitCodeOfChecks([check('failed'), check('unknown')]), 1);
});
