import type { DerivedPathRule } from '../images/derive-paths.ts';
import type { RoleName } from '../manifest/types.ts';
import type {
  Survey,
  SurveyedImage,
  SurveyedIndex,
  SurveyedOperator,
} from '../plan/survey-types.ts';
import { line, type Part, renderSections, type Section, type SectionForm } from './sections.ts';
import { SURVEY_WORDS, type SurveyWords } from './survey-words.ts';

export type SurveyLanguage = 'en' | 'ko';
export type SurveyForm = SectionForm;

const SHOWN = 20;

/** What is where at a site, on one screen, and what follows of it. */
export function renderSurvey(survey: Survey, form: SurveyForm, language: SurveyLanguage): string {
  const words = SURVEY_WORDS[language];
  const { hosts, time, requests, complete } = survey;
  const title = words.title(hosts.production, hosts.staging, time.slice(0, 10));
  const opening = [
    words.readOnly(requests.production + requests.staging),
    ...(complete ? [] : [words.cut]),
  ];
  const sections = listSections(survey, words);
  return renderSections({ title, opening, sections }, form);
}

function listSections(survey: Survey, words: SurveyWords): readonly Section[] {
  return [
    { title: words.indexes, parts: survey.indexes.flatMap((index) => listIndex(index, words)) },
    {
      title: words.operators,
      parts: [
        {
          kind: 'table',
          head: words.columns,
          texts: 4,
          rows: survey.operators.map(describeOperator),
        },
      ],
    },
    { title: words.layout, parts: listLayout(survey, words) },
    { title: words.missing(survey.missing.length), parts: listImages(survey.missing, words) },
    {
      title: words.onlyStaging(survey.onlyStaging.length),
      parts: listImages(survey.onlyStaging, words),
    },
    ...listDoubts(survey, words),
    ...listForeign(survey, words),
    { title: words.emptying, parts: listEmptying(survey, words) },
    ...(survey.next.length === 0
      ? []
      : [{ title: words.next, parts: [{ kind: 'commands', lines: survey.next } as const] }]),
  ];
}

function shorten(all: readonly string[], words: SurveyWords, count = all.length): Part {
  const shown = all.slice(0, SHOWN);
  const more = count > shown.length ? [words.more(count - shown.length)] : [];
  return { kind: 'items', items: [...shown, ...more] };
}

function listIndex(index: SurveyedIndex, words: SurveyWords): readonly Part[] {
  const { role, image, fault, packages, bundles, serving, servedBy, findings } = index;
  const head = `${words[role]}  ${image}`;
  if (fault !== null) return [line(head), { kind: 'items', items: [fault] }];
  return [
    line(`${head}  ${words.holds(packages, bundles)}`),
    {
      kind: 'items',
      items: [
        ...(serving === null ? [] : [words.serving[serving]]),
        servedBy.length === 0 ? words.servedByNone : words.servedBy(servedBy.join(', ')),
        ...findings,
      ],
    },
  ];
}

function describeOperator(operator: SurveyedOperator): readonly string[] {
  const { installed, heads, images } = operator;
  const versions = new Set(installed.map(({ bundle }) => bundle ?? '—'));
  return [
    operator.package,
    versions.size === 0 ? '—' : [...versions].join(', '),
    heads.production.join(', ') || '—',
    heads.staging.join(', ') || '—',
    ...[images.both, images.production, images.staging, images.neither, images.unknown].map(
      (count) => (count === 0 ? '·' : `${count}`),
    ),
  ];
}

function listLayout({ rules, aliases, hosts }: Survey, words: SurveyWords): readonly Part[] {
  const names = (['production', 'staging'] as const).flatMap((role) =>
    aliases[role].map((alias) => line(words.alias(alias, hosts[role]))),
  );
  if (rules.length === 0) return [line(words.noRules), ...names];
  return [{ kind: 'items', items: rules.map((rule) => formatRule(rule, words)) }, ...names];
}

function formatRule(rule: DerivedPathRule, words: SurveyWords): string {
  const { from, hits, found } = rule;
  const production = formatPlace('production', rule, words);
  const staging = formatPlace('staging', rule, words);
  const where =
    production === staging
      ? production
      : `${words.production} ${production}, ${words.staging} ${staging}`;
  const counts = (['production', 'staging'] as const).map(
    (role) => `${words[role]} ${hits[role]}/${found[role]}`,
  );
  return words.rule(from, where, counts.join(', '));
}

function formatPlace(
  role: RoleName,
  { to, maxNestedPaths }: DerivedPathRule,
  { topLevel }: SurveyWords,
): string {
  const limit = maxNestedPaths[role];
  return `${to[role] || topLevel}${limit === null ? '' : `, maxNestedPaths ${limit}`}`;
}

function listImages(images: readonly SurveyedImage[], words: SurveyWords): readonly Part[] {
  if (images.length === 0) return [];
  return [
    shorten(
      images.map(({ upstream, bundles }) => `${upstream}  ${bundles[0] ?? ''}`),
      words,
    ),
  ];
}

function listDoubts({ unknown, unclear }: Survey, words: SurveyWords): readonly Section[] {
  return [
    ...(unknown.length === 0
      ? []
      : [
          {
            title: words.unknown(unknown.length),
            parts: [
              shorten(
                unknown.map(
                  ({ role, upstream, message }) => `${words[role]} ${upstream}: ${message}`,
                ),
                words,
              ),
            ],
          },
        ]),
    ...(unclear.length === 0
      ? []
      : [{ title: words.unclear(unclear.length), parts: [shorten(unclear, words)] }]),
  ];
}

function listForeign({ foreign, tags }: Survey, words: SurveyWords): readonly Section[] {
  const odd = tags.odd.map(({ repository, tags: names }) =>
    words.odd(repository, names.slice(0, 3).join(', ') + (names.length > 3 ? ' …' : '')),
  );
  return [
    {
      title:
        foreign === null
          ? words.noList
          : words.foreign(foreign.repositories.length, foreign.listed),
      parts:
        foreign === null || foreign.repositories.length === 0
          ? []
          : [shorten(foreign.repositories, words)],
    },
    {
      title: words.tags(tags.digests, tags.hashes, tags.attached),
      parts: [
        ...(tags.unlisted === 0 ? [] : [line(words.unlisted(tags.unlisted))]),
        ...(odd.length === 0 ? [] : [shorten(odd, words)]),
      ],
    },
  ];
}

function listEmptying({ emptying }: Survey, words: SurveyWords): readonly Part[] {
  return [
    line(words.verdicts[emptying.verdict]),
    ...emptying.hindrances.flatMap(({ kind, names, count }) => [
      line(words.hindrances[kind](count)),
      ...(names.length === 0 ? [] : [shorten(names, words, count)]),
    ]),
  ];
}
