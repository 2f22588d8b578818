// HEADs a second of olmirror's registry client alone: of the first COUNT that a process sends, and of the COUNT after them.
// Arguments: HOST REPOSITORY DIGEST COUNT.
import { systemClock } from '../src/cli/system-clock.ts';
import { createHttpRegistry } from '../src/registry/http-registry.ts';

const [host = '', repository = '', digest = '', count = ''] = process.argv.slice(2);
const registry = createHttpRegistry({
  host,
  insecure: true,
  caFile: null,
  authFile: null,
  environment: {},
  clock: systemClock,
});
await registry.headManifest(repository, digest);
console.log(`${await measureRate()} ${await measureRate()}`);
await registry.close();

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
