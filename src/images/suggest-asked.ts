import { compareNatural, findNearest } from '../base/text.ts';
import { type Asked, type AskedReference, isPlaced } from './find-asked.ts';
import type { WantedImage } from './types.ts';

const MOST_SUGGESTIONS = 5;

/** What may have been meant instead of something that no wanted image answers to, best first. */
export function suggestAsked(asked: Asked, images: readonly WantedImage[]): readonly string[] {
  switch (asked.kind) {
    case 'name':
      return cut(suggestNames(asked.name, images));
    case 'digest':
      return [];
    case 'reference':
      return cut(suggestPlaces(asked, images));
  }
}

function suggestNames(name: string, images: readonly WantedImage[]): readonly string[] {
  const needs = images.flatMap(({ neededBy }) => neededBy).filter(({ item }) => item !== 'images');
  const ofPackage = needs.filter((need) => need.package === name).map(({ item }) => item);
  if (ofPackage.length > 0) return ofPackage.toSorted(compareNatural).toReversed();
  const names = [...new Set(needs.map(({ item }) => item))];
  const nearest = findNearest(name, names);
  return [...names.filter((item) => item.includes(name)), ...(nearest === null ? [] : [nearest])];
}

function suggestPlaces(asked: AskedReference, images: readonly WantedImage[]): readonly string[] {
  const last = new Set(asked.places.map(({ repository }) => lastPart(repository)));
  const ranks = [
    images.filter(({ digest }) => digest !== null && digest === asked.digest),
    images.filter((image) => isPlaced(image, asked)),
    images.filter(({ repository }) => last.has(lastPart(repository.production))),
  ];
  return ranks.flat().map(({ upstream }) => upstream);
}

function lastPart(repository: string): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}

function cut(suggestions: readonly string[]): readonly string[] {
  return [...new Set(suggestions)].slice(0, MOST_SUGGESTIONS);
}
