import type { Problem } from '../base/problem.ts';
import { hasEnded } from './day.ts';
import { readChecked } from './parse-record.ts';
import { faultAt, findDayFault, type RuleItem } from './rule-faults.ts';
import { excludeSchema, type RawExclusion } from './schemas.ts';
import type { Exclusion } from './types.ts';
import type { YamlDocument } from './yaml-document.ts';

export interface ExcludeFile {
  readonly exclusions: readonly Exclusion[];
  readonly problems: readonly Problem[];
}

/** Reads the excludes of one catalog; with a fault, of which all are listed, there are none. A file of comments excludes nothing. */
export function parseExcludes(text: string, file: string): ExcludeFile {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.every((line) => /^\s*(?:#|$)/.test(line))) return { exclusions: [], problems: [] };
  const { value, document, problems } = readChecked(text, file, {
    check: excludeSchema,
    code: 'MANIFEST_RULES_INVALID',
  });
  if (value === null) return { exclusions: [], problems };
  const faults = value.flatMap((raw, index) => findFaults(value, { raw, index, document }));
  return faults.length > 0
    ? { exclusions: [], problems: faults }
    : { exclusions: value.map((raw, index) => buildExclusion(raw, index, document)), problems: [] };
}

/** Path in the state repository. */
export function buildExcludeFileName(catalog: string): string {
  return `rules/${catalog}/exclude.yaml`;
}

/** Whether an exclude has ended on this UTC day, `YYYY-MM-DD`. */
export function isExpired(exclusion: Exclusion, today: string): boolean {
  return hasEnded(exclusion.until, today);
}

interface Item extends RuleItem {
  readonly raw: RawExclusion;
}

function findFaults(all: readonly RawExclusion[], item: Item): readonly Problem[] {
  const { raw, index } = item;
  const first = all.findIndex((other) => keyOf(other) === keyOf(raw));
  return [
    ...(raw.channel !== undefined && raw.bundle !== undefined
      ? [
          faultAt(item, 'bundle', {
            message: `This exclude names both a channel and a bundle of ${raw.package}.`,
            hint: 'A bundle is excluded from every channel: drop "channel", or make two items of it.',
          }),
        ]
      : []),
    ...(first < index
      ? [
          faultAt(item, 'package', {
            message: `The same is excluded twice: ${describeExclude(raw)}.`,
            hint: `The first is item ${first + 1} of the list; keep one of them.`,
          }),
        ]
      : []),
    ...findDayFault(item, 'until', raw.until),
  ];
}

function keyOf({ package: pkg, channel, bundle }: RawExclusion): string {
  return JSON.stringify([pkg, channel ?? null, bundle ?? null]);
}

function describeExclude({ package: pkg, channel, bundle }: RawExclusion): string {
  if (bundle !== undefined) return `the bundle ${bundle} of ${pkg}`;
  return channel === undefined ? `the package ${pkg}` : `the channel ${channel} of ${pkg}`;
}

function buildExclusion(raw: RawExclusion, index: number, document: YamlDocument): Exclusion {
  const { channel = null, bundle = null, until = null } = raw;
  const { line } = document.placeOf([index]);
  return {
    package: raw.package,
    channel,
    bundle,
    reason: raw.reason,
    by: raw.by,
    until,
    place: `${document.file}:${line}`,
  };
}
