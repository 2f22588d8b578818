/** The full id of an object of Git, by SHA-1 or SHA-256. */
export const FULL_ID: RegExp = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
