import type { PageLimits } from './page-types.ts';

/** GitHub and Gitea refuse a comment beyond 65,536 characters; 4 KiB stay for a marker and what others add. */
export const FORGE_PAGE = 61_440;
/** Room for a page of counts alone, whatever it counts. */
export const SMALLEST_PAGE = 16_384;

/** What a comment shows where a forge takes it; more of anything is a wall that nobody reads. */
export const COMMENT: PageLimits = {
  steps: 150,
  unchanged: 50,
  details: 100,
  repositories: 12,
  operators: 100,
  catalogs: 30,
  settings: 30,
  examples: 20,
  upgrades: 100,
  names: 8,
  message: 1500,
};

/** What a mail shows. */
export const MAIL: PageLimits = {
  steps: 2000,
  unchanged: 200,
  details: 1000,
  repositories: 50,
  operators: 1000,
  catalogs: 100,
  settings: 200,
  examples: 200,
  upgrades: 1000,
  names: 30,
  message: 2000,
};

/** What is given up for room, in this order: the raw first, what a person must see last, and never all of it. */
const GIVEN_UP: readonly (readonly [keyof PageLimits, number])[] = [
  ['steps', 0],
  ['unchanged', 0],
  ['details', 0],
  ['repositories', 0],
  ['names', 3],
  ['operators', 10],
  ['message', 300],
  ['examples', 3],
  ['settings', 3],
  ['upgrades', 10],
  ['operators', 0],
  ['catalogs', 3],
  ['message', 120],
  ['examples', 1],
  ['catalogs', 0],
  ['upgrades', 1],
  ['names', 0],
  ['settings', 0],
  ['examples', 0],
  ['upgrades', 0],
];

/**
 * The fullest page that fits: gives up one kind after the other until it does, then takes back what there is room for,
 * the last first, and nothing before all of what weighs more is shown.
 * The barest page, of counts alone, is given whether it fits or not.
 */
export function fitPage(
  render: (limits: PageLimits) => string,
  fits: (text: string) => boolean,
): string {
  let limits = COMMENT;
  const given: (keyof PageLimits)[] = [];
  let isFit = fits(render(limits));
  for (const [kind, least] of GIVEN_UP) {
    if (isFit) break;
    isFit = fits(render({ ...limits, [kind]: least }));
    limits = { ...limits, [kind]: isFit ? findLargest(kind, least) : least };
    given.push(kind);
  }
  if (!isFit) return render(limits);
  for (const kind of given.toReversed()) {
    limits = { ...limits, [kind]: findLargest(kind, limits[kind]) };
    if (limits[kind] < COMMENT[kind]) break;
  }
  return render(limits);

  /** The most of a kind with which the page fits, as it does with `least`. */
  function findLargest(kind: keyof PageLimits, least: number): number {
    let [low, high] = [least, COMMENT[kind]];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (fits(render({ ...limits, [kind]: middle }))) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
