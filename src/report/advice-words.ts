import type {
  AdviceReason,
  AdviceStep,
  Doubt,
  RepositoryReason,
  RepositoryVerdict,
  Risk,
  Strategy,
} from '../plan/advice-types.ts';
import type { DeliveryState } from '../plan/status-types.ts';
import type { Hindrance } from '../plan/survey-types.ts';

/** What a number in a statement is, ready to be shown. */
export interface ReasonValues {
  /** Of bytes. */
  readonly size: string;
  readonly names: string;
}

/** The rows of the table in which both strategies stand side by side. */
export interface ComparisonWords {
  readonly idea: readonly [string, string];
  readonly images: (count: string, host: string) => string;
  readonly index: readonly [(host: string) => string, (host: string) => string];
  readonly safety: readonly [string, string];
  readonly labels: Readonly<
    Record<'idea' | 'images' | 'index' | 'safety' | 'bytes' | 'time' | 'each' | 'steps', string>
  >;
  readonly now: (host: string) => string;
  readonly after: () => string;
  readonly cleaned: () => string;
  readonly later: (count: number) => string;
  readonly free: () => string;
  readonly full: string;
  readonly steps: (count: number, disturbing: number) => string;
}

/** What an advice says, in one language. */
export interface AdviceWords {
  readonly title: (strategy: Strategy, mirror: string) => string;
  readonly opening: (day: string, revision: string, requests: number) => string;
  readonly today: (production: string, staging: string, strategy: Strategy) => string;
  readonly unclear: (count: number) => string;
  readonly why: string;
  readonly reasons: Readonly<Record<AdviceReason['kind'], (values: ReasonValues) => string>>;
  readonly where: string;
  readonly goes: (host: string) => string;
  readonly goesAfterSwap: (host: string) => string;
  readonly waiting: Readonly<
    Record<DeliveryState, (catalog: string, reference: string, images: number) => string>
  >;
  readonly emptying: Readonly<Record<'yes' | 'no' | 'unknown', (host: string) => string>>;
  readonly hindrances: Readonly<Record<Hindrance['kind'], (count: number) => string>>;
  readonly numbers: string;
  readonly strategies: Readonly<Record<Strategy, string>>;
  readonly comparison: ComparisonWords;
  readonly unknown: string;
  readonly atLeast: (size: string) => string;
  readonly doubts: Readonly<Record<Doubt, string>>;
  readonly basis: string;
  readonly rate: Readonly<
    Record<'measured' | 'given' | 'none', (rate: string, passes: number) => string>
  >;
  readonly pace: (size: string, count: number) => string;
  readonly paceDays: (days: string, ahead: number, span: string) => string;
  readonly paceWaiting: (size: string) => string;
  readonly noPace: string;
  readonly use: Readonly<Record<'known' | 'partial' | 'unknown', (clusters: string) => string>>;
  readonly disk: string;
  readonly oneDisk: string;
  readonly steps: (strategy: Strategy) => string;
  readonly step: Readonly<Record<AdviceStep['kind'], string>>;
  readonly disturbs: string;
  readonly risks: string;
  readonly noRisks: string;
  readonly risk: Readonly<Record<Risk['kind'], (count: number) => string>>;
  readonly onlyFor: (strategy: Strategy) => string;
  readonly cleaning: (strategy: Strategy) => string;
  readonly repositories: (role: 'production' | 'staging', host: string) => string;
  readonly verdicts: Readonly<Record<RepositoryVerdict, string>>;
  readonly because: Readonly<Record<RepositoryReason, string>>;
  readonly place: (images: number, about: number, size: string) => string;
  readonly unanswered: string;
  readonly more: (count: number) => string;
  readonly span: (unit: 's' | 'min' | 'h' | 'd', count: number) => string;
}
