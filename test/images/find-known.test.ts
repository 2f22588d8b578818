import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKnown } from '../../src/images/find-known.ts';
import { listWanted } from '../../src/images/list-wanted.ts';
import { makeCatalog } from '../support/catalog.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';

test('findKnown knows a missing image under another upstream name of its location', () => {
  const digest = digestOfChar('a');
  const manifest = makeManifest();
  const { images } = listWanted({
    manifest,
    catalogs: new Map([
      ['one', makeCatalog({ a: [{ version: '1.0.0', image: `quay.io/v/a@${digest}` }] })],
      ['two', makeCatalog({ a: [{ version: '1.0.0', image: `ghcr.io/v/a@${digest}` }] })],
    ]),
    releases: [],
  });
  assert.deepEqual(
    [...findKnown(new Set([`quay.io/v/a@${digest}`]), images, manifest)],
    [`ghcr.io/v/a@${digest}`],
  );
});
