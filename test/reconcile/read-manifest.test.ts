import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Digest } from '../../src/base/digest.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import type { MirrorManifest } from '../../src/manifest/types.ts';
import type { NoteStore } from '../../src/reconcile/file-notes.ts';
import { readManifest } from '../../src/reconcile/read-manifest.ts';
import { HEAD, REGISTRIES } from '../manifest/manifest-texts.ts';

const FILE = 'mirror.yaml';

function listImages(count: number): string {
  const images = Array.from({ length: count }, (_, index) => {
    const digest = index.toString(16).padStart(64, '0');
    return `    - { source: "registry.example/team/image${index}@sha256:${digest}" }\n`;
  });
  return `${HEAD}${REGISTRIES}  catalogs: []\n  images:\n${images.join('')}`;
}

const SMALL = listImages(1);
const LARGE = listImages(600);

interface Notes extends NoteStore {
  readonly all: Map<Digest, string>;
}

function createNotes(): Notes {
  const all = new Map<Digest, string>();
  return {
    all,
    readNote: async (key) => all.get(key) ?? null,
    writeNote: async (key, text) => void all.set(key, text),
  };
}

/** As a process does that begins: a snapshot of its own. */
function read(
  text: string,
  store: NoteStore,
  isCommitted: boolean = true,
): Promise<MirrorManifest> {
  const bytes = Buffer.from(text);
  async function readFile(path: string): Promise<Uint8Array | null> {
    return path === FILE ? bytes : null;
  }
  const revision = isCommitted ? 'a'.repeat(40) : 'working-tree';
  const committed = isCommitted ? { readFileNow: () => bytes } : {};
  return readManifest({ revision, readFile, ...committed }, FILE, store);
}

describe('readManifest', () => {
  it('notes a large manifest, and takes it from the note when it is asked for by a later process', async () => {
    const notes = createNotes();
    const { manifest } = parseManifest(LARGE, FILE);
    assert.ok(manifest);
    assert.deepEqual(await read(LARGE, notes), manifest);
    assert.deepEqual([...notes.all.values()], [JSON.stringify(manifest)]);
    assert.deepEqual(await read(LARGE, notes), manifest);
    // That it was the note shows where it says something else.
    const [key] = notes.all.keys();
    assert.ok(key);
    notes.all.set(key, JSON.stringify({ ...manifest, name: 'noted' }));
    assert.deepEqual(await read(LARGE, notes), { ...manifest, name: 'noted' });
    // Another text has a note of its own.
    assert.equal((await read(`${LARGE}# x\n`, notes)).name, 'nexus');
    assert.equal(notes.all.size, 2);
  });

  it('notes neither what is small, nor what is not committed, nor what is not valid', async () => {
    const notes = createNotes();
    await read(SMALL, notes);
    await read(LARGE, notes, false);
    const invalid = `${LARGE}  unknown: 1\n`;
    for (const _ of [1, 2])
      await assert.rejects(read(invalid, notes), { code: 'MANIFEST_INVALID' });
    assert.equal(notes.all.size, 0);
  });
});
