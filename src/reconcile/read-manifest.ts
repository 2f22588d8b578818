import { digestOf } from '../base/digest.ts';
import { formatProblemLine, hasErrors } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { VERSION } from '../base/version.ts';
import type { Snapshot } from '../git/port.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { noteSwap } from '../manifest/relocation.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { NoteStore } from './file-notes.ts';
import { assertNoLfsPointer } from './find-unread.ts';
import { readRelocation } from './read-relocation.ts';

type ManifestFiles = Pick<Snapshot, 'revision' | 'readFile' | 'readFileNow'>;

/**
 * Reads the manifest out of a snapshot, once where that is a commit; throws `MANIFEST_INVALID` with every fault in
 * its message. With a `store`, a large one that was found sound is not parsed again by a later process.
 */
export async function readManifest(
  snapshot: ManifestFiles,
  file: string,
  store: NoteStore | null = null,
): Promise<MirrorManifest> {
  if (snapshot.readFileNow === undefined) return readManifestAnew(snapshot, file, null);
  const known = MANIFESTS.get(snapshot);
  if (known?.file === file) return known.manifest;
  const manifest = await readManifestAnew(snapshot, file, store);
  MANIFESTS.set(snapshot, { file, manifest });
  return manifest;
}

/** The last that was asked for: one of 50,000 images takes as long to read as all else of a plan before the first request. */
const MANIFESTS = new WeakMap<
  ManifestFiles,
  { readonly file: string; readonly manifest: MirrorManifest }
>();

async function readManifestAnew(
  snapshot: ManifestFiles,
  file: string,
  store: NoteStore | null,
): Promise<MirrorManifest> {
  const bytes = await snapshot.readFile(file);
  if (bytes === null) {
    const where =
      snapshot.revision === 'working-tree'
        ? 'the folder'
        : `commit ${snapshot.revision.slice(0, 12)}`;
    throw new ToolError('MANIFEST_NOT_FOUND', `There is no ${file} in ${where}.`, {
      hint: 'Write one with `olmirror init`, commit it, or name another with --manifest; --working-tree reads files that are not committed.',
    });
  }
  assertNoLfsPointer(bytes, file);
  const isLarge = store !== null && bytes.length >= WORTH_A_NOTE;
  const manifest = isLarge ? await recall(bytes, file, store) : parse(bytes, file);
  return noteSwap(manifest, await readRelocation(snapshot));
}

/** Bytes from which on parsing takes longer than reading a note. */
const WORTH_A_NOTE = 50_000;

// What counts as sound may change with the program, so a note belongs to one version of it.
async function recall(bytes: Uint8Array, file: string, store: NoteStore): Promise<MirrorManifest> {
  const key = digestOf(`manifest 1 ${VERSION} ${digestOf(bytes)}`);
  const note = await store.readNote(key);
  if (note !== null) return JSON.parse(note);
  const manifest = parse(bytes, file);
  await store.writeNote(key, JSON.stringify(manifest));
  return manifest;
}

function parse(bytes: Uint8Array, file: string): MirrorManifest {
  const { manifest, problems } = parseManifest(Buffer.from(bytes).toString(), file);
  if (manifest !== null && !hasErrors(problems)) return manifest;
  throw new ToolError(
    'MANIFEST_INVALID',
    `${file} is not valid:\n${problems.map(formatProblemLine).join('\n')}`,
    {
      hint: 'Correct the lines named above; `olmirror validate` checks them without touching anything.',
    },
  );
}
