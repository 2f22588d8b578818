import pMap from 'p-map';
import { parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import { mapRepository, RELEASE_COMPONENTS } from '../images/map-path.ts';
import { formatReleaseTag, parsePayload } from '../images/release.ts';
import type { MirrorManifest } from '../manifest/types.ts';
import type { NeededRelease } from '../plan/media-release-types.ts';
import type { NeededImage, Receipt } from '../plan/media-types.ts';
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
    const own = mapRepository(parseImageRef(RELEASE_COMPONENTS), 'staging', manifest);
    const images = [...new Set(components.map(({ image }) => image))];
    const looks = await pMap(
      images,
      (image) =>
        lookForImage(
          { reference: image, digest: parseImageRef(image).digest, repository: own },
          context,
        ),
      { concurrency: HEADS_AT_A_TIME },
    );
    return [{ state: 'arrived', entry: found }, ...looks];
  } catch (error) {
    if (isToolError(error, 'IMAGES_BAD_RELEASE')) return [{ state: 'different', entry: found }];
    if (!isToolError(error)) throw error;
    return [{ state: 'unknown', entry: { ...entry, message: error.message } }];
  }
}

interface AskedImage extends Pick<NeededImage, 'reference' | 'digest'> {
  readonly repository?: string;
}

/** Looks in staging for an image that was asked for, where its reference leads, or in the repository that is given. */
export async function lookForImage(
  { reference, digest, ...given }: AskedImage,
  { manifest, staging, signal }: LookContext,
): Promise<Look> {
  const ref = parseImageRef(reference);
  const repository = given.repository ?? mapRepository(ref, 'staging', manifest);
  const entry = { reference, repository, digest };
  const asked = ref.digest ?? ref.tag ?? 'latest';
  const head = await staging.headManifest(repository, asked, signal);
  if (head.state === 'unknown')
    return { state: 'unknown', entry: { ...entry, message: head.message } };
  if (head.state === 'present') {
    const state = digest === null || digest === head.digest ? 'arrived' : 'different';
    return { state, entry: { ...entry, found: head.digest } };
  }
  if (ref.digest === null || ref.tag === null) return { state: 'missing', entry };
  const tagged = await staging.headManifest(repository, ref.tag, signal);
  return tagged.state === 'present'
    ? { state: 'different', entry: { ...entry, found: tagged.digest } }
    : { state: 'missing', entry };
}
