import { formatProblemLine, hasErrors } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { noteSwap } from '../manifest/relocation.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import { assertNoLfsPointer } from './find-unread.ts';
import { readRelocation } from './read-relocation.ts';

type ManifestFiles = Pick<Snapshot, 'revision' | 'readFile' | 'readFileNow'>;

/**
 * Reads the manifest out of a snapshot, once where that is a commit; throws `MANIFEST_INVALID` with every fault in
 * its message.
 */
export async function readManifest(snapshot: ManifestFiles, file: string): Promise<MirrorManifest> {
  if (snapshot.readFileNow === undefined) return readManifestAnew(snapshot, file);
  const known = MANIFESTS.get(snapshot);
  if (known?.file === file) return known.manifest;
  const manifest = await readManifestAnew(snapshot, file);
  MANIFESTS.set(snapshot, { file, manifest });
  return manifest;
}

/** The last that was asked for: one of 50,000 images takes as long to read as all else of a plan before the first request. */
const MANIFESTS = new WeakMap<
  ManifestFiles,
  { readonly file: string; readonly manifest: MirrorManifest }
>();

async function readManifestAnew(snapshot: ManifestFiles, file: string): Promise<MirrorManifest> {
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
  const result = parseManifest(Buffer.from(bytes).toString(), file);
  if (result.manifest === null || hasErrors(result.problems))
    throw new ToolError(
      'MANIFEST_INVALID',
      `${file} is not valid:\n${result.problems.map(formatProblemLine).join('\n')}`,
      {
        hint: 'Correct the lines named above; `olmirror validate` checks them without touching anything.',
      },
    );
  return noteSwap(result.manifest, await readRelocation(snapshot));
}
