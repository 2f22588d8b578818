/**
 * How much of an image is asked of production; each level includes those before. `manifests`: that it
 * is there. `deep`: that its children and blobs are, by HEAD. `sample`: a rotating share of the blobs
 * is read and hashed. `all`: every blob is.
 */
export type VerifyLevel = 'manifests' | 'deep' | 'sample' | 'all';

export const VERIFY_LEVELS: readonly VerifyLevel[] = ['manifests', 'deep', 'sample', 'all'];
