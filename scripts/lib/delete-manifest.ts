import { baseUrl, sendRequest } from './send-request.ts';

/** Deletes a manifest by digest, and with it every tag that points at it. For tests and the demo only. */
export async function deleteManifest(
  host: string,
  repository: string,
  digest: string,
): Promise<void> {
  const url = `${baseUrl(host)}/v2/${repository}/manifests/${digest}`;
  const answer = await sendRequest(url, { method: 'DELETE' });
  if (answer.status !== 202) throw new Error(`DELETE ${url} answered ${answer.status}`);
}
