import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKnown } from '../../src/images/find-known.ts';
import { listWanted } from '../../src/images/list-wanted.ts';
import { makeCatalog } from '../support/catalog.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';

test('findKnown knows a missing image under another upstream name of its location', () => {
  const digest = digestOfChar('a');
  const manifest = makeManifest();
  const wanted = listWanted({
    manifest,
    catalogs: new Map([
      ['one', makeCatalog({ a: [{ version: '1.0.0', image: `quay.io/v/a@${digest}` }] })],
      ['two', makeCatalog({ a: [{ version: '1.0.0', image: `ghcr.io/v/a@${digest}` }] })],
    ]),
    releases: [],
  });
  assert.deepEqual(
    [...findKnown(new Set([`quay.io/v/a@${digest}`]), wanted, manifest)],
    [`ghcr.io/v/a@${digest}`],
  );
});

// Seen to fail without the unreadable ones, and where a reference that cannot be read throws.
test('findKnown knows an image by a reference that no registry takes', () => {
  const odd = `quay.io/v/odd@sha512:${'a'.repeat(128)}`;
  const manifest = makeManifest();
  const wanted = listWanted({
    manifest,
    catalogs: new Map([['one', makeCatalog({ a: [{ version: '1.0.0', image: odd }] })]]),
    releases: [],
  });
  assert.deepEqual([...findKnown(new Set([odd, 'Not A Reference']), wanted, manifest)], [odd]);
  assert.deepEqual([...findKnown(new Set(['Not A Reference']), wanted, manifest)], []);
});
