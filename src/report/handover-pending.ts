import { shortHex } from '../base/digest.ts';
import { formatCount } from '../base/text.ts';
import { isImagePattern } from '../manifest/image-pattern.ts';
import { buildKnownMissingFileName } from '../manifest/known-missing.ts';
import type { CatalogPin, DeliveryRecord, ListedMissing } from '../manifest/types.ts';
import type { Handover, HandoverCatalog, HandoverSeen } from '../plan/handover-types.ts';
import type { DeliveryState } from '../plan/status-types.ts';
import type { Check } from '../plan/types.ts';
import { escapeMarkdown, formatCode, formatSentence } from './escape-markdown.ts';
import { nameProgram } from './handover-shell.ts';

const SHOWN_DELIVERIES = 10;
const SHOWN_PACKAGES = 8;
const SHOWN_CHECKS = 30;
const SHOWN_IMAGES = 10;

/** The deliveries that were taken in last, newest first, as their records say. */
export function listDeliveries({ deliveries }: Handover): readonly string[] {
  if (deliveries.length === 0) return ['None is recorded yet.'];
  const rest = deliveries.length - SHOWN_DELIVERIES;
  return [
    ...deliveries.slice(0, SHOWN_DELIVERIES).map(formatDelivery),
    ...(rest > 0 ? [`- … and ${formatCount(rest, 'earlier one')} in \`deliveries/\``] : []),
  ];
}

function formatDelivery(record: DeliveryRecord): string {
  const { date, catalog, command, source, digest, packages, newImages, gaps, held } = record;
  const changed = packages.filter((pkg) => pkg.old !== pkg.new);
  const shown = changed
    .slice(0, SHOWN_PACKAGES)
    .map(
      (pkg) =>
        `${escapeMarkdown(pkg.name)} ${escapeMarkdown(pkg.old ?? 'new')} → ${escapeMarkdown(pkg.new ?? 'gone')}`,
    );
  const more = changed.length - shown.length;
  const parts = [
    shown.length === 0
      ? 'no head changed'
      : shown.join(', ') + (more > 0 ? `, … (${more} more)` : ''),
    `${formatCount(newImages, 'image')} named for the first time`,
    ...(gaps.length === 0 ? [] : [`a gap left ${gaps.map(formatCode).join(', ')} as before`]),
    ...(held.length === 0 ? [] : [`held back: ${held.map(formatCode).join(', ')}`]),
  ];
  const how = command === 'init' ? 'taken over' : 'merged';
  return `- ${date} ${formatCode(catalog)} ${how} from ${formatCode(source)} (${formatCode(shortHex(digest))}): ${parts.join('; ')}`;
}

/** What somebody still has to do, or has agreed to for a time. */
export function listPending(handover: Handover): readonly string[] {
  const { seen, catalogs } = handover;
  const olmirror = nameProgram(handover);
  const lines = [
    ...(seen === null
      ? [
          `- Nobody has looked at the registries for this page yet: ${formatCode(`${olmirror} status --handover`)} adds what they hold.`,
        ]
      : listSeen(seen, handover)),
    ...catalogs.flatMap((catalog) => [
      ...listDelivery(catalog, olmirror),
      ...listGaps(catalog, handover.deliveries),
      ...listRules(catalog),
      ...listMissing(catalog),
    ]),
  ];
  return lines.length === 0 ? ['Nothing.'] : lines;
}

// Known missing images have lines of their own.
function isOwnLine({ kind }: Check): boolean {
  return kind !== 'known-missing';
}

function listSeen(seen: HandoverSeen, handover: Handover): readonly string[] {
  const olmirror = nameProgram(handover);
  const checks = seen.checks.filter(isOwnLine);
  const shown = checks.slice(0, SHOWN_CHECKS);
  const steps =
    seen.pendingSteps === 0
      ? '- Production is in step with Git: nothing waits for `apply`.'
      : `- Committed and not applied: ${formatCount(seen.pendingSteps, 'step')}. ${formatCode(`${olmirror} plan`)} names them, ${formatCode(`${olmirror} apply`)} takes them.`;
  const rest = checks.length - shown.length;
  return [
    ...(seen.sync === 'OutOfSync' && seen.pendingSteps === 0 ? [] : [steps]),
    ...shown.map(formatCheck),
    ...(rest > 0
      ? [`- … and ${formatCount(rest, 'more')}: ${formatCode(`${olmirror} plan`)}`]
      : []),
  ];
}

const SEVERITIES = { error: '**Fault**', blocked: '**Conflict**', warning: 'Warning' } as const;

function formatCheck({ severity, message, hint }: Check): string {
  return `- ${SEVERITIES[severity]}: ${escapeMarkdown(message)}${hint === null ? '' : ` ${formatSentence(hint)}`}`;
}

const DELIVERY_WORDS: Readonly<Record<DeliveryState, string | null>> = {
  applied: null,
  merged: 'is merged and not applied yet',
  'merged-not-committed': 'is merged in a working tree and not committed yet',
  'not-merged': 'is **not merged**',
  none: null,
  unknown: null,
};

function listDelivery({ entry, status }: HandoverCatalog, olmirror: string): readonly string[] {
  if (status === null) return [];
  const { state, digest } = status.staging;
  const words = DELIVERY_WORDS[state];
  if (words === null || digest === null) return [];
  const next =
    state === 'not-merged'
      ? `: take it as above, or see what it brings by ${formatCode(`${olmirror} merge --dry-run`)}`
      : '';
  return [
    `- The delivery ${formatCode(shortHex(digest))} of ${formatCode(entry.name)} in staging ${words}${next}.`,
  ];
}

function listGaps(
  { entry }: HandoverCatalog,
  deliveries: readonly DeliveryRecord[],
): readonly string[] {
  const last = deliveries.find(({ catalog }) => catalog === entry.name);
  if (last === undefined) return [];
  return [
    ...last.gaps.map(
      (name) =>
        `- A gap in its upgrade path left ${formatCode(name)} of ${formatCode(entry.name)} as it was on ${last.date}: bring what bridges it with the next delivery, or declare it in ${formatCode(`rules/${entry.name}/bridges.yaml`)}.`,
    ),
    ...last.held.map(
      (name) =>
        `- ${formatCode(name)} of ${formatCode(entry.name)} was held back on ${last.date}, since images of it were missing: mirror them, then merge again.`,
    ),
  ];
}

function listRules({ entry, exclusions, bridges }: HandoverCatalog): readonly string[] {
  return [
    ...(entry.pin === null ? [] : [formatPin(entry.name, entry.pin)]),
    ...exclusions.map((it) => {
      const what = [it.package, it.channel ?? it.bundle].filter((part) => part !== null).join('/');
      return `- Excluded: ${formatCode(what)} (${formatCode(it.place)}): ${escapeMarkdown(it.reason)} (${escapeMarkdown(it.by)}${formatUntil(it.until)}).`;
    }),
    ...bridges.map(
      (it) =>
        `- Bridge: ${formatCode(`${it.package}/${it.channel}`)} up to ${formatCode(it.bundle)} (${formatCode(`${it.file}:${it.line}`)}): ${escapeMarkdown(it.reason)} (${escapeMarkdown(it.by)}${formatUntil(it.until)}).`,
    ),
  ];
}

function formatPin(catalog: string, { tag, reason, by, until }: CatalogPin): string {
  return `- Pinned: ${formatCode(catalog)} serves ${formatCode(tag)}, whatever is merged: ${escapeMarkdown(reason)} (${escapeMarkdown(by)}${formatUntil(until)}). Take \`pin\` out of the manifest to go on.`;
}

function listMissing({ entry, missing }: HandoverCatalog): readonly string[] {
  if (missing.length === 0) return [];
  const patterns = missing.filter(({ image }) => isImagePattern(image));
  const images = missing.filter(({ image }) => !isImagePattern(image));
  const rest = images.length - SHOWN_IMAGES;
  return [
    `- Known missing of ${formatCode(entry.name)} (${formatCode(buildKnownMissingFileName(entry.name))}): ${formatCount(images.length, 'image')}, ${formatCount(patterns.length, 'pattern')}. They keep no index back; installing what needs them fails.`,
    ...[...patterns, ...images.slice(0, SHOWN_IMAGES)].map(formatMissing),
    ...(rest > 0 ? [`  - … and ${formatCount(rest, 'more image')}`] : []),
  ];
}

function formatMissing({ image, reason, since, until, bundles }: ListedMissing): string {
  const named = bundles.length === 0 ? '' : ` of ${bundles.map(formatCode).join(', ')}`;
  return `  - ${formatCode(image)}${named}: ${escapeMarkdown(reason)}, since ${since}${formatUntil(until)}`;
}

function formatUntil(until: string | null): string {
  return until === null ? '' : `, until ${until}`;
}

/** What may be removed, by whom, and what never. */
export function listCleaning(handover: Handover): readonly string[] {
  const { catalogs, manifest } = handover;
  const olmirror = nameProgram(handover);
  const { production, staging } = manifest.registries;
  return [
    '**olmirror deletes nothing**, in neither registry. What is removed is removed by people, with the registry’s own means.',
    '',
    `- **Staging (${formatCode(staging.host)})**: a delivery that is merged and applied is not needed any more, once no cluster pulls from there. Whether it may be emptied, and what would be lost, ${formatCode(`${olmirror} staging check --cluster-resources DIR`)} says, with proof; ${formatCode('DIR')} is a folder with objects of a cluster.`,
    ...catalogs.map((catalog) => `  - ${formatStaging(catalog, handover)}`),
    `- **Production (${formatCode(production.host)})**: never the tags \`sha256-…\` and \`olmirror-…\`, which keep images from a clean-up of untagged manifests, nor those of earlier indexes, which are the way back. ${formatCode(`${olmirror} audit`)} names what nothing in Git asks for.`,
    '- **This machine**: `layers/` below `~/.local/state/olmirror/` may go at any time; the journal beside it is the only record of passes.',
    '- **This repository**: nothing. `deliveries/` keeps the same index from being merged twice.',
  ];
}

function formatStaging({ entry, status }: HandoverCatalog, { seen }: Handover): string {
  const name = formatCode(entry.name);
  if (status === null || seen === null) return `${name}: not looked at for this page`;
  const { state, digest } = status.staging;
  const delivery =
    digest === null ? 'its delivery' : `the delivery ${formatCode(shortHex(digest))}`;
  switch (state) {
    case 'applied':
      return seen.sync === 'Synced'
        ? `${name}: ${delivery} is merged and applied`
        : `${name}: ${delivery} is merged and applied, but production is not in step with Git: **keep it** until it is`;
    case 'none':
      return `${name}: there is no index in staging`;
    case 'unknown':
      return `${name}: staging does not tell: **keep it**`;
    case 'merged':
    case 'merged-not-committed':
    case 'not-merged':
      return `${name}: ${delivery} is not applied yet: **keep it**`;
  }
}
