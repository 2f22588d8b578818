import pMap from 'p-map';
import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import { mapRepository, RELEASE_COMPONENTS } from '../images/map-path.ts';
import { formatReleaseTag, parsePayload } from '../images/release.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { NeededRelease } from '../plan/media-release-types.ts';
import type { Receipt } from '../plan/media-types.ts';
import type { RegistryPort } from '../registry/port.ts';
import { readPayload } from './read-payload.ts';

/** What staging says of one image that was asked for. */
export type Look =
  | { readonly state: 'arrived'; readonly entry: Receipt['arrived'][number] }
  | { readonly state: 'missing'; readonly entry: Receipt['missing'][number] }
  | { readonly state: 'different'; readonly entry: Receipt['different'][number] }
  | { readonly state: 'unknown'; readonly entry: Receipt['unknown'][number] };

export interface LookContext {
  readonly manifest: MirrorManifest;
  readonly staging: RegistryPort;
  readonly signal: AbortSignal;
}

const HEADS_AT_A_TIME = 16;

/** Looks in staging for the payload of a release, and for every image that the payload names, which nobody knew outside. */
export async function lookForRelease(
  release: NeededRelease,
  context: LookContext,
): Promise<readonly Look[]> {
  const { manifest, staging, signal } = context;
  const { reference } = release;
  const repository = mapRepository(parseImageRef(reference), 'staging', manifest);
  const tag = formatReleaseTag(release);
  const head = await staging.headManifest(repository, tag, signal);
  const entry = { reference, repository, digest: null };
  if (head.state === 'absent') return [{ state: 'missing', entry }];
  if (head.state === 'unknown')
    return [{ state: 'unknown', entry: { ...entry, message: head.message } }];
  const found = { ...entry, found: head.digest };
  try {
    const payload = await readPayload(staging, repository, head.digest);
    const { components } = parsePayload(payload, release);
    const images = [...new Set(components.map(({ image }) => image))];
    const looks = await pMap(images, (image) => lookForComponent(image, context), {
      concurrency: HEADS_AT_A_TIME,
    });
    return [{ state: 'arrived', entry: found }, ...looks];
  } catch (error) {
    if (isToolError(error, 'IMAGES_BAD_RELEASE')) return [{ state: 'different', entry: found }];
    if (!isToolError(error)) throw error;
    return [{ state: 'unknown', entry: { ...entry, message: error.message } }];
  }
}

async function lookForComponent(
  reference: string,
  { manifest, staging, signal }: LookContext,
): Promise<Look> {
  const repository = mapRepository(parseImageRef(RELEASE_COMPONENTS), 'staging', manifest);
  const { digest } = parseImageRef(reference);
  const entry = { reference, repository, digest };
  const head = await staging.headManifest(repository, digest ?? '', signal);
  switch (head.state) {
    case 'present':
      return { state: 'arrived', entry: { ...entry, found: head.digest } };
    case 'absent':
      return { state: 'missing', entry };
    case 'unknown':
      return { state: 'unknown', entry: { ...entry, message: head.message } };
  }
}
