/** Tag of the backup of a commit. */
export function formatStateTag(revision: string): string {
  return revision.slice(0, 12);
}

/** Whether a tag may be one of a backup. */
export function isStateTag(tag: string): boolean {
  return /^[0-9a-f]{12}$/.test(tag);
}
