/** A file or folder of a tree, with its permission bits; paths are relative to the tree's root, `.`. */
export type TreeEntry =
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly mode: number;
      readonly bytes: Uint8Array;
    };
