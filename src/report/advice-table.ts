import { formatBytes, formatNumber } from '../base/text.ts';
import type { PerRole, RoleName } from '../manifest/types.ts';
import type { Advice, DiskForecast, StrategyAdvice } from '../plan/advice-types.ts';
import { formatAmount, formatSpan } from './advice-format.ts';
import type { AdviceWords } from './advice-words.ts';
import type { Part } from './sections.ts';

type Row = readonly [label: string, append: string, relocate: string];

/** Both strategies side by side. */
export function compareStrategies(advice: Advice, words: AdviceWords): Part {
  const [append, relocate] = advice.strategies;
  if (append === undefined || relocate === undefined)
    throw new Error('An advice is about two strategies.');
  const rows = [
    ...describeWays({ advice, append, relocate }, words),
    ...describeDisks({ advice, append, relocate }, words),
  ];
  const { strategies } = words;
  return { kind: 'table', head: ['', strategies.append, strategies.relocate], texts: 3, rows };
}

interface Sides {
  readonly advice: Advice;
  readonly append: StrategyAdvice;
  readonly relocate: StrategyAdvice;
}

function describeWays({ advice, append, relocate }: Sides, words: AdviceWords): readonly Row[] {
  const { comparison } = words;
  const { labels, idea, images, index, safety } = comparison;
  const hosts = shortenHosts(advice.hosts);
  const [appended, relocated] = [append, relocate].map(({ copies }) =>
    copies.images === null ? words.unknown : formatNumber(copies.images),
  );
  return [
    [labels.idea, ...idea],
    [labels.safety, ...safety],
    [labels.index, index[0](hosts.production), index[1](hosts.staging)],
    [
      labels.images,
      images(appended ?? words.unknown, hosts.production),
      images(relocated ?? words.unknown, hosts.staging),
    ],
    both(labels.bytes, ({ copies }) => formatAmount(copies.bytes, words)),
    both(labels.time, ({ seconds }) =>
      seconds === null ? words.unknown : formatSpan(seconds, words),
    ),
    both(labels.each, ({ perDelivery }) => formatAmount(perDelivery, words)),
    both(labels.steps, ({ steps }) =>
      comparison.steps(steps.length, steps.filter(({ disturbs }) => disturbs).length),
    ),
  ];
  function both(label: string, show: (side: StrategyAdvice) => string): Row {
    return [label, show(append), show(relocate)];
  }
}

function describeDisks(sides: Sides, words: AdviceWords): readonly Row[] {
  return (['production', 'staging'] as const).flatMap((role) => describeDisk(role, sides, words));
}

function describeDisk(
  role: RoleName,
  { advice, append, relocate }: Sides,
  words: AdviceWords,
): readonly Row[] {
  const { comparison } = words;
  const host = shortenHosts(advice.hosts)[role];
  const { freeBytes } = advice.room[role];
  const free = freeBytes === null ? words.unknown : formatBytes(freeBytes);
  return [
    row(comparison.now(host), 'now', null),
    row(comparison.after(), 'after', 'fits'),
    row(comparison.cleaned(), 'cleaned', null),
    row(comparison.later(advice.ahead), 'later', 'fitsLater'),
    [comparison.free(), free, free],
  ];
  function row(
    label: string,
    moment: 'now' | 'after' | 'cleaned' | 'later',
    fits: 'fits' | 'fitsLater' | null,
  ): Row {
    function show({ disk }: StrategyAdvice): string {
      const forecast: DiskForecast = disk[role];
      const isFull = fits !== null && forecast[fits] === false;
      return formatAmount(forecast[moment], words) + (isFull ? comparison.full : '');
    }
    return [label, show(append), show(relocate)];
  }
}

/** Of two ports of one host the ports alone, as people call them. */
function shortenHosts({ production, staging }: PerRole<string>): PerRole<string> {
  const [a = '', b = ''] = [production, staging].map((host) => host.replace(/:\d+$/, ''));
  if (a !== b || production === a || staging === b) return { production, staging };
  return { production: production.slice(a.length + 1), staging: staging.slice(b.length + 1) };
}
