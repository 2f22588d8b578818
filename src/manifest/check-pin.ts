import { isDay } from './day.ts';
import type { Fault, Located } from './fault.ts';
import { isNeverMoving } from './index-tags.ts';
import type { CatalogEntry } from './types.ts';

/** Finds a pin that could never hold: to a tag that moves, or until a day that the calendar lacks. */
export function checkPin({ path, value }: Located<CatalogEntry>): readonly Fault[] {
  const { pin, tag, name } = value;
  if (pin === null) return [];
  return [
    ...(isNeverMoving(pin.tag, tag.production)
      ? []
      : [
          {
            path: [...path, 'pin', 'tag'],
            message: `The pin of ${name} names the tag ${pin.tag}, which is no never-moving tag of its index.`,
            hint: `Such a tag is ${tag.production}- and 12 hex digits: \`olmirror index list ${name}\` shows those that production holds.`,
          },
        ]),
    ...(pin.until === null || isDay(pin.until)
      ? []
      : [
          {
            path: [...path, 'pin', 'until'],
            message: `There is no day ${pin.until}.`,
            hint: 'Write a date such as 2026-12-31.',
          },
        ]),
  ];
}
