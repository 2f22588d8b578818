import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeCatalogs } from '../../src/catalog/merge-catalogs.ts';
import type { DeclaredBridge, MergeOptions } from '../../src/catalog/merge-types.ts';
import { renderMergeText } from '../../src/report/render-merge-text.ts';
import { type SamplePackage, sampleCatalog } from '../catalog/sample-catalog.ts';
import { assertGolden } from './golden.ts';

type Story = readonly [
  title: string,
  base: readonly SamplePackage[],
  incoming: readonly SamplePackage[],
  options?: Partial<MergeOptions>,
];

const V = ['db.v1.0.0', 'db.v1.1.0', 'db.v2.0.0', 'db.v3.0.0'] as const;
const CHAIN = [{ name: V[1], replaces: V[0] }, { name: V[0] }] as const;

const BRIDGE: DeclaredBridge = {
  package: 'db',
  channel: 'stable',
  bundle: V[3],
  replaces: V[1],
  skips: [V[2]],
  skipRange: '',
  reason: 'the vendor supports 1.1 to 3.0',
  by: 'kim',
  until: '2026-12-31',
  file: 'rules/idx/bridges.yaml',
  line: 3,
};

const LEAP: SamplePackage = {
  name: 'db',
  channels: { stable: [{ name: V[3], replaces: V[2] }] },
};

function declare(bridge: DeclaredBridge, today: string): Partial<MergeOptions> {
  return { declared: { bridges: [bridge], today } };
}

const STORIES: readonly Story[] = [
  [
    'A package is split: its parts come under new names, the whole stays for those who run it',
    [{ name: 'db', channels: { stable: CHAIN } }],
    [
      { name: 'db-core', channels: { stable: [{ name: 'db-core.v2.0.0' }] } },
      { name: 'db-tools', channels: { stable: [{ name: 'db-tools.v2.0.0' }] } },
    ],
  ],
  [
    'A package is replaced by another one, and deprecated',
    [{ name: 'db', channels: { stable: CHAIN } }],
    [
      {
        name: 'db',
        channels: { stable: CHAIN },
        deprecations: [{ schema: 'olm.package', message: 'Use newdb.' }],
      },
      { name: 'newdb', channels: { stable: [{ name: 'newdb.v1.0.0' }] } },
    ],
  ],
  [
    'A channel and a version are deprecated; of another channel the reason is worded anew',
    [
      {
        name: 'db',
        channels: { stable: CHAIN, slow: CHAIN },
        deprecations: [{ schema: 'olm.channel', name: 'slow', message: 'Ends in May.' }],
      },
    ],
    [
      {
        name: 'db',
        channels: { stable: [{ name: V[2], replaces: V[1] }, ...CHAIN], slow: CHAIN },
        deprecations: [
          { schema: 'olm.channel', name: 'slow', message: 'Ended.' },
          { schema: 'olm.channel', name: 'stable', message: 'Use fast.' },
          { schema: 'olm.bundle', name: V[0], message: 'Unsafe.' },
        ],
      },
    ],
  ],
  [
    'Only the description changes, of another package only an edge',
    [
      { name: 'db', channels: { stable: CHAIN } },
      { name: 'etcd', channels: { stable: [{ name: 'etcd.v1.0.0' }] } },
    ],
    [
      { name: 'db', channels: { stable: CHAIN }, fields: { description: 'new' } },
      { name: 'etcd', channels: { stable: [{ name: 'etcd.v1.0.0', skipRange: '<1.0.0' }] } },
    ],
  ],
  [
    'A channel disappears upstream: it stays with its head, beside the new one',
    [{ name: 'db', channels: { 'stable-1': CHAIN } }],
    [{ name: 'db', channels: { 'stable-2': [{ name: V[2], replaces: V[1] }] } }],
  ],
  [
    'The default channel is renamed',
    [{ name: 'db', channels: { fast: CHAIN } }],
    [{ name: 'db', channels: { stable: [{ name: V[2], replaces: V[1] }, ...CHAIN] } }],
  ],
  [
    'The default channel is renamed, and that is accepted',
    [{ name: 'db', channels: { fast: CHAIN } }],
    [{ name: 'db', channels: { stable: [{ name: V[2], replaces: V[1] }, ...CHAIN] } }],
    { acceptDefaultChannel: true },
  ],
  [
    'An older delivery would take the head back',
    [
      {
        name: 'db',
        channels: { stable: [{ name: V[2], replaces: V[1] }, ...CHAIN] },
        fields: { description: 'new' },
      },
    ],
    [{ name: 'db', channels: { stable: CHAIN }, fields: { description: 'old' } }],
  ],
  [
    'A delivery of heads only leaves a hole',
    [
      {
        name: 'db',
        channels: { stable: CHAIN, slow: [{ name: 'db.v1.1.1', replaces: V[1] }, ...CHAIN] },
      },
    ],
    [LEAP],
  ],
  [
    'The hole is bridged',
    [{ name: 'db', channels: { stable: CHAIN } }],
    [LEAP],
    declare(BRIDGE, '2026-06-15'),
  ],
  [
    'The bridge is forgotten until it has expired',
    [{ name: 'db', channels: { stable: CHAIN } }],
    [LEAP],
    declare(BRIDGE, '2027-01-01'),
  ],
  [
    'The bridge would cut somebody off',
    [{ name: 'db', channels: { stable: [{ name: V[2], replaces: V[1] }, ...CHAIN] } }],
    [{ name: 'db', channels: { stable: [{ name: V[3], replaces: V[2] }, { name: V[2] }] } }],
    declare({ ...BRIDGE, replaces: '', skips: [V[2]] }, '2026-06-15'),
  ],
  [
    'OLM strands what relied on a version that is now skipped, though opm is content',
    [{ name: 'db', channels: { stable: [{ name: V[2], skips: [V[1], V[0]] }, ...CHAIN] } }],
    [{ name: 'db', channels: { stable: [{ name: V[3], skips: [V[2]] }, { name: V[2] }] } }],
  ],
  [
    'The same where the policy only warns',
    [{ name: 'db', channels: { stable: [{ name: V[2], skips: [V[1], V[0]] }, ...CHAIN] } }],
    [{ name: 'db', channels: { stable: [{ name: V[3], skips: [V[2]] }, { name: V[2] }] } }],
    { strandedUpgrades: 'warn' },
  ],
  [
    'The next minor version takes only the one before by its range',
    [{ name: 'db', channels: { stable: [{ name: V[2], skipRange: '>=1.0.0 <2.0.0' }] } }],
    [{ name: 'db', channels: { stable: [{ name: V[3], skipRange: '>=2.0.0 <3.0.0' }] } }],
  ],
  [
    'The edges of both sides contradict each other',
    [{ name: 'db', channels: { stable: [{ name: V[2], replaces: V[1] }, ...CHAIN] } }],
    [
      {
        name: 'db',
        channels: {
          stable: [{ name: V[3], replaces: V[2] }, { name: V[2] }, { name: V[0], replaces: V[1] }],
        },
      },
    ],
  ],
];

function tell([title, base, incoming, options]: Story): string {
  const { changes, gaps, notes } = mergeCatalogs(
    sampleCatalog(...base),
    sampleCatalog(...incoming),
    {
      duplicateBundle: 'newer',
      strandedUpgrades: 'block',
      acceptDefaultChannel: false,
      ...options,
    },
  );
  const text = renderMergeText({
    catalog: 'idx',
    source: 'staging',
    changes,
    gaps,
    notes,
    held: [],
    newImages: 0,
    record: null,
    cluster: null,
  });
  return `# ${title}\n${text}`;
}

test('renderMergeText tells what a user has to know in each of these stories, as the golden file has it', () => {
  assert.ok(STORIES.length > 10);
  assertGolden('merge-stories.txt', STORIES.map(tell).join('\n'));
});
