/** A function whose answer for an object is kept as long as the object is. */
export interface OncePer<K extends object, T extends object | string> {
  (key: K): T;
  /** Takes an answer that was worked out before, of an equal object. */
  readonly note: (key: K, answer: T) => void;
}

/**
 * The same function, its answer for an object kept as long as the object is: what follows from
 * something large and unchanging need not be worked out again. The answer should be small.
 */
export function oncePer<K extends object, T extends object | string>(
  derive: (key: K) => T,
): OncePer<K, T> {
  const known = new WeakMap<K, T>();
  function ask(key: K): T {
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = derive(key);
    known.set(key, answer);
    return answer;
  }
  function note(key: K, answer: T): void {
    known.set(key, answer);
  }
  return Object.assign(ask, { note });
}
