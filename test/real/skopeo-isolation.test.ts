import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseDigest } from '../../src/base/digest.ts';
import { openSkopeo } from '../support/open-skopeo.ts';
import { stage, startWorld, type World } from './apply-world.ts';

// Seen to fail with the real HOME, all three; with `--registries-conf` or without a registries.conf in the
// private home, that of the machine.

/** Sends whoever asks `host` to a port where nobody listens. */
function formatElsewhere(host: string): string {
  return `[[registry]]\nprefix = "${host}"\nlocation = "127.0.0.1:9"\n`;
}

function formatBlocked(host: string): string {
  return `[[registry]]\nprefix = "${host}"\nlocation = "${host}"\nblocked = true\n`;
}

async function openWorld(t: TestContext): Promise<World> {
  const world = await startWorld();
  t.after(() => world.stop());
  return world;
}

async function writeDropIn(folder: string, text: string): Promise<void> {
  await mkdir(join(folder, 'registries.conf.d'), { recursive: true });
  await writeFile(join(folder, 'registries.conf.d/50-site.conf'), text);
}

interface Machine {
  readonly environment: Readonly<Record<string, string>>;
  readonly skopeoPath?: string;
}

async function copyOn(world: World, { environment, skopeoPath }: Machine): Promise<string | null> {
  const image = await stage(world, 'team/app');
  const access = { insecure: true, authFile: null, caFile: null };
  const place = { repository: 'team/app', reference: parseDigest(image.digest) };
  await openSkopeo({
    environment: { PATH: process.env['PATH'], ...environment },
    stateFolder: world.folder,
    ...(skopeoPath !== undefined && { skopeoPath }),
  }).copy({
    source: { host: world.stagingHost, ...place },
    sourceAccess: access,
    destination: { host: world.productionHost, ...place },
    destinationAccess: access,
    multiArch: 'all',
    sharesLayers: false,
    isSmall: false,
  });
  const there = await world.look('team/app', image.digest);
  return there === image.digest ? 'copied' : there;
}

for (const [name, format] of [
  ['blocks a registry', formatBlocked],
  ['sends a registry elsewhere', formatElsewhere],
] as const) {
  test(`a registries.conf of the user that ${name} does not change what a copy does`, async (t) => {
    const world = await openWorld(t);
    const environment = {
      HOME: join(world.folder, 'me'),
      XDG_CONFIG_HOME: join(world.folder, 'xdg'),
    };
    for (const config of [join(environment.HOME, '.config'), environment.XDG_CONFIG_HOME]) {
      const folder = join(config, 'containers');
      await writeDropIn(folder, format(world.stagingHost));
      await writeFile(join(folder, 'registries.conf'), format(world.productionHost));
    }
    assert.equal(await copyOn(world, { environment }), 'copied');
  });
}

test('a registries.conf of the machine that blocks a registry does not stop a copy', async (t) => {
  const world = await openWorld(t);
  const own = join(world.folder, 'etc');
  await writeDropIn(own, formatBlocked(world.stagingHost));
  await writeFile(join(own, 'registries.conf'), formatBlocked(world.productionHost));
  // A namespace of its own, in which /etc/containers is the folder above.
  const skopeoPath = join(world.folder, 'skopeo-there');
  const mount = `mount --bind ${own} /etc/containers`;
  await writeFile(
    skopeoPath,
    `#!/bin/sh\nexec unshare --map-root-user --mount sh -c '${mount} && exec skopeo "$@"' skopeo "$@"\n`,
  );
  await chmod(skopeoPath, 0o755);
  try {
    execFileSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', mount]);
  } catch {
    t.skip('this machine lets nobody have /etc/containers of their own (unshare and mount)');
    return;
  }
  const environment = { HOME: join(world.folder, 'me') };
  assert.equal(await copyOn(world, { environment, skopeoPath }), 'copied');
});
