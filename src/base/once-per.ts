/**
 * The same function, its answer for an object kept as long as the object is: what follows from
 * something large and unchanging need not be worked out again. The answer should be small.
 */
export function oncePer<K extends object, T extends object | string>(
  derive: (key: K) => T,
): (key: K) => T {
  const known = new WeakMap<K, T>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = derive(key);
    known.set(key, answer);
    return answer;
  };
}
