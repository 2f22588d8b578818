import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKnown } from '../../src/images/find-known.ts';
import { listWanted, type WantedList } from '../../src/images/list-wanted.ts';
import { makeCatalog } from '../support/catalog.ts';
import { makeListed } from '../support/known-missing.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';

const TODAY = '2026-01-01';

function list(images: readonly string[], wanted: WantedList): readonly string[] {
  const context = { manifest: makeManifest(), today: TODAY };
  return [...findKnown(images.map(makeListed), wanted, context).keys()];
}

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
  assert.deepEqual(list([`quay.io/v/a@${digest}`], wanted), [`ghcr.io/v/a@${digest}`]);
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
  assert.deepEqual(list([odd, 'Not A Reference'], wanted), [odd]);
  assert.deepEqual(list(['Not A Reference'], wanted), []);
});

const DIGEST = digestOfChar('a');

function wantTwo(): WantedList {
  return listWanted({
    manifest: makeManifest(),
    catalogs: new Map([
      ['one', makeCatalog({ a: [{ version: '1.0.0', image: `quay.io/v/a@${DIGEST}` }] })],
      ['two', makeCatalog({ b: [{ version: '1.0.0', image: `quay.io/v/b@${DIGEST}` }] })],
    ]),
    releases: [],
  });
}

// Seen to fail with neededBy not looked at in coversImage: then the pattern of `one` took b in, too.
test('findKnown counts a pattern for what its own catalog names, and an item before a pattern', () => {
  const wanted = wantTwo();
  const all = makeListed('quay.io/*');
  const own = makeListed(`quay.io/v/a@${DIGEST}`);
  assert.deepEqual(list(['quay.io/*'], wanted), [`quay.io/v/a@${DIGEST}`]);
  const known = findKnown([all, own], wanted, { manifest: makeManifest(), today: TODAY });
  assert.deepEqual([...known.values()], [own]);
});

// Seen to fail without the filter of what has ended.
test('findKnown counts nothing from the day on that an item names as its end', () => {
  const item = { ...makeListed('quay.io/*'), until: '2026-06-01' };
  const days = ['2026-05-31', '2026-06-01'].map((today) =>
    findKnown([item], wantTwo(), { manifest: makeManifest(), today }),
  );
  assert.deepEqual(
    days.map(({ size }) => size),
    [1, 0],
  );
});
