import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { createLayerStore, type DiskLayerStore } from '../../src/files/layer-store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-layers-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

// Another store on the same folder, as a later process has it.
function open(maxBytes = 1e6): DiskLayerStore {
  return createLayerStore({ folder: join(folder, 'layers'), maxBytes });
}

const KEY = digestOf('key');
const BYTES = Buffer.from('the bytes of a layer');
const DIGEST = digestOf(BYTES);

function noteFile(): string {
  return join(folder, 'layers/notes', hexOf(KEY));
}

describe('createLayerStore', () => {
  it('gives a later process what an earlier one kept', async () => {
    assert.equal(await open().readNote(KEY), null);
    assert.equal(await open().findBlob(DIGEST), null);
    await open().writeNote(KEY, 'some\ntext');
    const path = await open().writeBlob(DIGEST, BYTES);
    assert.equal(await open().readNote(KEY), 'some\ntext');
    assert.equal(await open().findBlob(DIGEST), path);
    assert.ok(path !== null && (await readFile(path)).equals(BYTES));
    await open().writeNote(KEY, '');
    assert.equal(await open().readNote(KEY), '');
  });

  // Seen to fail with the comparison taken out of readNote, and out of findBlob.
  it('gives nothing that is not as it was kept, and forgets it', async () => {
    await open().writeNote(KEY, 'text');
    const whole = await readFile(noteFile());
    for (let length = 0; length < whole.length; length += 1) {
      await writeFile(noteFile(), whole.subarray(0, length));
      assert.equal(await open().readNote(KEY), null, `cut off at ${length}`);
      const changed = Buffer.from(whole);
      changed[length] = (changed[length] ?? 0) ^ 1;
      await writeFile(noteFile(), changed);
      // The line between checksum and text is no part of either.
      if (length !== 64) assert.equal(await open().readNote(KEY), null, `changed at ${length}`);
    }
    await writeFile(noteFile(), whole.subarray(1));
    assert.equal(await open().readNote(KEY), null);
    await assert.rejects(stat(noteFile()));

    const path = (await open().writeBlob(DIGEST, BYTES)) ?? '';
    for (const bytes of [BYTES.subarray(1), Buffer.concat([BYTES, BYTES]), Buffer.alloc(0)]) {
      await writeFile(path, bytes);
      assert.equal(await open().findBlob(DIGEST), null);
      await assert.rejects(stat(path));
    }
  });

  // Seen to fail with nothing said of bytes that were not read.
  it('gives parts of a blob as they are, and none where one of them is not there', async () => {
    const path = (await open().writeBlob(DIGEST, BYTES)) ?? '';
    const ranges = [
      { offset: 4, size: 5 },
      { offset: 0, size: 3 },
      { offset: BYTES.length, size: 0 },
    ];
    const found = (await open().readRanges(DIGEST, ranges)) ?? [];
    assert.deepEqual(
      found.map((bytes) => Buffer.from(bytes).toString()),
      ['bytes', 'the', ''],
    );
    for (const bytes of found) assert.equal(bytes.buffer.byteLength, bytes.length);
    const beyond = { offset: BYTES.length - 1, size: 2 };
    assert.equal(await open().readRanges(DIGEST, [...ranges, beyond]), null);
    assert.equal(await open().readRanges(digestOf('other'), ranges), null);
    await writeFile(path, BYTES.subarray(0, 8));
    assert.equal(await open().readRanges(DIGEST, ranges), null);
  });

  it('does not take a whole note for that of another key', async () => {
    await open().writeNote(digestOf('other'), 'text');
    await writeFile(
      noteFile(),
      await readFile(join(folder, 'layers/notes', hexOf(digestOf('other')))),
    );
    assert.equal(await open().readNote(KEY), null);
  });

  it('stays below its bound: what was used last and what this process uses is kept', async () => {
    const blobs = Array.from({ length: 12 }, (_, index) => Buffer.alloc(100_000, `${index}`));
    const digests = blobs.map((bytes) => digestOf(bytes));
    for (const [index, bytes] of blobs.entries()) {
      const path = (await open().writeBlob(digestOf(bytes), bytes)) ?? '';
      if (index < 9) await utimes(path, index, index);
    }
    const names = await readdir(join(folder, 'layers/blobs'));
    assert.ok(names.length < 11, `${names.length} are left`);
    assert.ok(!names.includes(hexOf(digests[0] ?? KEY)));
    assert.ok(names.includes(hexOf(digests[11] ?? KEY)));

    const one = open(250_000);
    for (const bytes of blobs) await one.writeBlob(digestOf(bytes), bytes);
    for (const digest of digests) assert.notEqual(await one.findBlob(digest), null);
  });

  it('only forgets where the disk does not take it', async () => {
    await writeFile(join(folder, 'layers'), 'a file where the folder would be');
    const store = open();
    assert.equal(await store.writeBlob(DIGEST, BYTES), null);
    await store.writeNote(KEY, 'text');
    assert.equal(await store.readNote(KEY), null);
    assert.equal(await store.findBlob(DIGEST), null);
  });
});
