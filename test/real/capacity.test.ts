import assert from 'node:assert/strict';
import { readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deliver } from '../support/deliver.ts';
import { createSite } from '../support/site.ts';

// Seen to fail: with `bavail * bsize` without `bsize`, and with the path not resolved against the manifest's folder.
test('plan tells the free space at storagePath, relative to the manifest, and warns where there is none', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  for (const command of ['init', 'merge']) {
    await site.olmirror([command]);
    await site.commit(command);
  }
  const file = join(site.state, 'mirror.yaml');
  const manifest = await readFile(file, 'utf8');
  async function planWith(storagePath: string): Promise<{ text: string; storage: unknown }> {
    const entry = new RegExp(`host: "?${site.production.host}"?`);
    assert.match(manifest, entry);
    await writeFile(
      file,
      manifest.replace(entry, (found) => `storagePath: ${storagePath}, ${found}`),
    );
    await site.commit('storage');
    const { stdout, stderr, code } = await site.olmirror(['plan', '--format', 'json']);
    assert.equal(code, 2, stderr);
    const { storage } = JSON.parse(stdout);
    return { text: (await site.olmirror(['plan'])).stdout, storage };
  }
  const { storage } = await planWith('catalogs');
  const { blocks, bsize } = await statfs(site.state);
  assert.ok(typeof storage === 'object' && storage !== null && 'freeBytes' in storage);
  const free = Number(storage.freeBytes);
  assert.ok(free > 1_000_000 && free < blocks * bsize, String(free));
  const gone = await planWith('no-such-folder');
  assert.deepEqual(gone.storage, { path: 'no-such-folder', freeBytes: null });
  assert.match(
    gone.text,
    /warning: How much room production has at no-such-folder is unknown: There is nothing at \S+\/no-such-folder\./,
  );
});

// Guards against: the room of one disk counted for each registry. Seen to fail: with paths compared as texts.
test('advise knows a disk that both registries share', async (t) => {
  const site = await createSite(t);
  await deliver(site);
  await site.olmirror(['init']);
  const file = join(site.state, 'mirror.yaml');
  const manifest = await readFile(file, 'utf8');
  async function adviseWith(staging: string): Promise<{ shares: unknown; text: string }> {
    const places = { [site.production.host]: 'catalogs', [site.staging.host]: staging };
    const text = Object.entries(places).reduce(
      (done, [host, path]) =>
        done.replace(new RegExp(`host: "?${host}"?`), (found) => `storagePath: ${path}, ${found}`),
      manifest,
    );
    await writeFile(file, text);
    await site.commit(`storage in ${staging}`);
    const { stdout, stderr, code } = await site.olmirror(['advise', '--format', 'json']);
    assert.equal(code, 0, stderr);
    return {
      shares: JSON.parse(stdout).sharesDisk,
      text: (await site.olmirror(['advise'])).stdout,
    };
  }
  const shared = await adviseWith('.');
  assert.equal(shared.shares, true);
  assert.match(shared.text, /Both registries keep their blobs on one disk/);
  const apart = await adviseWith('no-such-folder');
  assert.equal(apart.shares, false);
  assert.doesNotMatch(apart.text, /on one disk/);
});
