import { type ImageRef, parseImageRef } from '../base/image-ref.ts';
import { isToolError } from '../base/tool-error.ts';
import type { ValuePath } from './yaml-document.ts';

/** A combination that cannot be meant, and which value of the manifest it is about. */
export interface Fault {
  readonly path: ValuePath;
  readonly message: string;
  readonly hint: string;
}

/** A part of the manifest and its path there. */
export interface Located<T> {
  readonly path: ValuePath;
  readonly value: T;
}

/** The items whose key an earlier item has too. */
export function findRepeats<T>(
  items: readonly Located<T>[],
  keyOf: (value: T) => string,
): readonly { readonly first: Located<T>; readonly again: Located<T> }[] {
  const seen = new Map<string, Located<T>>();
  return items.flatMap((again) => {
    const key = keyOf(again.value);
    const first = seen.get(key);
    if (first !== undefined) return [{ first, again }];
    seen.set(key, again);
    return [];
  });
}

/** The reference, or the sentence that says why it is none. */
export function readRef(text: string): ImageRef | string {
  try {
    return parseImageRef(text);
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return error.message;
    throw error;
  }
}
