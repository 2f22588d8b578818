import { formatCount } from '../base/text.ts';
import type { ChannelFilter, FilterResult, PackageFilter } from '../catalog/filter-types.ts';
import { renderLines } from './clean-line.ts';

export interface FilterFacts extends Pick<FilterResult, 'packages' | 'packagesDropped' | 'unmet'> {
  readonly source: string;
  /** Null for stdout. */
  readonly outputDir: string | null;
}

/** What a filter kept and dropped, and what the result lacks; `verbose` names every bundle. */
export function renderFilterText(
  facts: FilterFacts,
  options: { readonly verbose: boolean },
): string {
  const { packages, packagesDropped } = facts;
  const kept = sum(packages.map((pkg) => pkg.bundlesKept.length));
  const dropped = sum(packages.map((pkg) => pkg.bundlesDropped.length));
  const limit = options.verbose ? Number.POSITIVE_INFINITY : 5;
  return renderLines([
    `Kept of ${facts.source}: ${packages.length} of ${formatCount(packages.length + packagesDropped.length, 'package')}, with ${kept} of their ${formatCount(kept + dropped, 'bundle')}`,
    ...packages.flatMap((pkg) => describePackage(pkg, limit)),
    ...listNames('  packages dropped: ', packagesDropped, limit),
    ...facts.unmet.map(
      (need) =>
        `  warning: ${need.bundle} requires ${need.requires}, which the result lacks; ${describeProviders(need.providers, facts.source)}`,
    ),
    ...(facts.outputDir === null ? [] : [`Written to ${facts.outputDir}.`]),
  ]);
}

function describePackage(pkg: PackageFilter, limit: number): readonly string[] {
  const { before, after } = pkg.defaultChannel;
  return [
    `  ${pkg.package}`,
    ...pkg.channels.map((channel) => `      ${describeChannel(channel, after)}`),
    ...listNames('      channels dropped: ', pkg.channelsDropped, limit),
    ...(before === after
      ? []
      : [
          `      default channel is now ${after}${pkg.channelsDropped.includes(before) ? `: ${before} is dropped (--default-channel ${pkg.package}=CHANNEL chooses)` : `, as asked, instead of ${before}`}`,
        ]),
    ...listNames('      kept for the path to a head: ', pkg.bundlesForPath, limit),
    ...listNames('      bundles dropped: ', pkg.bundlesDropped, limit),
    ...(pkg.deprecationsDropped === 0
      ? []
      : [`      ${formatCount(pkg.deprecationsDropped, 'deprecation')} of what is gone dropped`]),
  ];
}

function describeChannel({ channel, head, kept, dropped }: ChannelFilter, main: string): string {
  const title = channel === main ? `${channel} (default)` : channel;
  const count = `${kept} of ${formatCount(kept + dropped, 'version')}`;
  return `${title}: ${count}, head ${head?.name ?? 'unclear'}`;
}

function describeProviders(providers: readonly string[], source: string): string {
  return providers.length === 0
    ? `nothing in ${source} has it either`
    : `${providers.map((name) => `--package ${name}`).join(' or ')} would bring it`;
}

function listNames(label: string, names: readonly string[], limit: number): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > limit ? ` and ${names.length - limit} more` : '';
  return [`${label}${names.slice(0, limit).join(', ')}${more}`];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
