import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { baseUrl, sendRequest } from '../lib/send-request.ts';
import { INDEX_REPOSITORY, INDEX_TAG } from './fill-registries.ts';

/** `operator channel` → version of the channel's head. */
export type Heads = ReadonlyMap<string, string>;

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
].join(', ');

/**
 * Reads what OperatorHub would show from the index image that a registry serves; null where no
 * index is served. The demo reads it by itself, so that olmirror does not judge its own work.
 */
export async function readOperatorHub(
  host: string,
  tag: string = INDEX_TAG,
): Promise<Heads | null> {
  const objects = await readServedObjects(host, tag);
  return objects === null ? null : listHeads(objects);
}

/** The images that a served index names, by upstream address; null where no index is served. */
export async function readServedImages(
  host: string,
  tag: string = INDEX_TAG,
): Promise<readonly string[] | null> {
  const objects = await readServedObjects(host, tag);
  if (objects === null) return null;
  const named = objects.flatMap(({ image, relatedImages }) => [
    image,
    ...(relatedImages ?? []).map((related) => related.image),
  ]);
  return [...new Set(named.filter((image) => image !== undefined))];
}

async function readServedObjects(host: string, tag: string): Promise<readonly Served[] | null> {
  const manifest = await readManifest(host, tag);
  if (manifest === null) return null;
  const files = new Map<string, string>();
  for (const layer of manifest.layers ?? []) {
    const bytes = await readBlob(host, layer.digest);
    for (const [path, content] of await listFiles(bytes)) files.set(path, content);
  }
  return [...files.values()].flatMap(splitObjects);
}

/** Digest of what a tag or digest names in a registry; null where it is absent. */
export async function headDigest(
  host: string,
  { repository, reference }: { readonly repository: string; readonly reference: string },
): Promise<string | null> {
  const url = `${baseUrl(host)}/v2/${repository}/manifests/${reference}`;
  const answer = await sendRequest(url, { method: 'HEAD', headers: { accept: ACCEPT } });
  if (answer.status === 404) return null;
  if (answer.status !== 200) throw new Error(`HEAD ${url} answered ${answer.status}`);
  return String(answer.headers['docker-content-digest']);
}

interface Manifest {
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string }[];
}

async function readManifest(host: string, reference: string): Promise<Manifest | null> {
  const url = `${baseUrl(host)}/v2/${INDEX_REPOSITORY}/manifests/${reference}`;
  const answer = await sendRequest(url, { method: 'GET', headers: { accept: ACCEPT } });
  if (answer.status === 404) return null;
  if (answer.status !== 200) throw new Error(`GET ${url} answered ${answer.status}`);
  const manifest: Manifest = JSON.parse(answer.body.toString());
  const child = manifest.manifests?.[0];
  return child === undefined ? manifest : readManifest(host, child.digest);
}

async function readBlob(host: string, digest: string): Promise<Buffer> {
  const url = `${baseUrl(host)}/v2/${INDEX_REPOSITORY}/blobs/${digest}`;
  const { status, body } = await sendRequest(url, { method: 'GET' });
  if (status !== 200) throw new Error(`GET ${url} answered ${status}`);
  const magic = body.readUInt32BE(0);
  if (magic >>> 16 === 0x1f8b) return gunzipSync(body);
  return magic === 0x28b52ffd ? zstdDecompressSync(body) : body;
}

async function listFiles(tar: Buffer): Promise<readonly (readonly [string, string])[]> {
  const files: (readonly [string, string])[] = [];
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    const content = await text(entry);
    const path = entry.header.name.replace(/^\.?\//, '');
    if (/^configs\/.*[.]json$/.test(path)) files.push([path, content]);
  }
  return files;
}

interface Served {
  readonly schema: string;
  readonly name: string;
  readonly package: string;
  /** Of a channel. */
  readonly entries?: readonly {
    readonly name: string;
    readonly replaces?: string;
    readonly skips?: readonly string[];
  }[];
  /** Of a bundle. */
  readonly image?: string;
  readonly relatedImages?: readonly { readonly image: string }[];
}

// Concatenated JSON as opm writes it: an object ends with a brace at the start of a line.
function splitObjects(content: string): readonly Served[] {
  return content
    .split(/^\}$/m)
    .filter((part) => part.trim() !== '')
    .map((part): Served => JSON.parse(`${part}}`));
}

function listHeads(objects: readonly Served[]): Heads {
  const heads = objects
    .filter((object) => object.schema === 'olm.channel')
    .map((channel): [string, string] => [`${channel.package} ${channel.name}`, findHead(channel)]);
  return new Map(heads.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function findHead({ entries = [] }: Served): string {
  const passed = new Set(entries.flatMap((it) => [it.replaces, ...(it.skips ?? [])]));
  const heads = entries.filter((entry) => !passed.has(entry.name));
  return heads.map((entry) => entry.name.replace(/^.*?[.]v/, '')).join(' and ');
}
