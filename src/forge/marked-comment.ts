import { isToolError } from '../base/tool-error.ts';
import type { MarkedComment, WrittenComment } from './review-port.ts';

/** A comment as a forge keeps it. */
export interface KeptComment extends WrittenComment {
  readonly id: number;
  /** Id of the user who wrote it; null where the forge does not say. */
  readonly author: number | null;
}

/** The user whom the token is of, as soon as an answer of the forge told: no token needs a right for it. */
export interface OwnUser {
  id: number | null;
}

/**
 * Of all comments, oldest first, those that begin with the marker's line; their bodies without it. Where our user is known,
 * only its own: who writes our marker into a comment of his could say anything there in our name.
 */
export function findMarked(
  comments: readonly KeptComment[],
  marker: string,
  { id: self }: OwnUser,
): readonly KeptComment[] {
  return comments.flatMap((comment) => {
    if (self !== null && comment.author !== null && comment.author !== self) return [];
    // What a person changed on the forge's own page comes back with the line ends of browsers.
    const [first = '', ...rest] = comment.body.replaceAll('\r\n', '\n').split('\n');
    return first.trim() === marker ? [{ ...comment, body: rest.join('\n') }] : [];
  });
}

/** The text of a comment with its marker. */
export function joinMarker({ marker, body }: MarkedComment): string {
  return `${marker}\n${body}`;
}

/**
 * Puts a text in place of the first comment that lets itself be changed; writes a new one where none does: somebody else's
 * comment may begin with our marker, and one may be deleted meanwhile. Of those that are surely ours no other stays: two
 * first runs at the same moment write two.
 */
export async function writeMarked(
  marked: readonly KeptComment[],
  write: {
    readonly update: (id: number) => Promise<string>;
    readonly create: () => Promise<string>;
    readonly remove: (id: number) => Promise<void>;
  },
  { id: self }: OwnUser,
): Promise<{ readonly url: string; readonly created: boolean }> {
  for (const { id } of marked) {
    try {
      const url = await write.update(id);
      const others = marked.filter((other) => other.author === self && other.id !== id);
      if (self !== null) await removeAll(others, write.remove);
      return { url, created: false };
    } catch (error) {
      const isNotOurs =
        isToolError(error, 'FORGE_UNAUTHORIZED') || isToolError(error, 'FORGE_NOT_FOUND');
      if (!isNotOurs) throw error;
    }
  }
  return { url: await write.create(), created: true };
}

// What was to be told is told; the next run tries again.
async function removeAll(
  comments: readonly KeptComment[],
  remove: (id: number) => Promise<void>,
): Promise<void> {
  try {
    for (const { id } of comments) await remove(id);
  } catch (error) {
    if (!isToolError(error)) throw error;
  }
}
