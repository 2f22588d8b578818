// skopeo against real registries, the destination behind a proxy that plays the faults. Seen to fail: with '--all' taken
// out of skopeo-arguments.ts (platforms); with `removeFolder(folder)` taken out of skopeo-copier.ts and with `forget`
// doing nothing (leftovers); with the process group not signalled in watch-process.ts the file hung.
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Fault, startFaultProxy } from '../../scripts/lib/fault-proxy.ts';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { startRegistry } from '../../scripts/lib/start-registry.ts';

import { createHttpRegistry } from '../../src/registry/http-registry.ts';
import type { RegistryPort } from '../../src/registry/port.ts';
import { testCopierContract } from '../contracts/copier.ts';
import type { WriteFault } from '../fakes/memory-copier.ts';
import { openSkopeo } from '../support/open-skopeo.ts';
import { CLOCK } from './apply-world.ts';

const FAULTS: Readonly<Record<WriteFault, Fault>> = {
  refuses: { kind: 'status', status: 405, body: 'method not allowed' },
  'is full': { kind: 'status', status: 507, body: 'insufficient storage' },
  hangs: { kind: 'hang' },
};

const folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closing.toReversed()) await close();
  await rm(folder, { recursive: true, force: true });
});

// Where copies put what is theirs; this file's process is its own.
const temporary = join(folder, 'temporary');
await mkdir(temporary);
process.env['TMPDIR'] = temporary;

function openRegistry(host: string): RegistryPort {
  const access = { insecure: true, authFile: null, caFile: null };
  const registry = createHttpRegistry({
    host,
    ...access,
    environment: {},
    retries: 0,
    timeoutMilliseconds: 5_000,
    clock: CLOCK,
  });
  closing.push(() => registry.close());
  return registry;
}

async function listLeftovers(): Promise<readonly string[]> {
  const processes: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(temporary)) processes.push(command.replaceAll('\0', ' '));
  }
  return [...(await readdir(temporary)), ...processes];
}

let count = 0;
testCopierContract('skopeo', async () => {
  count += 1;
  const staging = await startRegistry({ folder: join(folder, `source-${count}`) });
  const production = await startRegistry({ folder: join(folder, `destination-${count}`) });
  const hanging = Promise.withResolvers<void>();
  let fault: WriteFault | null = null;
  const proxy = await startFaultProxy({
    target: production.host,
    rules({ method }) {
      if (fault === null || method === 'GET' || method === 'HEAD') return null;
      if (fault === 'hangs') hanging.resolve();
      return FAULTS[fault];
    },
  });
  closing.push(
    () => staging.stop(),
    () => production.stop(),
    () => proxy.stop(),
  );
  return {
    source: openRegistry(staging.host),
    destination: openRegistry(proxy.host),
    push: async (image) => (await pushImage(staging.host, image)).digest,
    createCopier: (limits) =>
      openSkopeo({
        environment: { PATH: process.env['PATH'], HOME: folder },
        stateFolder: folder,
        ...limits,
      }),
    setFault(next) {
      fault = next;
    },
    countUploads: () =>
      proxy.requests.filter(({ method, url }) => method === 'PUT' && url.includes('/blobs/'))
        .length,
    waitForHang: () => hanging.promise,
    listLeftovers,
  };
});
