import { formatCount } from '../base/text.ts';
import type { ClusterUpgrade } from '../plan/review-types.ts';
import type { Check } from '../plan/types.ts';
import { SEVERITY_MARKS } from './severity-marks.ts';

const SHOWN_UPGRADES = 20;

const TITLES: Readonly<Record<ClusterUpgrade['effect'], string>> = {
  automatic: 'Upgrades by itself',
  stranded: 'Cut off: no path leads on any more',
  manual: 'Waits for approval in the cluster',
  opened: 'Can upgrade again',
};

/** In the order in which they are to be read. */
const EFFECTS = ['automatic', 'stranded', 'manual', 'opened'] as const;

/** What clusters meet: what starts by itself first. One list of lines for each effect that there is. */
export function listUpgradeParts(
  upgrades: readonly ClusterUpgrade[],
): readonly (readonly string[])[] {
  return EFFECTS.flatMap((effect) => {
    const own = upgrades.filter((upgrade) => upgrade.effect === effect);
    if (own.length === 0) return [];
    const clusters = new Set(own.map(({ cluster }) => cluster)).size;
    const more = own.length - SHOWN_UPGRADES;
    return [
      [
        `${TITLES[effect]}: ${own.length} on ${formatCount(clusters, 'cluster')}`,
        ...own.slice(0, SHOWN_UPGRADES).map((upgrade) => `  ${formatUpgrade(upgrade)}`),
        ...(more > 0 ? [`  … and ${more} more`] : []),
      ],
    ];
  });
}

function formatUpgrade({ cluster, user, channel, from, to, seen }: ClusterUpgrade): string {
  const facts = [
    ...(channel === '' ? [] : [`channel ${channel}`]),
    ...(seen === null ? [] : [`seen ${seen}`]),
  ].join(', ');
  return `${cluster}  ${user}  ${from}${to === null ? '' : ` → ${to}`}${facts === '' ? '' : `  (${facts})`}`;
}

/** What needs a person; that something upgrades by itself is not said again where it was listed. */
export function listFindings(
  checks: readonly Check[],
  upgrades: readonly ClusterUpgrade[],
): readonly Check[] {
  return checks.filter(
    ({ kind, severity }) =>
      kind !== 'automatic-upgrade' || severity !== 'warning' || upgrades.length === 0,
  );
}

/** A line for each check, the worst first, and one for its hint. */
export function listCheckLines(checks: readonly Check[]): readonly string[] {
  return (['error', 'blocked', 'warning'] as const).flatMap((severity) =>
    checks
      .filter((check) => check.severity === severity)
      .flatMap(({ message, hint }) => [
        `${SEVERITY_MARKS[severity]}: ${message}`,
        ...(hint === null ? [] : [`  Hint: ${hint}`]),
      ]),
  );
}
