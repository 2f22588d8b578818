import type { ListedMissing } from '../../src/manifest/types.ts';

/** An item of the list of the catalog `one`. */
export function makeListed(image: string): ListedMissing {
  return {
    image,
    bundles: image.includes('*') ? [] : ['a.v1.0.0'],
    reason: 'never mirrored',
    since: '2026-01-01',
    until: null,
    catalog: 'one',
    place: 'rules/one/known-missing.yaml:1',
  };
}
