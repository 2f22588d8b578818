import assert from 'node:assert/strict';

/** Waits until something is so, for as long as a test may. */
export async function waitFor(
  what: string,
  isThere: () => Promise<boolean>,
  seconds = 90,
): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (!(await isThere())) {
    assert.ok(Date.now() < deadline, `${what} did not happen within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
