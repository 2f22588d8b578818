import { join } from 'node:path';
import { readSteps } from '../../apply/read-steps.ts';
import { joinNames } from '../../base/text.ts';
import { ToolError } from '../../base/tool-error.ts';
import { createLayerStore } from '../../files/layer-store.ts';
import { type Asked, findAsked, parseAsked, suggestAsked } from '../../images/find-asked.ts';
import { listWanted } from '../../images/list-wanted.ts';
import { findOwn, listOwnImages } from '../../images/own-images.ts';
import type { WantedImage } from '../../images/types.ts';
import type { MirrorManifest, PerRole } from '../../manifest/types.ts';
import type { Explanation } from '../../plan/explain-types.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import {
  type ExplainableImage,
  type ExplainContext,
  explainImage,
} from '../../reconcile/explain-image.ts';
import { createSharingFinder } from '../../reconcile/find-sharing.ts';
import { createStateLoader, type LoadedState } from '../../reconcile/load-state.ts';
import { type ReleaseReading, readReleases } from '../../reconcile/read-releases.ts';
import type { RegistryPort } from '../../registry/port.ts';
import { renderExplanationText } from '../../report/render-explanation-text.ts';
import type { CommandContext } from '../context.ts';
import { KEPT_LAYERS, type Wiring } from '../wire.ts';
import { openSnapshot } from './plan.ts';

export interface ExplainOptions {
  readonly ref: string;
  readonly sharing: 'package' | 'all' | 'none';
  readonly workingTree: boolean;
  readonly format: 'text' | 'json';
}

/** Says why an image is here. Throws `IMAGES_NOT_WANTED` where nothing in Git wants it. */
export async function runExplain(
  options: ExplainOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const git = await wiring.openGit();
  const snapshot = await openSnapshot(options, git, context);
  const store = createLayerStore({
    folder: join(wiring.stateFolder, 'layers'),
    maxBytes: KEPT_LAYERS,
  });
  const state = await createStateLoader(store)(snapshot, context.manifestFile);
  const { manifest } = state;
  const { signal } = context;
  const registries = wiring.openRegistries(manifest);
  const releases = await readReleases(manifest, registries, { cache: new Map(), signal });
  for (const { message } of releases.faults) context.console.warn(`warning: ${message}`);
  const catalogs = new Map(state.catalogs.map(({ entry, catalog }) => [entry.name, catalog]));
  const { images } = listWanted({ manifest, catalogs, releases: releases.content });
  const found = await findImages(options.ref, { images, registries, state, releases, signal });
  const explainContext: ExplainContext = {
    manifest,
    manifestFile: context.manifestFile,
    // What is not committed came in with no commit.
    revision: options.workingTree ? 'HEAD' : snapshot.revision,
    catalogs,
    git,
    registries,
    readSteps: (names) => readSteps(wiring.stateFolder, names),
    findSharing: createSharingFinder({ images, among: options.sharing, registries, signal }),
    signal,
  };
  const explained: Explanation['images'][number][] = [];
  for (const image of found) explained.push(await explainImage(image, explainContext));
  const explanation: Explanation = {
    apiVersion: 'olmirror/v1alpha1',
    kind: 'Explanation',
    asked: options.ref,
    revision: snapshot.revision,
    images: explained,
  };
  context.progress.clear();
  context.console.result(
    options.format === 'json'
      ? JSON.stringify(explanation, null, 2)
      : renderExplanationText(explanation),
  );
  return 0;
}

interface Search {
  readonly images: readonly WantedImage[];
  readonly registries: PerRole<RegistryPort>;
  readonly state: LoadedState;
  readonly releases: ReleaseReading;
  readonly signal: AbortSignal;
}

async function findImages(text: string, search: Search): Promise<readonly ExplainableImage[]> {
  const { images, state } = search;
  const asked = parseAsked(text, state.manifest);
  const found = findAll(asked, images, state.manifest);
  if (found.length > 0) return found;
  const resolved = await resolveTag(asked, search);
  const byTag = resolved === null ? [] : findAll(resolved, images, state.manifest);
  if (byTag.length > 0) return byTag;
  throw notWanted(text, resolved ?? asked, search);
}

function findAll(
  asked: Asked,
  images: readonly WantedImage[],
  manifest: MirrorManifest,
): readonly ExplainableImage[] {
  return [...findAsked(asked, images), ...findOwn(asked, listOwnImages(manifest))];
}

// A tag that Git does not name may point at what Git names by digest.
async function resolveTag(
  asked: Asked,
  { registries, signal }: Search,
): Promise<(Asked & { kind: 'reference' }) | null> {
  if (asked.kind !== 'reference' || asked.tag === null) return null;
  for (const { role, repository } of asked.places) {
    const head = await registries[role ?? 'production'].headManifest(repository, asked.tag, signal);
    if (head.state === 'present') return { ...asked, digest: head.digest, tag: null };
  }
  return null;
}

function notWanted(text: string, asked: Asked, { images, state, releases }: Search): ToolError {
  const suggestions = suggestAsked(asked, images, text);
  const { snapshot, manifest } = state;
  const where =
    snapshot.revision === 'working-tree'
      ? 'the working tree'
      : `commit ${snapshot.revision.slice(0, 12)}`;
  const unread = manifest.releases.length - releases.content.length;
  const gap =
    unread === 0
      ? ''
      : ` The payloads of ${unread} of ${manifest.releases.length} releases could not be read, so their components are not known.`;
  return new ToolError(
    'IMAGES_NOT_WANTED',
    `Nothing in ${where} wants ${text}: no catalog, release or image of ${manifest.name} names it.${gap}`,
    {
      hint:
        suggestions.length === 0
          ? 'Give an image as upstream or as production has it, a digest, or the name of a bundle.'
          : `Did you mean ${joinNames(suggestions, ' or ')}?`,
    },
  );
}
