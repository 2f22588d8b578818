import { isToolError } from '../base/tool-error.ts';
import type { GitPort, TracedText } from '../git/port.ts';
import type { Asked } from '../images/find-asked.ts';
import { listBases } from '../images/list-bases.ts';
import { listWanted } from '../images/list-wanted.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { ExplainedChange, ExplainedImage } from '../plan/explain-types.ts';
import { type Explainable, findNamed } from './find-explained.ts';
import { type LoadedState, nameCatalogs, type StateLoader } from './load-state.ts';

export interface HistoryContext {
  readonly git: Pick<GitPort, 'traceText' | 'openCommit'>;
  /** The commit from which history is looked back at; null where there is none yet. */
  readonly head: string | null;
  readonly state: Pick<LoadedState, 'manifest' | 'snapshot'>;
  readonly manifestFile: string;
  readonly load: StateLoader;
  readonly signal: AbortSignal;
}

/** Which commit first named a wanted image, and which files do. */
export async function traceImage(
  image: Explainable,
  context: HistoryContext,
): Promise<Pick<ExplainedImage, 'since' | 'files'>> {
  if (image.since !== undefined) return { since: image.since, files: [] };
  if (context.head === null) return unknownSince('the repository has no commit yet');
  const query = buildQuery(image, context);
  if (query === null) return unknownSince('no commit tells of it');
  const { git, head, signal } = context;
  const { files, first, message } = await git.traceText({ revision: head, ...query }, signal);
  if (isWorkingTree(context) && files.length === 0) return unknownSince('it is not committed yet');
  const unknown = first === null ? 'no commit names it so' : null;
  return { since: { commit: first, message: message ?? unknown }, files };
}

function unknownSince(message: string): Pick<ExplainedImage, 'since' | 'files'> {
  return { since: { commit: null, message }, files: [] };
}

function isWorkingTree({ state }: HistoryContext): boolean {
  return state.snapshot.revision === 'working-tree';
}

function buildQuery(
  image: Explainable,
  { state: { manifest }, manifestFile }: HistoryContext,
): { readonly text: string; readonly paths: readonly string[] } | null {
  // An index that olmirror did not build is known from the record of who took it in.
  if (image.kind === 'index')
    return image.digest === null ? null : { text: image.digest, paths: ['deliveries'] };
  const { neededBy } = image;
  const catalogs = manifest.catalogs.filter(({ name }) =>
    neededBy.some(({ catalog }) => catalog === name),
  );
  const inManifest =
    image.kind === 'base' ||
    neededBy.some(({ catalog, item }) => catalog === null && item === 'images');
  const paths = [
    ...(image.kind === 'base' ? [] : catalogs.map(({ path }) => path)),
    ...(inManifest ? [manifestFile] : []),
  ];
  if (paths.length > 0) return { text: textOf(image), paths };
  // Components of a release are named by its payload, not by Git.
  const release = findRelease(image, manifest);
  return release === null ? null : { text: release, paths: [manifestFile] };
}

function findRelease({ neededBy }: Explainable, { releases }: MirrorManifest): string | null {
  const found = releases.find(({ version, architecture }) =>
    neededBy.some(({ item }) => item === `release ${version}-${architecture}`),
  );
  return found?.version ?? null;
}

// One location may have several upstream names, which share the digest.
function textOf({ digest, upstream, attachedTo }: Explainable): string {
  if (attachedTo !== undefined) return fromDigest(attachedTo);
  return digest === null ? upstream : `@${digest}`;
}

function fromDigest(reference: string): string {
  const at = reference.indexOf('@');
  return at === -1 ? reference : reference.slice(at);
}

export interface GoneImages {
  /** None where what Git had was no image that it wanted. */
  readonly images: readonly Explainable[];
  readonly traced: TracedText;
}

/** What Git had, and has no more: which commit took it out, and what needed it before. */
export async function findGone(asked: Asked, context: HistoryContext): Promise<GoneImages | null> {
  const { git, head, state, manifestFile, signal } = context;
  if (head === null) return null;
  const paths = [manifestFile, 'catalogs', ...state.manifest.catalogs.map(({ path }) => path)];
  const traced = await git.traceText({ revision: head, text: askedText(asked), paths }, signal);
  const isHere = traced.files.length > 0;
  if (traced.last === null || (isHere && !isWorkingTree(context))) return { images: [], traced };
  const before = isHere ? head : `${traced.last.revision}^`;
  const until: ExplainedChange = isHere
    ? { commit: null, message: 'it is taken out in the working tree, not committed yet' }
    : { commit: traced.last, message: null };
  const since = { commit: traced.first, message: traced.message };
  const past = await findPast(asked, before, context);
  const remarks = ['Git wants it no more. Nothing is removed from production.'];
  return { images: past.map((image) => ({ ...image, since, until, remarks })), traced };
}

function askedText(asked: Asked): string {
  switch (asked.kind) {
    case 'digest':
      return `sha256:${asked.hex}`;
    case 'name':
      return asked.name;
    case 'reference':
      return asked.digest === null ? asked.inGit : `@${asked.digest}`;
  }
}

async function findPast(
  asked: Asked,
  revision: string,
  { git, load, manifestFile }: HistoryContext,
): Promise<readonly Explainable[]> {
  try {
    const state = await load(await git.openCommit(revision), manifestFile);
    const { manifest } = state;
    const catalogs = nameCatalogs(state.catalogs);
    const { images } = listWanted({ manifest, catalogs, releases: [] });
    return findNamed(asked, { images, bases: listBases(manifest) }).map((image) => ({
      ...image,
      catalogs,
    }));
  } catch (error) {
    // A manifest of that time may be unreadable today.
    if (isToolError(error)) return [];
    throw error;
  }
}
