import type { PerRole, RoleName } from '../manifest/types.ts';
import { withAttached } from './settle-attached.ts';
import type { Observed, RequestEstimate, Step, WantedIndex } from './types.ts';

export interface EstimateFacts {
  /** The role that is written to; images come from the other. */
  readonly serving: RoleName;
  /** By key. */
  readonly images: Observed['images'];
  readonly indexes: readonly WantedIndex[];
}

export type StepEstimates = ReadonlyMap<string, PerRole<RequestEstimate>>;

/** Config and layers of an image that was not looked into. */
const TYPICAL_BLOBS = 6;
/** Groups of packages that have a layer each, and two layers more. */
const MOST_LAYERS = 34;
/** HEADs by digest and tag before and after a copy. */
const HEADS_OF_COPY = 4;
const HEADS_OF_TAG = 3;

/**
 * Estimates the requests of each step, by its id. skopeo's are as they were measured of one that finds
 * nothing there (spec "registries" §4.3): at the destination a ping, the manifest, and for each of
 * B blobs two HEADs and an upload of three; at the source a ping, the manifest and a GET for each blob.
 * Where all blobs are there it is one HEAD each. Blobs that an earlier step brings to the same registry are
 * counted again, and no retries are: so it errs to either side.
 */
export function estimateSteps(steps: readonly Step[], facts: EstimateFacts): StepEstimates {
  const { serving } = facts;
  const observed = withAttached(facts.images);
  const indexes = new Map(facts.indexes.map((index) => [index.catalog, index]));
  return new Map(
    steps.map((step) => {
      switch (step.kind) {
        case 'copy': {
          const blobs = step.items.flatMap((item) => Object.keys(observed.get(item)?.blobs ?? {}));
          return [
            step.id,
            estimateCopy(new Set(blobs).size || TYPICAL_BLOBS, step.tags.length, serving),
          ];
        }
        case 'tag':
          return [
            step.id,
            perRole(serving, { olmirror: HEADS_OF_TAG, skopeo: retag(TYPICAL_BLOBS) }),
          ];
        case 'push-index':
          return [step.id, perRole(serving, estimatePush(indexes.get(step.catalog)))];
        case 'move-index':
          return [step.id, perRole(serving, estimateMove(indexes.get(step.catalog)))];
      }
    }),
  );
}

/** What skopeo asks the serving registry for to push a backup of the state: a layer and a config, on top of layers that are there. */
export function estimateBackup(layersBefore: number): number {
  return upload(2) + layersBefore;
}

export function sumEstimates(
  steps: readonly Pick<Step, 'id'>[],
  estimates: StepEstimates,
): PerRole<RequestEstimate> {
  const nothing: PerRole<RequestEstimate> = { production: NONE, staging: NONE };
  return steps.reduce((sum, { id }) => addEstimate(sum, estimates.get(id)), nothing);
}

export function addEstimate(
  sum: PerRole<RequestEstimate>,
  more: PerRole<RequestEstimate> | undefined,
): PerRole<RequestEstimate> {
  if (more === undefined) return sum;
  return {
    production: add(sum.production, more.production),
    staging: add(sum.staging, more.staging),
  };
}

function add(a: RequestEstimate, b: RequestEstimate): RequestEstimate {
  return { olmirror: a.olmirror + b.olmirror, skopeo: a.skopeo + b.skopeo };
}

const NONE: RequestEstimate = { olmirror: 0, skopeo: 0 };

function perRole(
  serving: RoleName,
  there: RequestEstimate,
  source: RequestEstimate = NONE,
): PerRole<RequestEstimate> {
  return serving === 'production'
    ? { production: there, staging: source }
    : { production: source, staging: there };
}

function estimateCopy(blobs: number, tags: number, serving: RoleName): PerRole<RequestEstimate> {
  const there = {
    // One more GET asks whether it is an index with children.
    olmirror: HEADS_OF_COPY + 1 + HEADS_OF_TAG * tags,
    skopeo: upload(blobs) + retag(blobs) * tags,
  };
  return perRole(serving, there, { olmirror: 0, skopeo: 2 + blobs });
}

function upload(blobs: number): number {
  return 2 + 5 * blobs;
}

/** From and to the same registry: manifest and config are read, each blob is asked for, the manifest is put. */
function retag(blobs: number): number {
  return 3 + 2 + blobs;
}

function estimatePush(index: WantedIndex | undefined): RequestEstimate {
  return { olmirror: HEADS_OF_COPY, skopeo: upload(countLayers(index) + 1) };
}

// Before the tag moves, all that the index names is asked for once more.
function estimateMove(index: WantedIndex | undefined): RequestEstimate {
  const closure = index?.imageKeys.length ?? 0;
  return { olmirror: HEADS_OF_TAG + closure, skopeo: retag(countLayers(index) + 1) };
}

function countLayers(index: WantedIndex | undefined): number {
  return Math.min(MOST_LAYERS, (index?.packages ?? 0) + 2);
}
