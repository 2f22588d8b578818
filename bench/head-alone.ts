// HEADs a second of olmirror's registry client alone: of the first COUNT that a process sends, and of the COUNT after them.
// As a plan asks them: of 64 images at a time, with the signal of the pass; the client bounds how many are under way.
// Arguments: HOST REPOSITORY DIGEST COUNT. Built and loaded as the commands are (scripts/build.mjs).
import pMap from 'p-map';
import { systemClock } from '../src/cli/system-clock.ts';
import { createHttpRegistry } from '../src/registry/http-registry.ts';

const IMAGES_AT_ONCE = 64;

/** Prints both rates. */
export async function main([
  host = '',
  repository = '',
  digest = '',
  count = '',
]: readonly string[]): Promise<void> {
  const registry = createHttpRegistry({
    host,
    insecure: true,
    caFile: null,
    authFile: null,
    environment: {},
    clock: systemClock,
  });
  const { signal } = new AbortController();
  const digests = Array.from({ length: Number(count) }, () => digest);
  async function measureRate(): Promise<string> {
    const start = performance.now();
    const answers = await pMap(
      digests,
      (asked) => registry.headManifest(repository, asked, signal),
      { concurrency: IMAGES_AT_ONCE },
    );
    const seconds = (performance.now() - start) / 1000;
    if (answers.some(({ state }) => state !== 'present'))
      throw new Error('not every image was there');
    return (answers.length / seconds).toFixed(1);
  }
  await registry.headManifest(repository, digest);
  console.log(`${await measureRate()} ${await measureRate()}`);
  await registry.close();
}
