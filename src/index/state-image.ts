// The state repository as an image: each layer is a tar with one git bundle, and each bundle builds on
// those before it. So a backup costs what is new, and the layers before it are shared with the last one.

import canonicalize from 'canonicalize';
import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import { FULL_ID } from '../base/object-id.ts';
import {
  type Descriptor,
  listManifestBlobs,
  type ManifestBody,
  OCI_CONFIG,
  OCI_MANIFEST,
  parseManifestBody,
} from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import type { BuiltBlob } from './build-index.ts';
import { OCI_LAYER } from './compress-layer.ts';
import type { BuiltTop } from './render-oci-layout.ts';

/** What a backup says of the commit that it holds. */
export interface StateFacts {
  /** Full commit id. */
  readonly revision: string;
  /** Of the commit, ISO 8601. */
  readonly time: string;
  readonly subject: string;
  /** Of the manifest. */
  readonly mirror: string;
  /** Path of the manifest in the repository. */
  readonly manifest: string;
  readonly branch: string;
  /** Commits that can be reached. */
  readonly commits: number;
  /** Commits whose parents are not there, sorted. */
  readonly shallow: readonly string[];
  /** URL of the repository, without credentials; null where it is not known. */
  readonly source: string | null;
}

export interface StateLayer {
  readonly digest: Digest;
  readonly size: number;
  /** Of the tar. */
  readonly diffId: Digest;
}

export interface StateImage {
  readonly facts: StateFacts;
  /** Lowest first; at least one. */
  readonly layers: readonly StateLayer[];
}

const STATE = 'io.olmirror.state';
const DIFF = `${STATE}.diff`;
const CREATED = 'org.opencontainers.image.created';
const REVISION = 'org.opencontainers.image.revision';
const SOURCE = 'org.opencontainers.image.source';

/** Layers that a backup has at most. */
const MOST_LAYERS = 32;

/** Name of the bundle in a layer: sorted, they are in the order in which they build on each other. */
export function nameBundle(layer: number): string {
  return `${String(layer + 1).padStart(2, '0')}.bundle`;
}

/**
 * Whether a backup may build on an earlier one: not beyond a number of layers, nor where what came since
 * the whole history was written is as large as that; then the whole is written again.
 */
export function mayBuildOn({ facts, layers }: StateImage, shallow: readonly string[]): boolean {
  const [first, ...others] = layers;
  if (first === undefined || layers.length >= MOST_LAYERS) return false;
  if (facts.shallow.join() !== shallow.join()) return false;
  return others.reduce((sum, { size }) => sum + size, 0) < first.size;
}

/** The image. Of its layers `added` is in the file that it names; the others are named, not held. */
export function buildStateImage(
  facts: StateFacts,
  before: readonly StateLayer[],
  added: StateLayer & { readonly file: string },
): BuiltTop {
  const labels = renderFacts(facts);
  const layers = [...before, added];
  const config = renderBlob(OCI_CONFIG, {
    architecture: 'amd64',
    os: 'linux',
    created: facts.time,
    config: { Labels: labels },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: facts.time, created_by: 'olmirror' })),
  });
  const manifest = renderBlob(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size, diffId }) => ({
      mediaType: OCI_LAYER,
      digest,
      size,
      annotations: { [DIFF]: diffId },
    })),
    annotations: labels,
  });
  const { digest, size, file } = added;
  return {
    mediaType: OCI_MANIFEST,
    digest: manifest.digest,
    manifest: manifest.bytes,
    blobs: [config, { digest, size, mediaType: OCI_LAYER, bytes: null, file }],
  };
}

function renderFacts(facts: StateFacts): Readonly<Record<string, string>> {
  return {
    [STATE]: '1',
    [REVISION]: facts.revision,
    [CREATED]: facts.time,
    [`${STATE}.subject`]: facts.subject,
    [`${STATE}.mirror`]: facts.mirror,
    [`${STATE}.manifest`]: facts.manifest,
    [`${STATE}.branch`]: facts.branch,
    [`${STATE}.commits`]: String(facts.commits),
    ...(facts.shallow.length === 0 ? {} : { [`${STATE}.shallow`]: facts.shallow.join(' ') }),
    ...(facts.source === null ? {} : { [SOURCE]: facts.source }),
  };
}

function renderBlob(mediaType: string, value: object): BuiltBlob & { readonly bytes: Uint8Array } {
  const bytes = Buffer.from(canonicalize(value) ?? '');
  return { digest: digestOf(bytes), mediaType, size: bytes.length, bytes, file: null };
}

/** What a manifest says of the state that it holds. Throws `INDEX_NOT_A_STATE` where it is no backup of ours. */
export function readStateImage(body: ManifestBody): StateImage {
  const value = parseManifestBody(body);
  const notes = listNotes(value.annotations);
  if (!notes.has(STATE)) throw notState(body, 'it is another image');
  if (notes.get(STATE) !== '1')
    throw notState(body, `its format is ${notes.get(STATE) ?? ''}, and this olmirror knows 1 only`);
  const facts = readFacts(notes);
  const [config, ...layers] = listManifestBlobs(value).map(readLayer);
  if (facts === null) throw notState(body, 'what it says of its commit cannot be read');
  if (config === undefined || layers.length === 0) throw notState(body, 'it has no layer');
  return { facts, layers };
}

// What a registry sends may have anything there.
function listNotes(annotations: unknown): ReadonlyMap<string, string> {
  if (typeof annotations !== 'object' || annotations === null) return new Map();
  return new Map(
    Object.entries(annotations).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

function readLayer({ digest, size, annotations }: Descriptor): StateLayer {
  const diffId = annotations?.[DIFF] ?? '';
  return { digest, size, diffId: isDigest(diffId) ? diffId : digest };
}

function readFacts(notes: ReadonlyMap<string, string>): StateFacts | null {
  function read(name: string): string {
    return notes.get(`${STATE}.${name}`) ?? '';
  }
  const revision = notes.get(REVISION) ?? '';
  const branch = read('branch');
  const commits = Number(read('commits'));
  const shallow = read('shallow')
    .split(' ')
    .filter((line) => line !== '');
  const isSound =
    [revision, ...shallow].every((commit) => FULL_ID.test(commit)) &&
    /^[^-\s][^\s]*$/.test(branch) &&
    Number.isSafeInteger(commits);
  if (!isSound) return null;
  return {
    revision,
    branch,
    commits,
    shallow,
    time: notes.get(CREATED) ?? '',
    subject: read('subject'),
    mirror: read('mirror'),
    manifest: read('manifest'),
    source: notes.get(SOURCE) ?? null,
  };
}

function notState({ digest }: ManifestBody, why: string): ToolError {
  return new ToolError(
    'INDEX_NOT_A_STATE',
    `The image ${digest} is no backup of a state repository: ${why}.`,
    {
      hint: 'Name the repository into which olmirror puts backups: HOST/olm/olmirror-state, where the manifest says nothing else.',
    },
  );
}
