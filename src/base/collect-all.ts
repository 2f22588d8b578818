/** Waits for all, also where one fails; then throws the first failure, in their order. */
export async function collectAll<T>(runs: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(runs);
  return settled.map((entry) => {
    if (entry.status === 'rejected') throw entry.reason;
    return entry.value;
  });
}
