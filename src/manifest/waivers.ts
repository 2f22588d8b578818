import type { Problem } from '../base/problem.ts';
import { hasEnded } from './day.ts';
import { readChecked } from './parse-record.ts';
import { findDayFault } from './rule-faults.ts';
import { type RawWaiver, waiversSchema } from './schemas.ts';
import type { Waiver } from './types.ts';
import type { YamlDocument } from './yaml-document.ts';

export interface WaiversFile {
  readonly waivers: readonly Waiver[];
  readonly problems: readonly Problem[];
}

/** Path in the state repository. */
export function buildWaiversFileName(catalog: string): string {
  return `rules/${catalog}/waivers.yaml`;
}

/** Reads the waivers of one catalog; with a fault, of which all are listed, there are none. A file of comments waives nothing. */
export function parseWaivers(text: string, catalog: string): WaiversFile {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.every((line) => /^\s*(?:#|$)/.test(line))) return { waivers: [], problems: [] };
  const { value, document, problems } = readChecked(text, buildWaiversFileName(catalog), {
    check: waiversSchema,
    code: 'MANIFEST_RULES_INVALID',
  });
  if (value === null) return { waivers: [], problems: placeIn(catalog, problems) };
  const faults = value.flatMap((raw, index) =>
    findDayFault({ index, document }, 'until', raw.until),
  );
  return faults.length > 0
    ? { waivers: [], problems: placeIn(catalog, faults) }
    : {
        waivers: value.map((raw, index) => buildWaiver(raw, index, { document, catalog })),
        problems: [],
      };
}

/** Whether a waiver has ended on this UTC day, `YYYY-MM-DD`. */
export function isWaiverOver({ until }: Pick<Waiver, 'until'>, today: string): boolean {
  return hasEnded(until, today);
}

function placeIn(catalog: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, catalog }));
}

function buildWaiver(
  raw: RawWaiver,
  index: number,
  { document, catalog }: { readonly document: YamlDocument; readonly catalog: string },
): Waiver {
  return {
    package: null,
    channel: null,
    bundle: null,
    image: null,
    ...raw,
    catalog,
    place: `${document.file}:${document.placeOf([index]).line}`,
  };
}
