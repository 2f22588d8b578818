// The accessor is one for all objects. One of its own would give each object a shape of its own,
// and what that shape holds on to stays in memory until the next full collection.
const FINDERS = new WeakMap<object, () => number>();

const LINE: PropertyDescriptor & ThisType<object> = {
  enumerable: true,
  get() {
    return FINDERS.get(this)?.();
  },
};

/** The same object, its `line` (given as 0) found when it is first asked for. */
export function withLazyLine<T extends { readonly line: number }>(
  target: T,
  findLine: () => number,
): T {
  FINDERS.set(target, findLine);
  return Object.defineProperty(target, 'line', LINE);
}
