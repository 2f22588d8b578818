import { type BuiltImage, type BuiltManifest, buildImage, type ImageSpec } from './build-image.ts';
import { type Answer, baseUrl, sendRequest } from './send-request.ts';

export type { ImageSpec } from './build-image.ts';

export interface PushedImage {
  readonly repository: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the root manifest. */
  readonly size: number;
}

interface Target {
  /** `http://host:port/v2/repository`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Builds an image and pushes it; without tags it is pushed by digest. `host` may carry `https://`. */
export async function pushImage(host: string, image: ImageSpec): Promise<PushedImage> {
  const built = buildImage(image);
  await pushBuiltImage(host, { image, built });
  const { digest, mediaType, bytes } = built.root;
  return { repository: image.repository, digest, mediaType, size: bytes.length };
}

async function pushBuiltImage(
  host: string,
  { image, built }: { readonly image: ImageSpec; readonly built: BuiltImage },
): Promise<void> {
  const headers: Record<string, string> = {};
  if (image.authorization !== undefined) headers['authorization'] = image.authorization;
  const target = { url: `${baseUrl(host)}/v2/${image.repository}`, headers };
  for (const [digest, bytes] of built.blobs) await pushBlob(target, { digest, bytes });
  for (const child of built.manifests.slice(0, -1)) await putManifest(target, child, child.digest);
  const references = image.tags?.length ? image.tags : [built.root.digest];
  for (const reference of references) await putManifest(target, built.root, reference);
}

async function pushBlob(
  target: Target,
  blob: { readonly digest: string; readonly bytes: Uint8Array },
): Promise<void> {
  const { url, headers } = target;
  const known = await sendRequest(`${url}/blobs/${blob.digest}`, { method: 'HEAD', headers });
  if (known.status === 200) return;
  const started = await sendRequest(`${url}/blobs/uploads/`, { method: 'POST', headers });
  expectStatus(started, 202, `starting an upload to ${url}`);
  const location = new URL(started.headers.location ?? '', url);
  location.searchParams.set('digest', blob.digest);
  const stored = await sendRequest(location.href, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/octet-stream' },
    body: blob.bytes,
  });
  expectStatus(stored, 201, `uploading ${blob.digest} to ${url}`);
}

async function putManifest(
  target: Target,
  manifest: BuiltManifest,
  reference: string,
): Promise<void> {
  const answer = await sendRequest(`${target.url}/manifests/${reference}`, {
    method: 'PUT',
    headers: { ...target.headers, 'content-type': manifest.mediaType },
    body: manifest.bytes,
  });
  expectStatus(answer, 201, `putting manifest ${reference} to ${target.url}`);
}

function expectStatus(answer: Answer, status: number, what: string): void {
  if (answer.status === status) return;
  throw new Error(`${what} answered ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
}
