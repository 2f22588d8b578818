import type { Handover } from '../plan/handover-types.ts';
import { escapeMarkdown, formatCode } from './escape-markdown.ts';
import { listNextDelivery } from './handover-commands.ts';
import { listCleaning, listDeliveries, listPending } from './handover-pending.ts';
import { listPlaces } from './handover-places.ts';
import { listRestore } from './handover-restore.ts';
import { nameProgram } from './handover-shell.ts';

/** Where the part begins that people write. */
const OWN_PART = '<!-- Below this line is yours: olmirror keeps it as it is. -->';

const SECTIONS = [
  ['Take the next delivery', listNextDelivery],
  ['What is where', listPlaces],
  ['Last deliveries', listDeliveries],
  ['What is pending', listPending],
  ['What may be cleaned', listCleaning],
  ['How to restore', listRestore],
] as const;

/**
 * `HANDOVER.md`: all that a stranger needs to take the next delivery, and to find what is where. The same state gives
 * the same bytes: no commit id and no clock is in it. What `existing` has below the marked line stays; of a page
 * without that line, all of it.
 */
export function renderHandover(handover: Handover, existing: string | null): string {
  const { production, staging } = handover.manifest.registries;
  const head = [
    `# Hand-over: ${escapeMarkdown(handover.manifest.name)}`,
    '',
    `<!-- Written by olmirror: \`${nameProgram(handover)} status --handover\` renews all above the marked line at the end. -->`,
    '',
    `This repository says what the production registry ${formatCode(production.host)} must serve. Deliveries land in the staging registry ${formatCode(staging.host)}; olmirror merges their index with the catalog in Git, copies what production lacks, and publishes the merged index. Nothing happens that a commit did not ask for.`,
  ];
  const sections = SECTIONS.flatMap(([title, list]) => ['', `## ${title}`, '', ...list(handover)]);
  return `${[...head, ...sections].join('\n')}\n\n${keepOwn(existing)}`;
}

function keepOwn(existing: string | null): string {
  if (existing === null || existing.trim() === '') return `${OWN_PART}\n`;
  const at = existing.indexOf(OWN_PART);
  return at < 0 ? `${OWN_PART}\n\n${existing}` : existing.slice(at);
}

/** Titles of the sections that two pages do not have alike, in the order of the new one; one that went is not told. */
export function listChangedSections(before: string | null, after: string): readonly string[] {
  const old = splitSections(before ?? '');
  return [...splitSections(after)]
    .filter(([title, body]) => old.get(title) !== body)
    .map(([title]) => title);
}

function splitSections(page: string): ReadonlyMap<string, string> {
  const [written = ''] = page.split(OWN_PART);
  const [head = '', ...sections] = written.split(/^## /m);
  return new Map([
    ['the head', head],
    ...sections.map((section): readonly [string, string] => {
      const [title = ''] = section.split('\n', 1);
      return [title, section];
    }),
  ]);
}
