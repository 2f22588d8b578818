import { sourceRole } from '../manifest/serving-role.ts';
import type { RoleName } from '../manifest/types.ts';
import type { WantedImage } from './types.ts';

type Placed = Pick<WantedImage, 'repository' | 'serving'>;

/** The repository that must hold an image. */
export function servingRepository({ repository, serving }: Placed): string {
  return repository[serving];
}

/** The tags that are asked for where the image is there. */
export function askedTags({
  demandedTags,
  addedTags = [],
}: Pick<WantedImage, 'demandedTags' | 'addedTags'>): readonly string[] {
  return [...demandedTags, ...addedTags];
}

/** Where an image is copied from. */
export function sourcePlace({ repository, serving }: Placed): {
  readonly role: RoleName;
  readonly repository: string;
} {
  const role = sourceRole(serving);
  return { role, repository: repository[role] };
}
