import type { ProbeAnswer, ProbeAnswered } from '../base/probe.ts';
import type { Finding, RegistryProbes, SampleProbes } from './doctor-types.ts';
import { finding, unanswered } from './finding.ts';

/** Judges what the registry lists: tags, referrers, repositories. */
export function judgeLists({ sample, catalog }: RegistryProbes): readonly Finding[] {
  return [
    ...(sample === null
      ? []
      : [judgeTags(sample.tags), ...judgePaging(sample), judgeReferrers(sample.referrers)]),
    ...(catalog === null ? [] : [judgeCatalog(catalog)]),
  ];
}

function judgeTags(answer: ProbeAnswer): Finding {
  if (answer.state === 'unknown') return unanswered('tags', answer);
  const tags = readList(answer, 'tags');
  if (tags !== null)
    return finding('tags', 'ok', `Tags are listed (${tags.length} in the sample).`);
  return finding(
    'tags',
    'problem',
    `The tag list answers ${answer.status}, or something else than a list.`,
    'Give the user the right to browse; `index list` needs it, and copying of signatures out of staging.',
  );
}

// One tag cannot show whether the list is cut.
function judgePaging({ tags, firstTag }: SampleProbes): readonly Finding[] {
  const all = readList(tags, 'tags');
  if (all === null) return [];
  if (all.length < 2)
    return [
      finding('tag-paging', 'unknown', 'The sample has too few tags to show how they are paged.'),
    ];
  const first = readList(firstTag, 'tags');
  if (firstTag.state === 'unknown') return [unanswered('tag-paging', firstTag)];
  if (first === null)
    return [finding('tag-paging', 'warning', `With n=1 the tag list answers ${firstTag.status}.`)];
  if (first.length >= all.length)
    return [finding('tag-paging', 'ok', 'n is ignored: all tags come at once.')];
  const link = firstTag.headers['link'];
  if (link === undefined)
    return [
      finding(
        'tag-paging',
        'warning',
        'A page of tags comes without a Link to the next: where the registry cuts lists by itself, tags are missed.',
        'Update the registry (Nexus: 3.64 or later), or let proxies pass the header Link.',
      ),
    ];
  return [
    /[?&]last=/.test(link)
      ? finding('tag-paging', 'ok', 'Tags are paged, each page with a Link to the next.')
      : finding(
          'tag-paging',
          'warning',
          'The Link to the next page of tags names no `last`, so olmirror cannot follow it.',
          'Report it to the maker of the registry.',
        ),
  ];
}

function judgeReferrers(answer: ProbeAnswer): Finding {
  if (answer.state === 'unknown') return unanswered('referrers', answer);
  if (readList(answer, 'manifests') !== null)
    return finding('referrers', 'ok', 'There is a referrers API.');
  if ([400, 404, 405].includes(answer.status))
    return finding(
      'referrers',
      'ok',
      'There is no referrers API; referrers are found by tags sha256-<hex>, which then change when more are added.',
    );
  return finding(
    'referrers',
    'warning',
    `The referrers API answers ${answer.status}, or something else than an index: signatures that only it names are not found.`,
    'Check the rights of the user, and any proxy before the registry.',
  );
}

function judgeCatalog(answer: ProbeAnswer): Finding {
  if (answer.state === 'unknown') return unanswered('catalog', answer);
  const repositories = readList(answer, 'repositories');
  if (repositories !== null) return finding('catalog', 'ok', 'Repositories are listed (_catalog).');
  return finding(
    'catalog',
    'ok',
    `Repositories are not listed to this user (_catalog answers ${answer.status}); no command of olmirror needs it.`,
  );
}

function readList(answer: ProbeAnswer, field: string): readonly unknown[] | null {
  if (answer.state !== 'answered' || answer.status !== 200) return null;
  const value = parseBody(answer);
  if (typeof value !== 'object' || value === null) return null;
  const list: unknown = Reflect.get(value, field);
  return Array.isArray(list) ? list : null;
}

function parseBody({ body }: ProbeAnswered): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}
