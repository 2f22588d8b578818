import type { Problem } from '../base/problem.ts';
import { isDay } from './day.ts';
import type { YamlDocument } from './yaml-document.ts';

/** An item of a list of rules. */
export interface RuleItem {
  readonly index: number;
  readonly document: YamlDocument;
}

/** A fault of one field of an item, with its place. */
export function faultAt(
  { index, document }: RuleItem,
  field: string,
  words: { readonly message: string; readonly hint: string },
): Problem {
  const { file } = document;
  const place = document.placeOf([index, field]);
  return { severity: 'error', code: 'MANIFEST_RULES_INVALID', ...words, file, ...place };
}

/** The fault of a field that names a day that there is not; none where it says nothing. */
export function findDayFault(
  item: RuleItem,
  field: string,
  day: string | null | undefined,
): readonly Problem[] {
  if (typeof day !== 'string' || isDay(day)) return [];
  return [
    faultAt(item, field, {
      message: `There is no day ${day}.`,
      hint: 'Write a date such as 2026-12-31.',
    }),
  ];
}
