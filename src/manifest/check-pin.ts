import { isDay } from './day.ts';
import type { Fault, Located } from './fault.ts';
import type { CatalogEntry } from './types.ts';

/**
 * Whether a tag may keep an index of a catalog: `<tag>-<12 hex of its image id>`, or the name of a
 * digest where that one was taken (design §8).
 */
export function isNeverMoving(tag: string, movingTag: string): boolean {
  if (/^(?:sha256|olmirror)-[0-9a-f]{64}$/.test(tag)) return true;
  return tag.startsWith(`${movingTag}-`) && /^[0-9a-f]{12}$/.test(tag.slice(movingTag.length + 1));
}

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
