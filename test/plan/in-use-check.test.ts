import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstalledVersion } from '../../src/manifest/types.ts';
import { checkInUse, type InUseContext } from '../../src/plan/in-use-check.ts';
import { makeCatalog } from '../support/catalog.ts';

const target = makeCatalog({ a: [{ version: '1.0.0', image: 'r.example/a:1' }] });
const newer = makeCatalog({
  a: [{ version: '1.1.0', image: 'r.example/a:2' }],
  b: [{ version: '1.0.0', image: 'r.example/b:1' }],
});
const context: InUseContext = {
  entry: { name: 'idx', catalogSource: null },
  target,
  tag: 'v1-0123456789ab',
  known: [newer],
  force: false,
};

function installed(bundle: string, more: Partial<InstalledVersion> = {}): InstalledVersion {
  const [name = ''] = bundle.split('.');
  return {
    cluster: 'prod',
    seen: null,
    user: `Subscription ${name}`,
    package: name,
    bundle,
    source: null,
    sourceNamespace: null,
    ...more,
  };
}

function named(versions: readonly InstalledVersion[], changes: Partial<InUseContext> = {}): string {
  return checkInUse(versions, { ...context, ...changes })?.message ?? '';
}

test('checkInUse names installed versions and whole packages that would not be served', () => {
  assert.equal(checkInUse([installed('a.v1.0.0')], context), null);
  assert.match(
    named([
      installed('a.v1.0.0'),
      installed('a.v1.1.0', { seen: '2026-11-20' }),
      installed('b.v1.0.0'),
    ]),
    /^v1-0123456789ab does not serve 2 installed versions: a\.v1\.1\.0 \(Subscription a of prod, seen 2026-11-20\); b\.v1\.0\.0 \(Subscription b of prod\)\./,
  );
  const many = Array.from({ length: 8 }, (_, i) => installed(`a.v9.0.${i}`));
  assert.match(named(many), /8 installed versions: .*; and 3 more\./);
});

test('checkInUse leaves what other catalogs serve to them, and asks the CatalogSource only where the manifest names one', () => {
  assert.equal(named([installed('other.v1.0.0')]), '', 'no catalog here knows it');
  assert.notEqual(named([installed('a.v1.1.0', { source: 'cs-any' })]), '');
  const entry = { name: 'idx', catalogSource: { name: 'cs-idx', namespace: 'olm' } };
  assert.equal(named([installed('a.v1.1.0', { source: 'cs-any' })], { entry }), '');
  assert.notEqual(named([installed('a.v1.1.0', { source: 'cs-idx' })], { entry }), '');
  const elsewhere = { source: 'cs-idx', sourceNamespace: 'other' };
  assert.equal(named([installed('a.v1.1.0', elsewhere)], { entry }), '');
  assert.notEqual(
    named([installed('a.v1.1.0', { ...elsewhere, sourceNamespace: 'olm' })], { entry }),
    '',
  );
  assert.notEqual(named([installed('gone.v1.0.0', { source: 'cs-idx' })], { entry }), '');
  assert.notEqual(named([installed('a.v1.1.0')], { entry }), '');
});

test('checkInUse blocks, or warns where a person goes on all the same', () => {
  const lost = [installed('a.v1.1.0')];
  assert.equal(checkInUse(lost, context)?.severity, 'blocked');
  assert.match(checkInUse(lost, context)?.hint ?? '', /--force/);
  assert.equal(checkInUse(lost, { ...context, force: true })?.severity, 'warning');
});
