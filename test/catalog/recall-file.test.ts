import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildCatalog } from '../../src/catalog/build-catalog.ts';
import { hashCatalog } from '../../src/catalog/hash-catalog.ts';
import { learnContent } from '../../src/catalog/learn-blob.ts';
import { listBundleImages } from '../../src/catalog/list-images.ts';
import { type ParsedFile, parseCatalogFile } from '../../src/catalog/parse-catalog.ts';
import { noteFile, recallFile } from '../../src/catalog/recall-file.ts';
import { listCatalogFiles } from '../../src/catalog/render-catalog.ts';
import type { Catalog, CatalogFile } from '../../src/catalog/types.ts';
import { validateCatalog } from '../../src/catalog/validate-catalog.ts';
import { makePackageText } from '../support/catalog.ts';
import { listOracleTrees, NO_TREES, readTreeFiles } from '../support/oracle-trees.ts';
import { fileOf } from './sample-catalog.ts';

const TEXT = makePackageText('foo', [
  { version: '1.0.0', image: 'registry.example.com/foo:1' },
  { version: '2.0.0', replaces: '1.0.0', image: 'registry.example.com/foo:2' },
]);
const FILE = fileOf('foo/catalog.json', `${TEXT}{"schema": "own", "package": "foo", "x": 1.50}\n`);

function read(file: CatalogFile): ParsedFile {
  return parseCatalogFile(file, learnContent);
}

/** What another process makes of it. */
function recall(file: CatalogFile, open: () => Uint8Array): ParsedFile | null {
  const note = noteFile(read(file));
  return note === null ? null : recallFile(JSON.parse(JSON.stringify(note)), file.path, open);
}

function fail(): never {
  throw new Error('The bytes were asked for.');
}

/** What a pass asks of every package, changed or not. */
function judge(catalog: Catalog): object {
  return {
    problems: validateCatalog(catalog),
    images: listBundleImages(catalog).map((bundle) => [
      bundle.package,
      bundle.bundle,
      bundle.image,
      bundle.relatedImages,
    ]),
    hash: hashCatalog(catalog),
    channels: [...catalog.packages.values()].map((pkg) => pkg.channels.map(({ name }) => name)),
  };
}

describe('recallFile', () => {
  it('knows what a pass asks of a package without its bytes', () => {
    const recalled = recall(FILE, fail);
    assert.ok(recalled !== null);
    const catalog = buildCatalog(recalled.blobs);
    assert.deepEqual(judge(catalog), judge(buildCatalog(read(FILE).blobs)));
  });

  it('opens the bytes once when more is asked, and then is what was read', () => {
    let opened = 0;
    const recalled = recall(FILE, () => {
      opened += 1;
      return FILE.bytes;
    });
    assert.ok(recalled !== null);
    const { blobs } = read(FILE);
    assert.equal(opened, 0);
    for (const [place, blob] of recalled.blobs.entries())
      assert.deepEqual({ ...blob }, blobs[place]);
    assert.deepEqual(render(recalled), render({ blobs, problems: [] }));
    assert.equal(opened, 1);
  });

  it('says so where the bytes are those of another file', () => {
    const recalled = recall(FILE, () => Buffer.from(TEXT.slice(0, TEXT.indexOf('}') + 2)));
    assert.throws(() => recalled?.blobs.at(-1)?.value, /is not the one that was noted/);
  });
});

describe('noteFile', () => {
  it('keeps no file that has a fault, since its faults name places in the text', () => {
    for (const text of [
      `${TEXT}{`,
      '{"schema": "olm.package", "name": "foo", "defaultChannel": 1}',
      '{"schema": "olm.bundle", "name": "a", "package": "foo", "properties": [{"type": "olm.gvk", "value": 3}]}',
    ])
      assert.equal(noteFile(read(fileOf('a.json', text))), null);
  });
});

describe('every file of the catalogs that opm judged', { skip: NO_TREES }, () => {
  let compared = 0;
  for (const tree of listOracleTrees())
    it(`is recalled as it was read: ${tree.path}`, () => {
      const files = readTreeFiles(tree);
      const recalled = files.map((file) => recall(file, fail) ?? read(file));
      const plain = files.map(read);
      const [a, b] = [recalled, plain].map((all) =>
        buildCatalog(all.flatMap(({ blobs }) => blobs)),
      );
      assert.ok(a !== undefined && b !== undefined);
      // A package whose files do not fit together is told where they stand, which needs their text.
      const sound = validateCatalog(b).length === 0;
      if (sound) assert.deepEqual(judge(a), judge(b));
      if (sound) compared += 1;
    });

  it('which were sound, and so compared, more than a few times', () => {
    assert.ok(compared >= 40, `${compared}`);
  });
});

function render({ blobs }: ParsedFile): readonly string[] {
  return [...listCatalogFiles(buildCatalog(blobs)).values()].map((file) =>
    Buffer.from(file()).toString(),
  );
}
