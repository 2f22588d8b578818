/** A function whose answer for an object is kept as long as the object is. */
export interface OncePer<K extends object, T extends object | string> {
  (this: void, key: K): T;
  /** Takes the answer that another thread or an earlier process has worked out for the same thing. */
  know(this: void, key: K, answer: T): void;
}

/**
 * The same function, its answer for an object kept as long as the object is: what follows from
 * something large and unchanging need not be worked out again. The answer should be small.
 */
export function oncePer<K extends object, T extends object | string>(
  derive: (key: K) => T,
): OncePer<K, T> {
  const known = new WeakMap<K, T>();
  function answer(key: K): T {
    const before = known.get(key);
    if (before !== undefined) return before;
    const fresh = derive(key);
    known.set(key, fresh);
    return fresh;
  }
  return Object.assign(answer, { know: (key: K, its: T) => void known.set(key, its) });
}
