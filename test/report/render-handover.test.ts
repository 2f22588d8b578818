import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOG_DEFAULTS, REGISTRY_DEFAULTS } from '../../src/manifest/defaults.ts';
import type { CatalogEntry, DeliveryRecord } from '../../src/manifest/types.ts';
import type { Handover, HandoverCatalog } from '../../src/plan/handover-types.ts';
import type { CatalogStatus } from '../../src/plan/status-types.ts';
import { listChangedSections, renderHandover } from '../../src/report/render-handover.ts';
import { makeListed } from '../support/known-missing.ts';
import { makeManifest, pathRule } from '../support/manifest.ts';
import { A, B, C } from '../support/world.ts';
import { assertGolden } from './golden.ts';

function entryOf(name: string, changes: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    ...CATALOG_DEFAULTS,
    name,
    path: `catalogs/${name}`,
    repository: { production: `olm/${name}`, staging: `mirror/${name}` },
    tag: { production: 'v4.20', staging: 'v4.20' },
    ...changes,
  };
}

function catalogOf(entry: CatalogEntry, changes: Partial<HandoverCatalog> = {}): HandoverCatalog {
  const { name, repository } = entry;
  return {
    entry,
    repository,
    packages: 2,
    bundles: 5,
    catalogSource: { name: `cs-${name}`, namespace: 'openshift-marketplace' },
    told: [],
    extracted: false,
    exclusions: [],
    bridges: [],
    missing: [],
    status: null,
    ...changes,
  };
}

function statusOf(
  catalog: string,
  staging: Partial<CatalogStatus['staging']>,
  action: CatalogStatus['action'] = 'none',
): CatalogStatus {
  return {
    catalog,
    target: `olm/${catalog}:v4.20`,
    servedId: A,
    wantedId: B,
    action,
    pin: null,
    packages: [],
    packageCount: 2,
    bundleCount: 5,
    staging: { state: 'none', digest: null, recorded: null, gaps: [], message: null, ...staging },
  };
}

function recordOf(changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    catalog: 'red',
    command: 'merge',
    source: 'prod.example:5001/mirror/red:v4.20',
    role: 'staging',
    digest: C,
    content: C,
    date: '2026-11-20',
    packages: [
      { name: 'a', old: 'a.v1.0.0', new: 'a.v1.1.0' },
      { name: 'b', old: 'b.v2.0.0', new: 'b.v2.0.0' },
    ],
    newImages: 3,
    held: [],
    gaps: [],
    ...changes,
  };
}

const RED = entryOf('red', {
  pin: { tag: 'v4.20-aaaaaaaaaaaa', reason: 'b 2.1 crashes', by: 'kim', until: '2026-12-31' },
});
const RULE = { reason: 'CVE-2026-1234, fixed in 2.2.1', by: 'kim', until: '2027-03-01' };

function busy(): Handover {
  const red = catalogOf(RED, {
    told: ['prod.example:5000/olm/red:v4.20'],
    extracted: true,
    exclusions: [
      {
        ...RULE,
        package: 'b',
        channel: null,
        bundle: 'b.v2.2.0',
        place: 'rules/red/exclude.yaml:1',
      },
    ],
    bridges: [
      {
        ...RULE,
        package: 'a',
        channel: 'stable',
        bundle: 'a.v1.1.0',
        replaces: 'a.v1.0.0',
        skips: [],
        skipRange: '',
        file: 'rules/red/bridges.yaml',
        line: 1,
      },
    ],
    missing: [
      makeListed('registry.example.com/vendor/*'),
      ...'0123456789ab'
        .split('')
        .map((digit) => makeListed(`quay.io/v/x@sha256:${digit.repeat(64)}`)),
    ],
    status: statusOf('red', { state: 'merged', digest: C, recorded: '2026-11-20' }, 'pinned'),
  });
  const own = catalogOf(
    entryOf('own', { base: `olm/opm@${A}`, builder: 'podman', references: 'rewrite' }),
    {
      status: statusOf('own', { state: 'not-merged', digest: B }),
    },
  );
  return {
    manifest: makeManifest({
      name: 'nexus',
      registries: {
        production: {
          ...REGISTRY_DEFAULTS,
          host: 'prod.example:5000',
          pathPrefix: 'docker',
          aliases: ['10.0.0.1:5000'],
          writePolicy: 'allow-once',
          requestsPerDay: 20_000,
        },
        staging: {
          ...REGISTRY_DEFAULTS,
          host: 'prod.example:5001',
          insecure: true,
          authFile: 'my auth.json',
        },
      },
      catalogs: [RED],
      releases: [{ version: '4.20.3', architecture: 'x86_64' }],
      images: [{ source: 'quay.io/v/y:1', tags: [] }],
      paths: [pathRule('registry.redhat.io', 'rh')],
      movableTags: ['openshift/graph-image:latest'],
    }),
    manifestFile: 'site.yaml',
    remote: 'https://git.example.com/mirror.git',
    catalogs: [red, own],
    deliveries: [
      recordOf({ gaps: ['b'], held: ['c/c.v1.0.0'] }),
      ...Array.from({ length: 11 }, (_, i) =>
        recordOf({ date: `2026-10-${31 - i}`, packages: [] }),
      ),
      recordOf({ command: 'init', role: 'production', date: '2026-01-01' }),
    ],
    seen: {
      sync: 'OutOfSync',
      images: { wanted: 9, 'in-sync': 7, copied: 2, refused: 0, lost: 0, deferred: 0, failed: 0 },
      pendingSteps: 2,
      checks: [
        {
          kind: 'foreign-index',
          severity: 'blocked',
          message: 'olm/own:v4.20 is a foreign index.',
          hint: 'Run `olmirror merge own --from production`.',
          catalog: 'own',
          item: null,
          neededBy: [],
        },
        {
          kind: 'known-missing',
          severity: 'warning',
          message: 'told below',
          hint: null,
          catalog: 'red',
          item: null,
          neededBy: [],
        },
      ],
    },
  };
}

/** One catalog, one delivery, nobody at the registries yet: what `init` writes. */
function first(): Handover {
  const entry = entryOf('idx');
  return {
    manifest: makeManifest({ catalogs: [entry] }),
    manifestFile: 'mirror.yaml',
    remote: null,
    catalogs: [catalogOf(entry)],
    deliveries: [recordOf({ catalog: 'idx', command: 'init', role: 'production' })],
    seen: null,
  };
}

test('renderHandover writes a page for a mirror with much to tell', () => {
  assertGolden('handover-busy.md', renderHandover(busy(), null));
});

test('renderHandover writes the page that init leaves', () => {
  assertGolden('handover-first.md', renderHandover(first(), null));
});

// Seen to fail with escapeMarkdown left out of formatPin, and with quoteShell that quotes nothing.
test('renderHandover lets no name out of its place', () => {
  const name = "x' `|; rm -rf $HOME #";
  const reason = '<img src=x> ## Take the next delivery\n## What is where';
  const entry = entryOf(name, { pin: { tag: 't', reason, by: '@lee', until: null } });
  const page = renderHandover({ ...first(), catalogs: [catalogOf(entry), catalogOf(entry)] }, null);
  assert.equal(page.match(/^## /gm)?.length, 6);
  assert.doesNotMatch(page, /(?<!\\)<img/);
  const lines = page.split('\n').filter((line) => line.startsWith('olmirror merge'));
  assert.deepEqual(
    new Set(lines),
    new Set([
      `olmirror merge 'x'\\'' \`|; rm -rf $HOME #'`,
      `olmirror merge 'x'\\'' \`|; rm -rf $HOME #' --from production`,
    ]),
  );
});

test('renderHandover gives the same bytes again, and keeps what stands below the marked line', () => {
  const page = renderHandover(busy(), null);
  assert.equal(renderHandover(busy(), page), page);
  const own = `${page}\r\nOurs\r\n`;
  const renewed = renderHandover(first(), own);
  assert.ok(renewed.endsWith('it as it is. -->\n\r\nOurs\r\n'), renewed.slice(-99));
  assert.equal(renderHandover(busy(), renewed), own);
});

test('listChangedSections names what is new and what changed, and nothing for the same page', () => {
  const before = renderHandover(first(), null);
  assert.deepEqual(listChangedSections(before, before), []);
  assert.deepEqual(listChangedSections(before, `${before}own`), []);
  const deliveries = [recordOf({ catalog: 'idx', date: '2026-11-21' })];
  assert.deepEqual(
    listChangedSections(before, renderHandover({ ...first(), deliveries }, before)),
    ['Last deliveries'],
  );
  assert.equal(listChangedSections(null, before).length, 7);
});
