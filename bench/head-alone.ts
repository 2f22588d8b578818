// HEADs a second of olmirror's registry client alone: of the first COUNT that a process sends, and of the COUNT after them.
// Arguments: HOST REPOSITORY DIGEST COUNT. Built and loaded as the commands are (scripts/build.mjs).
import { systemClock } from '../src/cli/system-clock.ts';
import { createHttpRegistry } from '../src/registry/http-registry.ts';

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
  async function measureRate(): Promise<string> {
    const start = performance.now();
    const answers = await Promise.all(
      Array.from({ length: Number(count) }, () => registry.headManifest(repository, digest)),
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
