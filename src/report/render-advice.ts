import { compareBytes, formatBytes, formatRevision } from '../base/text.ts';
import type {
  Advice,
  Amount,
  Doubt,
  Judgement,
  RepositoryAdvice,
  RepositoryVerdict,
  Strategy,
} from '../plan/advice-types.ts';
import { formatAmount, formatSpan } from './advice-format.ts';
import { compareStrategies } from './advice-table.ts';
import type { AdviceWords } from './advice-words.ts';
import { ADVICE_ENGLISH } from './advice-words-en.ts';
import { ADVICE_KOREAN } from './advice-words-ko.ts';
import { line, type Part, renderSections, type Section, type SectionForm } from './sections.ts';

export type AdviceLanguage = 'en' | 'ko';

const WORDS: Readonly<Record<AdviceLanguage, AdviceWords>> = {
  en: ADVICE_ENGLISH,
  ko: ADVICE_KOREAN,
};
const STRATEGIES: readonly Strategy[] = ['append', 'relocate'];
const SHOWN = 12;

/** Which of both ways fits a site, and why, for somebody who has to decide. */
export function renderAdvice(advice: Advice, form: SectionForm, language: AdviceLanguage): string {
  const words = WORDS[language];
  const { mirror, time, revision, requests, unclear, recommendation } = advice;
  const sent = requests.production + requests.staging;
  return renderSections(
    {
      title: words.title(recommendation.strategy, mirror),
      opening: [
        words.opening(time.slice(0, 10), formatRevision(revision), sent),
        words.today(advice.hosts.production, advice.hosts.staging, advice.strategy),
        ...(unclear.length === 0 ? [] : [words.unclear(unclear.length)]),
      ],
      sections: listSections(advice, words),
    },
    form,
  );
}

function listSections(advice: Advice, words: AdviceWords): readonly Section[] {
  const { recommendation, unclear } = advice;
  const other = STRATEGIES.find((strategy) => strategy !== recommendation.strategy) ?? 'append';
  const inOrder = [recommendation.strategy, other];
  return [
    { title: words.why, parts: [items(listReasons(advice, words))] },
    { title: words.where, parts: listWhere(advice, words) },
    {
      title: words.numbers,
      parts: [compareStrategies(advice, words), ...listDoubts(advice, words)],
    },
    { title: words.basis, parts: [items(listBasis(advice, words))] },
    ...inOrder.map((strategy) => ({
      title: words.steps(strategy),
      parts: [items(listSteps(advice, strategy, words))],
    })),
    { title: words.risks, parts: listRisks(advice, words) },
    ...inOrder.map((strategy) => ({
      title: words.cleaning(strategy),
      parts: listCleaning(advice, strategy, words),
    })),
    ...(unclear.length === 0
      ? []
      : [
          {
            title: words.unanswered,
            parts: [
              items(
                shorten(
                  unclear.map(({ subject, message }) => `${subject}: ${message}`),
                  words,
                ),
              ),
            ],
          },
        ]),
  ];
}

function items(all: readonly string[]): Part {
  return { kind: 'items', items: all };
}

function shorten(
  all: readonly string[],
  words: AdviceWords,
  count = all.length,
): readonly string[] {
  const shown = all.slice(0, SHOWN);
  return count > shown.length ? [...shown, words.more(count - shown.length)] : shown;
}

function listReasons({ recommendation }: Advice, words: AdviceWords): readonly string[] {
  return recommendation.reasons.map(({ kind, number, names }) =>
    words.reasons[kind]({
      size: number === null ? words.unknown : formatBytes(number),
      names: nameSome(names, words),
    }),
  );
}

/** Messages are long: the first is enough. */
function nameSome(names: readonly string[], words: AdviceWords): string {
  const count = names.some((name) => name.length > 100) ? 1 : SHOWN;
  const shown = names.slice(0, count);
  const rest = names.length - shown.length;
  return [...shown, ...(rest === 0 ? [] : [words.more(rest)])].join(', ');
}

function listWhere(advice: Advice, words: AdviceWords): readonly Part[] {
  const { next, hosts, waiting, emptying, recommendation } = advice;
  const { verdict, hindrances } = emptying;
  return [
    line(words.goes(next.host)),
    ...(recommendation.strategy === 'relocate'
      ? [line(words.goesAfterSwap(hosts.production))]
      : []),
    items(
      waiting.map(({ state, catalog, reference, images }) =>
        words.waiting[state](catalog, reference, images),
      ),
    ),
    line(words.emptying[verdict](hosts.staging)),
    items(
      hindrances.map(({ kind, names, count }) => {
        const [first] = names;
        const more = count > 1 ? ', …' : '';
        return `${words.hindrances[kind](count)}${first === undefined ? '' : `: ${first}${more}`}`;
      }),
    ),
  ];
}

function listDoubts({ strategies, pace }: Advice, words: AdviceWords): readonly Part[] {
  const amounts = strategies.flatMap(({ copies, perDelivery, disk }): readonly Amount[] => [
    copies.bytes,
    perDelivery,
    ...[disk.production, disk.staging].flatMap(({ now, after, cleaned, later }) => [
      now,
      after,
      cleaned,
      later,
    ]),
  ]);
  const doubts = new Set<Doubt>([...amounts, pace.perDelivery].flatMap((it) => it.doubts));
  return doubts.size === 0 ? [] : [items([...doubts].map((doubt) => words.doubts[doubt]))];
}

function listBasis(advice: Advice, words: AdviceWords): readonly string[] {
  const { rate, pace, ahead, use } = advice;
  const clusters = use.clusters.join(', ');
  return [
    rate === null
      ? words.rate.none('', 0)
      : words.rate[rate.from](formatBytes(rate.bytesPerSecond), rate.passes),
    formatPace(pace, words),
    ...(pace.days === null
      ? []
      : [
          words.paceDays(
            formatSpan(pace.days * 86_400, words),
            ahead,
            formatSpan(pace.days * 86_400 * ahead, words),
          ),
        ]),
    words.use[use.state](clusters),
    ...shorten(use.gaps, words),
    words.disk,
    ...(advice.sharesDisk ? [words.oneDisk] : []),
  ];
}

function formatPace({ perDelivery, deliveries }: Advice['pace'], words: AdviceWords): string {
  if (perDelivery.bytes === null) return words.noPace;
  const size = formatAmount(perDelivery, words);
  return deliveries.length === 0 ? words.paceWaiting(size) : words.pace(size, deliveries.length);
}

function listSteps(
  { strategies }: Advice,
  strategy: Strategy,
  words: AdviceWords,
): readonly string[] {
  const found = strategies.find((entry) => entry.strategy === strategy);
  return (found?.steps ?? []).map(
    ({ kind, disturbs }, at) =>
      `${at + 1}. ${words.step[kind]}${disturbs ? ` ${words.disturbs}` : ''}`,
  );
}

function listRisks({ risks }: Advice, words: AdviceWords): readonly Part[] {
  if (risks.length === 0) return [line(words.noRisks)];
  return risks.flatMap(({ kind, strategies, count, names }) => {
    const [only] = strategies.length === 1 ? strategies : [];
    const whom = only === undefined ? '' : ` (${words.onlyFor(only)})`;
    return [
      line(`${words.risk[kind](count)}${whom}`),
      items(shorten(names.slice(0, 3), words, count)),
    ];
  });
}

function listCleaning(advice: Advice, strategy: Strategy, words: AdviceWords): readonly Part[] {
  const { repositories, hosts } = advice;
  return (['staging', 'production'] as const).flatMap((role) => {
    const own = repositories.filter((entry) => entry.role === role);
    const groups = Map.groupBy(own, (entry) => formatOrder(entry[strategy]));
    const inOrder = [...groups].toSorted(([a], [b]) => compareBytes(a, b));
    return [
      line(words.repositories(role, hosts[role])),
      ...inOrder.map(([, group]) => describeGroup(group, strategy, words)),
    ];
  });
}

const ORDER: readonly RepositoryVerdict[] = ['clean', 'decide', 'unknown', 'keep'];

function formatOrder({ verdict, reason }: Judgement): string {
  return `${ORDER.indexOf(verdict)} ${reason}`;
}

function describeGroup(
  group: readonly RepositoryAdvice[],
  strategy: Strategy,
  words: AdviceWords,
): Part {
  const [first] = group;
  if (first === undefined) return items([]);
  const { verdict, reason } = first[strategy];
  const lines = group
    .toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))
    .map((entry) => {
      const size = entry.bytes === null ? words.unknown : formatBytes(entry.bytes);
      return `  ${entry.repository} (${words.place(entry.images, entry[strategy].images, size)})`;
    });
  return items([`${words.verdicts[verdict]}: ${words.because[reason]}`, ...shorten(lines, words)]);
}
