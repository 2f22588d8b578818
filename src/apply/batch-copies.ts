import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { collectAll } from '../base/collect-all.ts';
import { isDigest, parseDigest } from '../base/digest.ts';
import { isToolError } from '../base/tool-error.ts';
import { waitOrAbort } from '../base/wait-or-abort.ts';
import { withDisk } from './disk-error.ts';
import type { PassContext } from './pass-context.ts';
import type { Copier, CopyRequest, RegistryTarget } from './port.ts';
import { interruption } from './retry.ts';
import { saveBlob } from './save-blob.ts';
import { saveImage } from './save-image.ts';
import { formatCopy } from './skopeo-errors.ts';
import { isCutOff } from './step-result.ts';

/** Of an image that is pushed with others, all of it. */
export const MOST_BYTES_TOGETHER = 1_000_000;

/** One of the steps that run side by side. */
export interface Member<T> {
  readonly step: T;
  /** The pass as it sees it. */
  readonly context: PassContext;
  /** The others wait for it no longer. Called when the step has ended, at the latest. */
  readonly leave: () => void;
}

/**
 * Makes the members of a batch: steps that run side by side, each as if alone, and whose first copies are made together,
 * by one run of the copier, when all have come as far or left. What that does not bring through is copied
 * on its own, so that each has the outcome, the error and the retries that it would have alone.
 */
export function openBatch<T>(context: PassContext, steps: readonly T[]): readonly Member<T>[] {
  const waiting: Waiting[] = [];
  let missing = steps.length;
  function arrive(): void {
    missing -= 1;
    if (missing === 0) void settleAll(context, waiting);
  }
  return steps.map((step) => ({ step, ...createMember(context, { waiting, arrive }) }));
}

interface Waiting {
  readonly request: Joining;
  /** Told whether the image went through. */
  readonly resolve: (isPushed: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

interface Meeting {
  readonly waiting: Waiting[];
  readonly arrive: () => void;
}

function createMember(
  context: PassContext,
  { waiting, arrive }: Meeting,
): Pick<Member<never>, 'context' | 'leave'> {
  const { request: pass, copier } = context;
  let isAwaited = true;
  let isPushed = false;
  function leave(): void {
    if (!isAwaited) return;
    isAwaited = false;
    arrive();
  }
  async function copy(...[request, signal]: Parameters<Copier['copy']>): Promise<void> {
    if (isAwaited && mayJoin(request)) {
      isAwaited = false;
      isPushed = await new Promise<boolean>((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        arrive();
      });
      if (isPushed) return;
    }
    leave();
    await copier.copy(request, signal);
  }
  return {
    leave,
    context: {
      ...context,
      copier: { ...copier, copy },
      request: {
        ...pass,
        emit(event) {
          // The others do not wait until it is tried again.
          if (event.kind === 'step-retry') leave();
          pass.emit(
            isPushed && event.kind === 'step-finished' ? { ...event, together: true } : event,
          );
        },
      },
    },
  };
}

/** An image of a registry, by digest, that gets a tag. */
function mayJoin(request: CopyRequest): request is Joining {
  const { source, destination, multiArch, sharesLayers } = request;
  return (
    !('layout' in source) &&
    isDigest(source.reference) &&
    !isDigest(destination.reference) &&
    multiArch === 'all' &&
    !sharesLayers
  );
}

interface Joining extends CopyRequest {
  readonly source: RegistryTarget;
}

async function settleAll(context: PassContext, waiting: readonly Waiting[]): Promise<void> {
  try {
    const pushed = await pushTogether(
      context,
      waiting.map(({ request }) => request),
    );
    for (const { request, resolve } of waiting) resolve(pushed.has(nameOf(request)));
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}

async function pushTogether(
  context: PassContext,
  requests: readonly Joining[],
): Promise<ReadonlySet<string>> {
  const [first] = requests;
  if (first === undefined || requests.length === 1) return new Set();
  const { destination, destinationAccess: access } = first;
  const alike = requests.filter((request) => request.destinationAccess === access);
  try {
    const { pushed } = await context.copier.pushImages(
      {
        host: destination.host,
        access,
        fill: (folder) => saveAll(context, alike, folder),
      },
      context.kill,
    );
    return pushed;
  } catch (error) {
    if (!isToolError(error) || isCutOff(error)) throw error;
    return new Set();
  }
}

async function saveAll(
  context: PassContext,
  requests: readonly Joining[],
  folder: string,
): Promise<readonly string[]> {
  const saved = await collectAll(
    requests.map(async (request) => {
      const name = nameOf(request);
      return (await saveOne(context, request, join(folder, name))) ? [name] : [];
    }),
  );
  return saved.flat();
}

// Whatever cannot be read this way is left to a copy of its own, which says why.
async function saveOne(context: PassContext, request: Joining, folder: string): Promise<boolean> {
  const { repository, reference } = request.source;
  const reading = withDisk(formatCopy(request), () =>
    saveImage(
      readerOf(context, request),
      { repository, digest: parseDigest(reference) },
      {
        folder,
        mostBytes: MOST_BYTES_TOGETHER,
        saveBlob: (blob, path) => saveBlob(context, blob, path),
      },
    ),
  );
  try {
    return await waitOrAbort(reading, context.kill);
  } catch (error) {
    if (context.kill.aborted) throw interruption(error);
    if (!isToolError(error)) throw error;
    await rm(folder, { recursive: true, force: true });
    return false;
  }
}

function readerOf(
  { request: { access, registries } }: PassContext,
  { sourceAccess }: Joining,
): PassContext['request']['registries']['production'] {
  return sourceAccess === access.production ? registries.production : registries.staging;
}

function nameOf({ destination }: CopyRequest): string {
  return `${destination.repository}:${destination.reference}`;
}
