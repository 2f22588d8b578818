import { type Digest, isDigest } from '../base/digest.ts';
import { parseMediaType } from '../base/http-headers.ts';
import { OCI_INDEX } from '../base/oci.ts';
import { ToolError } from '../base/tool-error.ts';
import { collectPages } from './collect-pages.ts';
import type { RequestPlace } from './describe-failure.ts';
import { expectOk, readText } from './read-answer.ts';
import type { RegistryAnswer } from './send.ts';

const MAX_PAGES = 1_000;
// What registries without the API say to a path that they do not know.
const NO_API: ReadonlySet<number> = new Set([400, 404, 405]);

/** Asks the OCI 1.1 referrers API, page by page; null where the registry has none. */
export async function listReferrers(
  send: (path: string) => Promise<RegistryAnswer>,
  place: RequestPlace,
  digest: Digest,
): Promise<readonly Digest[] | null> {
  const first = `/v2/${place.repository}/referrers/${digest}`;
  return collectPages(first, MAX_PAGES, async (path, isFirst) => {
    const answer = await send(path);
    const isPage = parseMediaType(answer.headers['content-type']) === 'text/html';
    if (isFirst && NO_API.has(answer.status) && !isPage) {
      await answer.body.dump();
      return null;
    }
    await expectOk(answer, place);
    const items = parseReferrers(await readText(answer, place), place);
    return { items, link: answer.headers['link'] };
  });
}

function parseReferrers(text: string, place: RequestPlace): readonly Digest[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw noList(place, error);
  }
  const manifests: unknown = Reflect.get(Object(value), 'manifests');
  if (!Array.isArray(manifests)) throw noList(place, value);
  return manifests
    .map((entry): unknown => Reflect.get(Object(entry), 'digest'))
    .filter((name): name is Digest => typeof name === 'string' && isDigest(name));
}

function noList({ host, repository }: RequestPlace, cause: unknown): ToolError {
  return new ToolError(
    'REGISTRY_PROTOCOL',
    `What ${host} answers for the referrers of ${repository} is no index (${OCI_INDEX}).`,
    { hint: `Look at it: curl -i http(s)://${host}/v2/${repository}/referrers/<digest>`, cause },
  );
}
