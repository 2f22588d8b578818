import { formatCount } from '../base/text.ts';
import type { ServedContent } from './find-losses.ts';
import { checkOf, type IndexCheck } from './index-checks.ts';
import type { Check, WantedIndex } from './types.ts';

/** Who said that an index may lose most of what is served. */
export interface ShrinkAllowance {
  /** Null for every catalog. */
  readonly catalogs: readonly string[] | null;
  /** `--allow-shrink`, or what the manifest says. */
  readonly words: string;
}

export interface ShrinkInput {
  /** By catalog, what is served; left out where nobody looked. */
  readonly served?: ReadonlyMap<string, Pick<ServedContent, 'content'>>;
  /** Null, or left out, where nobody allowed it. */
  readonly shrink?: ShrinkAllowance | null;
  /** Catalogs that Git still has files of, and the manifest no longer names. */
  readonly gone?: readonly string[];
}

/** That an index would lose most of what clusters are served, and whether that keeps it back. */
export interface Shrink {
  readonly check: IndexCheck;
  readonly blocks: boolean;
}

/**
 * Holds Git's catalog against the served index, which outlives every restart: fewer than half of its
 * packages, or of its bundles, is a truncated file, a misspelt filter or a wrong branch more often than
 * anybody's wish. Null where it is not that small, or nothing is known of what is served.
 */
export function judgeShrink(wanted: WantedIndex, input: ShrinkInput): Shrink | null {
  const served = input.served?.get(wanted.catalog)?.content.packages;
  if (served === undefined || wanted.packages === 0) return null;
  const bundles = [...served.values()].reduce((sum, entry) => sum + entry.bundles.length, 0);
  if (wanted.packages * 2 >= served.size && wanted.bundles * 2 >= bundles) return null;
  const allowed = findAllowance(wanted.catalog, input);
  const message = `Git has ${formatCount(wanted.packages, 'package')} and ${formatCount(wanted.bundles, 'bundle')} for ${wanted.catalog}, and ${wanted.serving} serves ${formatCount(served.size, 'package')} and ${formatCount(bundles, 'bundle')}: fewer than half`;
  return {
    blocks: allowed === null,
    check: {
      ...checkOf(wanted),
      kind: 'shrink',
      ...(allowed === null
        ? {
            severity: 'blocked',
            message: `${message}, so the index stays as it is.`,
            hint: 'Look at the last commits (git log --stat). Where it is meant, repeat with --allow-shrink, or write spec.reconcile.allowShrink with reason, by and until into mirror.yaml.',
            code: 'PLAN_SHRINK',
          }
        : {
            severity: 'warning',
            message: `${message}. It is published, as ${allowed} allows it.`,
            hint: null,
            code: null,
          }),
    },
  };
}

/** One check for each catalog of which Git still has files, though the manifest no longer names it. */
export function checkGone(input: ShrinkInput): readonly Check[] {
  return (input.gone ?? [])
    .filter((catalog) => findAllowance(catalog, input) === null)
    .map((catalog) => ({
      kind: 'shrink',
      severity: 'blocked',
      message: `mirror.yaml no longer names catalog ${catalog}, though Git has its deliveries and catalogs/${catalog}: neither its images nor its index are looked after any more.`,
      hint: `Bring its entry back with git, or end it with \`olmirror retire ${catalog}\`. To leave it as it is for a while, use --allow-shrink, or spec.reconcile.allowShrink.`,
      catalog,
      item: null,
      neededBy: [],
    }));
}

function findAllowance(catalog: string, { shrink = null }: ShrinkInput): string | null {
  if (shrink === null) return null;
  return shrink.catalogs?.includes(catalog) === false ? null : shrink.words;
}
