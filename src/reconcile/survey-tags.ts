import pLimit from 'p-limit';
import { compareBytes } from '../base/text.ts';
import { isToolError } from '../base/tool-error.ts';
import { parseDigestTag } from '../images/attached.ts';
import type { SurveyedTags } from '../plan/survey-types.ts';
import type { RegistryPort } from '../registry/port.ts';

const AT_A_TIME = 8;

/** Sorts the tags of repositories by what their names say; counts the repositories whose tags could not be listed. */
export async function surveyTags(
  repositories: readonly string[],
  registry: RegistryPort,
  signal: AbortSignal,
): Promise<SurveyedTags> {
  const limit = pLimit(AT_A_TIME);
  const listed = await Promise.all(
    repositories
      .toSorted(compareBytes)
      .map((repository) =>
        limit(async () => ({ repository, tags: await listTags(repository, registry, signal) })),
      ),
  );
  const all = listed.flatMap(({ tags }) => tags ?? []);
  return {
    unlisted: listed.filter(({ tags }) => tags === null).length,
    digests: all.filter((tag) => classify(tag) === 'digest').length,
    hashes: all.filter((tag) => classify(tag) === 'hash').length,
    attached: all.filter((tag) => classify(tag) === 'attached').length,
    odd: listed
      .map(({ repository, tags }) => ({
        repository,
        tags: (tags ?? []).filter((tag) => classify(tag) === 'odd'),
      }))
      .filter(({ tags }) => tags.length > 0),
  };
}

async function listTags(
  repository: string,
  registry: RegistryPort,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  signal.throwIfAborted();
  try {
    return await registry.listTags(repository, signal);
  } catch (error) {
    if (isToolError(error)) return null;
    throw error;
  }
}

function classify(tag: string): 'digest' | 'hash' | 'attached' | 'odd' {
  const named = parseDigestTag(tag);
  if (named !== null) return named.ending === '' ? 'digest' : 'attached';
  return /^[0-9a-f]{8}$/.test(tag) ? 'hash' : 'odd';
}
