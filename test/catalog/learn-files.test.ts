import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBundleFacts, readEntries } from '../../src/catalog/blob-fields.ts';
import { findRendering } from '../../src/catalog/blob-text.ts';
import { hashBlob } from '../../src/catalog/hash-catalog.ts';
import { type LearnedFile, learnFiles, reviveFile } from '../../src/catalog/learn-files.ts';
import { type ParsedFile, parseCatalogFile } from '../../src/catalog/parse-catalog.ts';
import type { Blob } from '../../src/catalog/types.ts';
import { validateShape } from '../../src/catalog/validate-shapes.ts';
import { makePackageText } from '../support/catalog.ts';

const RELATED = Array.from({ length: 60 }, (_, index) => `r.example.com/related/${index}:1`);
const BUNDLES = ['1.0.0', '1.1.0', '2.0.0'].map((version) => ({
  version,
  image: `r.example.com/op:${version}`,
  related: RELATED,
}));
const TEXT = makePackageText('op', BUNDLES);
const FAULTY = `${JSON.stringify({ schema: 'olm.bundle', name: 'op.v9', package: 'op', image: 7, note: 'n'.repeat(3000) }, null, 4)}\n`;

/** Delivered and ours, as they lie at one path. */
const PAIRS: Readonly<Record<string, readonly [delivered: string, ours: string]>> = {
  'the same text': [TEXT, TEXT],
  'texts of which one has another bundle': [
    makePackageText('op', [...BUNDLES, { version: '3.0.0', image: 'r.example.com/op:3' }]),
    TEXT,
  ],
  'the same objects on other lines': [TEXT, `\n\n${TEXT.replaceAll('\n}\n', '\n}\n\n\n')}`],
  'objects with faults, which name their lines': [TEXT + FAULTY, `\n${FAULTY}${TEXT}`],
  'YAML and JSON': [
    'schema: olm.package\nname: op\ndefaultChannel: stable\nsize: 1e2\n',
    '{"schema":"olm.package","name":"op","defaultChannel":"stable","size":1e2}',
  ],
  'numbers that a double cannot hold': [
    `{"schema":"custom","package":"op","n":12345678901234567890}\n${TEXT}`,
    `{"schema":"custom","package":"op","n":12345678901234567890}\n{"schema":"custom","n":1.0}\n`,
  ],
  'text that cannot be read to its end': [`${TEXT}{"schema": `, `${TEXT}\n}\n${TEXT}`],
  'an empty file and one of ours alone': ['', TEXT],
};

function describeBlob(blob: Blob): unknown {
  const { schema, package: pkg, name, value, file, line } = blob;
  return {
    blob: { schema, pkg, name, value: JSON.stringify(value), file, line },
    facts: readBundleFacts(blob),
    entries: readEntries(blob),
    faults: validateShape(blob),
    digest: hashBlob(blob),
  };
}

function describeFile({ blobs, problems }: ParsedFile): unknown {
  return { blobs: blobs.map(describeBlob), problems };
}

/** As a thread gives it to another, after it went on with the next file. */
function learnElsewhere(delivered: string, ours: string): readonly LearnedFile[] {
  const reused = Buffer.from(ours);
  const learned = learnFiles(
    [{ path: 'op/catalog.json', bytes: Buffer.from(delivered) }],
    [{ path: 'op/catalog.json', bytes: reused }],
  );
  reused.fill('#');
  return structuredClone(learned);
}

// Seen to fail: with the lines of the delivery for texts of ours, with texts of ours left where they
// lay, and with blobs that have faults shared.
describe('learnFiles', () => {
  for (const [name, texts] of Object.entries(PAIRS))
    it(`gives the blobs and faults of ${name} that reading gives`, () => {
      const learned = learnElsewhere(...texts);
      assert.deepEqual(
        learned.map((file) => describeFile(reviveFile(file))),
        texts.map((text) =>
          describeFile(parseCatalogFile({ path: 'op/catalog.json', bytes: Buffer.from(text) })),
        ),
      );
    });

  it('keeps a text that both sides have once', () => {
    const more = { version: '3.0.0', image: 'r.example.com/op:3', related: RELATED };
    const [delivered, ours] = learnElsewhere(TEXT, makePackageText('op', [...BUNDLES, more]));
    const changed = 2;
    assert.equal(ours?.blobs.length, BUNDLES.length + 3);
    assert.equal(
      ours.blobs.filter(({ text }) => text.bytes === delivered?.bytes).length,
      ours.blobs.length - changed,
    );
    assert.ok(ours.bytes.length < TEXT.length / 2, `${ours.bytes.length} bytes are kept`);
  });

  it('tells of a delivery in the form of opm that it need not be rendered', () => {
    const [delivered] = learnElsewhere(TEXT, '');
    const { blobs } = reviveFile(delivered ?? assert.fail());
    const known = blobs.filter((blob) => findRendering(blob) !== null);
    assert.deepEqual(
      known.map((blob) => blob.name),
      BUNDLES.map(({ version }) => `op.v${version}`),
    );
  });
});
