/** How large an image is, as a registry says: bytes of config and layers by digest, or why nobody knows. */
export type ImageSize =
  | { readonly state: 'measured'; readonly blobs: Readonly<Record<string, number>> }
  | { readonly state: 'unknown'; readonly message: string };

export interface SizeSum {
  /** What the images of known size hold, a blob that several share once. */
  readonly bytes: number;
  /** Images of unknown size: they are not in `bytes`. */
  readonly unknown: number;
}

export function sumSizes(sizes: readonly ImageSize[]): SizeSum {
  const measured = sizes.filter((size) => size.state === 'measured');
  const blobs = new Map(measured.flatMap((size) => Object.entries(size.blobs)));
  return {
    bytes: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0),
    unknown: sizes.length - measured.length,
  };
}
