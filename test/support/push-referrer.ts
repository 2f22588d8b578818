import assert from 'node:assert/strict';
import { type PushedImage, pushImage } from '../../scripts/lib/push-image.ts';
import { sendRequest } from '../../scripts/lib/send-request.ts';
import { digestOf } from '../../src/base/digest.ts';
import { OCI_MANIFEST } from '../../src/base/oci.ts';

/** Puts a manifest under a tag, else under its digest, which is returned. */
export async function putManifest(
  host: string,
  manifest: {
    readonly repository: string;
    readonly mediaType: string;
    readonly value: object;
    readonly tag?: string;
  },
): Promise<string> {
  const { repository, mediaType, value, tag } = manifest;
  const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
  const digest = digestOf(body);
  const answer = await sendRequest(`http://${host}/v2/${repository}/manifests/${tag ?? digest}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body,
  });
  assert.equal(answer.status, 201, answer.body.toString());
  return digest;
}

/** Pushes a referrer of an image as signing tools write it, and returns its digest. */
export async function pushReferrer(
  host: string,
  image: PushedImage,
  text: string,
): Promise<string> {
  const { repository, mediaType, digest, size } = image;
  const carrier = await pushImage(host, { repository, files: { a: text } });
  const { body } = await sendRequest(
    `http://${host}/v2/${repository}/manifests/${carrier.digest}`,
    { method: 'GET', headers: { accept: OCI_MANIFEST } },
  );
  const { config, layers }: { config: object; layers: object[] } = JSON.parse(body.toString());
  const value = {
    artifactType: 'application/vnd.example.report',
    config,
    layers,
    subject: { mediaType, digest, size },
  };
  return putManifest(host, { repository, mediaType: OCI_MANIFEST, value });
}
