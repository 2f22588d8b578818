import type { Digest } from '../base/digest.ts';
import { freeBytes } from '../base/own-bytes.ts';
import type { BuildGroups, RenderedGroup } from './build-group.ts';
import type { PackageSummary } from './cache/json-cache.ts';
import type { BuiltLayer } from './compress-layer.ts';
import type { LayerStore } from './layer-store.ts';

/** How layers are built, which decides nothing about what they are. */
export interface ContentWork {
  /** Layers of an earlier catalog: what did not change is taken from there. */
  readonly known?: ContentLayers | null;
  /** Layers of earlier processes, whole, and what of them did not change. */
  readonly store?: LayerStore | null;
  /** Threads, where there are some; else this one builds. */
  readonly buildGroups?: BuildGroups;
  /** Brings the texts of packages that are to be laid into layers, where they are not at hand. */
  readonly openTexts?: OpenTexts | undefined;
  /** Whether the bytes of layers are needed: false where their names are enough, as for the id. */
  readonly withBytes?: boolean;
}

/** Begins to read the texts of packages in the order in which they will be taken. */
export type OpenTexts = (packages: Iterable<string>) => TextStream;

/** Texts of packages, one after the other. */
export interface TextStream {
  /** Resolves when the texts of these packages are at hand. */
  take(packages: Iterable<string>): Promise<void>;
  /** Lets these texts go as far as they can be read anew. */
  release(packages: Iterable<string>): void;
  /** Reads no more; what was taken stays. */
  close(): Promise<void>;
}

/** Takes the texts of packages that are needed all at once. */
export async function takeTexts(
  openTexts: OpenTexts | undefined,
  packages: readonly string[],
): Promise<void> {
  if (packages.length === 0) return;
  const texts = openTexts?.(packages);
  await texts?.take(packages);
  await texts?.close();
}

/** The layers that hold a catalog and its cache. */
export interface ContentLayers {
  /** A layer a group of packages, and last, where there is such a thing, what they all share. */
  readonly layers: readonly BuiltLayer[];
  readonly groups: ReadonlyMap<Digest, BuiltGroup>;
  /** The packages that a layer holds, by the digest of its compressed bytes; not of the last one. */
  readonly packages: ReadonlyMap<Digest, readonly string[]>;
}

/** What is remembered of one layer. */
export interface BuiltGroup {
  /** Null where there is nothing to put into it. */
  readonly layer: BuiltLayer | null;
  readonly summaries: readonly (readonly [string, PackageSummary])[];
}

/**
 * What is remembered of a layer under its key, with its bytes where they are needed; null where it
 * must be built.
 */
export async function recallGroup(key: Digest, work: ContentWork): Promise<BuiltGroup | null> {
  const found = work.known?.groups.get(key) ?? (await readGroup(key, work));
  if (found === null || found.layer === null || work.withBytes === false) return found;
  const layer = await findBytes(found.layer, work);
  return layer === null ? null : { ...found, layer };
}

async function readGroup(key: Digest, { store }: ContentWork): Promise<BuiltGroup | null> {
  const note = store ? await readGroupNote(key, store) : null;
  if (note === null) return null;
  const { diffId, descriptor, summaries } = note;
  return { layer: { diffId, descriptor, bytes: null, file: null }, summaries };
}

/** What the store knows of a layer; whether it has the bytes is not looked at. */
export async function readGroupNote(key: Digest, store: LayerStore): Promise<GroupNote | null> {
  const note = await store.readNote(key);
  return note === null ? null : JSON.parse(note);
}

async function findBytes(layer: BuiltLayer, { store }: ContentWork): Promise<BuiltLayer | null> {
  if (layer.bytes !== null) return layer;
  const file = (await store?.findBlob(layer.descriptor.digest)) ?? null;
  return file === null ? null : { ...layer, file };
}

type GroupNote = Pick<BuiltLayer, 'diffId' | 'descriptor'> &
  Pick<RenderedGroup, 'summaries' | 'runs'>;

/** Remembers a layer under its key. Its bytes are let go where they could be kept elsewhere. */
export async function keepGroup(
  key: Digest,
  { layer, summaries, runs }: RenderedGroup,
  { store }: ContentWork,
): Promise<BuiltGroup> {
  const { diffId, descriptor, bytes } = layer;
  const file = (await store?.writeBlob(descriptor.digest, bytes)) ?? null;
  if (file === null) return { layer, summaries };
  freeBytes(bytes);
  const note: GroupNote = { diffId, descriptor, summaries, runs };
  await store?.writeNote(key, JSON.stringify(note));
  return { layer: { diffId, descriptor, bytes: null, file }, summaries };
}
