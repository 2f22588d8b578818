import { formatImageRef, type ImageRef } from '../base/image-ref.ts';
import type { Problem } from '../base/problem.ts';
import { isToolError } from '../base/tool-error.ts';
import type { Snapshot } from '../git/port.ts';
import { findGraphImage, GRAPH_IMAGE_FOLDER } from '../images/graph-image.ts';
import { mapRepository } from '../images/map-path.ts';
import { readImageFiles } from '../index/read-files.ts';
import {
  GRAPH_FOLDER,
  type GraphFile,
  type ReadGraph,
  type ReleaseGraph,
  readReleaseGraph,
} from '../manifest/release-graph.ts';
import type { MirrorManifest, PerRole } from '../manifest/types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { readGraphFiles } from './read-release-files.ts';

export interface FoundGraph {
  /** Null where payloads alone tell. */
  readonly graph: ReleaseGraph | null;
  /** A folder, a file or an image; null for none. */
  readonly place: string | null;
  readonly problems: readonly Problem[];
}

export interface GraphContext {
  readonly manifest: MirrorManifest;
  readonly snapshot: Snapshot;
  readonly registries: PerRole<RegistryPort>;
  /** Of images by digest, which never change. */
  readonly cache: Map<string, ReadGraph>;
  readonly signal: AbortSignal;
}

/**
 * The graph of updates: of `releases/graph/` in Git, else of the image with the graph that the manifest lists, as staging has it,
 * or else production: what was delivered last tells of the releases that came with it.
 */
export async function findGraph(context: GraphContext): Promise<FoundGraph> {
  const files = await readGraphFiles(context.snapshot);
  if (files.length > 0) return { ...readReleaseGraph(files), place: `${GRAPH_FOLDER}/` };
  const image = findGraphImage(context.manifest);
  if (image === null) return { graph: null, place: null, problems: [] };
  try {
    return await readGraphImage(image, context);
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { graph: null, place: null, problems: [unread(image, error.message)] };
  }
}

async function readGraphImage(
  image: ImageRef,
  { manifest, registries, cache, signal }: GraphContext,
): Promise<FoundGraph> {
  const answers: string[] = [];
  for (const role of ['staging', 'production'] as const) {
    const repository = mapRepository(image, role, manifest);
    const asked = image.digest ?? image.tag ?? 'latest';
    const presence = await registries[role].headManifest(repository, asked, signal);
    if (presence.state === 'unknown') answers.push(presence.message);
    if (presence.state !== 'present') continue;
    const place = `${manifest.registries[role].host}/${repository}@${presence.digest}`;
    const known = cache.get(presence.digest);
    const read =
      known ??
      readReleaseGraph(
        await readTexts(registries[role], { repository, reference: presence.digest }),
      );
    cache.set(presence.digest, read);
    const problems = read.graph === null ? [unread(image, 'it holds no graph')] : read.problems;
    return { graph: read.graph, place, problems };
  }
  const why = answers.length === 0 ? 'neither registry has it' : answers.join(' ');
  return { graph: null, place: null, problems: [unread(image, why)] };
}

async function readTexts(
  registry: RegistryPort,
  place: { readonly repository: string; readonly reference: string },
): Promise<readonly GraphFile[]> {
  const files = await readImageFiles(registry, { ...place, folder: GRAPH_IMAGE_FOLDER });
  return files.map(({ path, bytes }) => ({ path, text: Buffer.from(bytes).toString() }));
}

function unread(image: ImageRef, why: string): Problem {
  return {
    severity: 'warning',
    code: 'MANIFEST_GRAPH_INVALID',
    message: `The graph of updates in ${formatImageRef(image)} is not known: ${why.replace(/\.$/, '')}. Payloads alone tell which updates there are.`,
    hint: 'Mirror the image with the graph (mirror.platform.graph of oc-mirror), or put graph-data below releases/graph/.',
  };
}
