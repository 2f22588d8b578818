import type { ClosureEntry } from '../apply/port.ts';
import type { Digest } from '../base/digest.ts';
import type { EmitEvent } from '../base/events.ts';
import { isToolError } from '../base/tool-error.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import type { Catalog } from '../catalog/types.ts';
import type { ServedImage } from '../cluster/served-images.ts';
import { findKnown } from '../images/find-known.ts';
import { turnAddresses } from '../images/normalize-addresses.ts';
import { OURS_LABEL } from '../index/build-config.ts';
import { inspectIndexImage } from '../index/describe-index.ts';
import { findCacheFault } from '../index/judge-serving.ts';
import { readRecipeId } from '../index/podman-recipe.ts';
import type { IndexIdentity } from '../index/read-index.ts';
import { dayOf } from '../manifest/day.ts';
import type { CatalogPin } from '../manifest/types.ts';
import { formatImmutableTag } from '../plan/item.ts';
import type { ObservedPin, WantedIndex } from '../plan/types.ts';
import { unknown } from '../plan/verified-check.ts';
import type { RegistryPort } from '../registry/port.ts';
import { buildClosure } from './closure-entries.ts';
import { identifyIndex } from './identify-index.ts';
import type { LoadedCatalog, LoadedState } from './load-state.ts';
import { listNamedImages, verifyClosure } from './verify-closure.ts';

export interface ObservePinContext {
  readonly state: Pick<LoadedState, 'manifest' | 'knownMissing'>;
  readonly loaded: Pick<LoadedCatalog, 'entry' | 'catalog'>;
  readonly registry: RegistryPort;
  /** Whether a manifest is served already: then what it names need not be looked for. */
  readonly isServed: (digest: Digest) => boolean;
  /** CatalogSources in Git that bring a program of their own. */
  readonly extracting: readonly ServedImage[];
  readonly now: Date;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

export interface PinObservation {
  readonly observed: ObservedPin;
  /** With upstream addresses; null where it was not read. */
  readonly catalog: Catalog | null;
  /** Everything that it names and the registry must hold; null where it was not read. */
  readonly named: readonly ClosureEntry[] | null;
}

/** Looks at the index that a pin names and, where the tag would have to go there, at all that it names. */
export async function observePin(
  wanted: Pick<WantedIndex, 'serving' | 'repository' | 'tag'>,
  pin: Pick<CatalogPin, 'tag'>,
  context: ObservePinContext,
): Promise<PinObservation> {
  const { registry, signal } = context;
  const place = { repository: wanted.repository, tag: pin.tag, signal };
  const { presence, identity } = await identifyIndex(registry, place);
  const observed: ObservedPin = {
    presence,
    ...chooseId(identity, (id) => formatImmutableTag(wanted.tag, id) === pin.tag),
    labelled: identity?.labels[OURS_LABEL] !== undefined,
    canBeServed: context.extracting.length > 0 || (identity?.entrypoint.length ?? 0) > 0,
    cacheFault: null,
    closure: null,
  };
  if (presence.state !== 'present' || context.isServed(presence.digest))
    return { observed, catalog: null, named: null };
  const read = await readPinned(wanted.repository, presence.digest, context);
  if ('fault' in read)
    return {
      observed: {
        ...observed,
        closure: unknown('closure', `What it names cannot be read: ${read.fault}`),
      },
      catalog: null,
      named: null,
    };
  const subject = { catalog: read.catalog, registry, role: wanted.serving };
  return {
    observed: {
      ...observed,
      cacheFault: read.cacheFault,
      closure: await verifyClosure(subject, { ...context, today: dayOf(context.now) }),
    },
    catalog: read.catalog,
    named: listNamed(read.catalog, context),
  };
}

// What podman built is named after its recipe, and known by the label only under that very tag.
function chooseId(
  identity: IndexIdentity | null,
  isTagOf: (id: Digest) => boolean,
): Pick<ObservedPin, 'imageId' | 'byRecipe'> {
  const recipe = identity === null ? null : readRecipeId(identity.labels);
  if (recipe !== null && isTagOf(recipe)) return { imageId: recipe, byRecipe: true };
  return { imageId: identity?.imageId ?? null, byRecipe: false };
}

function listNamed(catalog: Catalog, context: ObservePinContext): readonly ClosureEntry[] {
  const { manifest, knownMissing } = context.state;
  const named = listNamedImages(catalog, context);
  const known = findKnown(knownMissing, named, { manifest, today: dayOf(context.now) });
  return buildClosure(named.images, context.loaded.entry.name, known);
}

interface PinnedContent {
  readonly catalog: Catalog;
  readonly cacheFault: string | null;
}

async function readPinned(
  repository: string,
  digest: string,
  { registry, state, loaded, extracting }: ObservePinContext,
): Promise<PinnedContent | { readonly fault: string }> {
  try {
    const image = await inspectIndexImage(registry, repository, digest);
    const { catalog } = parseCatalog(image.files);
    const folders = extracting.flatMap(({ cacheDir }) => cacheDir ?? []);
    return {
      catalog: turnAddresses(catalog, state.manifest, loaded.catalog).catalog,
      cacheFault: findCacheFault(image, folders),
    };
  } catch (error) {
    if (!isToolError(error)) throw error;
    return { fault: error.message };
  }
}
