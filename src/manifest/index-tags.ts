/** Whether a tag is named after a whole digest, as where the usual never-moving tag was taken (design §8). */
export function namesDigest(tag: string): boolean {
  return /^(?:sha256|olmirror)-[0-9a-f]{64}$/.test(tag);
}

/**
 * Whether a tag may keep an index of a catalog: `<tag>-<12 hex of its image id>`, or the name of a
 * digest where that one was taken (design §8).
 */
export function isNeverMoving(tag: string, movingTag: string): boolean {
  if (namesDigest(tag)) return true;
  return tag.startsWith(`${movingTag}-`) && /^[0-9a-f]{12}$/.test(tag.slice(movingTag.length + 1));
}
