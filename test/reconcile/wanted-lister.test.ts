import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WantedSources } from '../../src/images/list-mentions.ts';
import { listWanted } from '../../src/images/list-wanted.ts';
import type { ReleaseContent } from '../../src/images/release.ts';
import { hashManifest } from '../../src/manifest/hash-manifest.ts';
import type { MirrorManifest } from '../../src/manifest/types.ts';
import { createWantedLister } from '../../src/reconcile/wanted-lister.ts';
import { makeCatalog } from '../support/catalog.ts';
import { digestOfChar, makeManifest } from '../support/manifest.ts';

// Seen to fail with `isSame` true where catalogs or releases differ, and with the manifest left out.

function makeOne(image: string): ReturnType<typeof makeCatalog> {
  return makeCatalog({ a: [{ version: '1.0.0', image }] });
}

test('a lister gives what listWanted gives, the same list where nothing changed', () => {
  const manifest = makeManifest();
  const extra: MirrorManifest = makeManifest({
    images: [{ source: 'quay.io/v/extra:1', tags: [] }],
  });
  const release: ReleaseContent = {
    version: '4.20.3',
    architecture: 'x86_64',
    components: [{ name: 'etcd', image: `quay.io/openshift/etcd@${digestOfChar('a')}` }],
  };
  const [first, second] = [makeOne('quay.io/v/a:1'), makeOne('quay.io/v/a:2')];
  const base = { manifest, catalogs: new Map([['idx', first]]), releases: [] };
  const turns: readonly (WantedSources & { readonly manifest: MirrorManifest })[] = [
    { ...base, catalogs: new Map([['idx', second]]) },
    { ...base, catalogs: new Map([['other', second]]) },
    {
      ...base,
      catalogs: new Map([
        ['idx', first],
        ['other', second],
      ]),
    },
    { ...base, releases: [release] },
    { ...base, manifest: extra },
    { ...base, catalogs: new Map() },
  ];
  const list = createWantedLister();
  for (const sources of turns.flatMap((turn) => [base, turn])) {
    const given = list(sources, hashManifest(sources.manifest));
    assert.deepEqual(given, listWanted(sources));
    const again = { ...sources, manifest: { ...sources.manifest } };
    assert.equal(list(again, hashManifest(again.manifest)), given);
  }
});
