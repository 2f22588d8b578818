import { parseMediaType } from '../base/http-headers.ts';
import { isRepositoryPath } from '../base/image-ref.ts';
import { isToolError, ToolError } from '../base/tool-error.ts';
import { collectPages } from './collect-pages.ts';
import type { RequestPlace } from './describe-failure.ts';
import { expectOk, readText } from './read-answer.ts';
import type { RegistryAnswer } from './send.ts';

const MAX_PAGES = 10_000;
// No such listing, or none for this user.
const NO_LISTING: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 501]);

/**
 * Asks `/v2/_catalog`, page by page; null where the registry has no listing for this user. Names that no registry
 * would take are left out: Nexus may list such, and answers to nothing about them (spec "registries" §1.6).
 */
export async function listRepositories(
  send: (path: string) => Promise<RegistryAnswer>,
  place: RequestPlace,
): Promise<readonly string[] | null> {
  try {
    return await collectPages('/v2/_catalog', MAX_PAGES, async (path, isFirst) => {
      const answer = await send(path);
      const isPage = parseMediaType(answer.headers['content-type']) === 'text/html';
      if (isFirst && NO_LISTING.has(answer.status) && !isPage) {
        await answer.body.dump();
        return null;
      }
      await expectOk(answer, place);
      const items = parseRepositories(await readText(answer, place), place);
      return { items, link: answer.headers['link'] };
    });
  } catch (error) {
    // A token service refuses a scope that it gives to administrators only.
    if (isToolError(error, 'REGISTRY_UNAUTHORIZED')) return null;
    throw error;
  }
}

function parseRepositories(text: string, place: RequestPlace): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw noList(place, error);
  }
  const repositories: unknown = Reflect.get(Object(value), 'repositories');
  if (repositories === null) return [];
  if (!Array.isArray(repositories)) throw noList(place, value);
  return repositories.filter(
    (name): name is string => typeof name === 'string' && isRepositoryPath(name),
  );
}

function noList({ host }: RequestPlace, cause: unknown): ToolError {
  return new ToolError(
    'REGISTRY_PROTOCOL',
    `What ${host} answers for its repositories is no list of names.`,
    { hint: `Look at it: curl -i http(s)://${host}/v2/_catalog`, cause },
  );
}
