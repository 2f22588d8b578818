import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pushImage } from '../../scripts/lib/push-image.ts';
import { openStorage } from '../support/damage.ts';
import { deliver } from '../support/deliver.ts';
import { createSite } from '../support/site.ts';

const STATE = 'olm/olmirror-state';

// Seen to fail: while layers were unpacked as they came, a spoilt one was told as no tar.
test('recover says of what is there what is wrong with it, and restores nothing', async (t) => {
  const site = await createSite(t);
  const { host } = site.production;
  const into = join(site.folder, 'into');
  async function recover(reference: string): Promise<string> {
    const args = ['recover', reference, '--into', into, '--insecure'];
    const { code, stderr } = await site.olmirror(args, { cwd: site.folder });
    assert.equal(code, 1);
    assert.equal(existsSync(into), false);
    return stderr;
  }
  assert.match(await recover(`${host}/${STATE}`), /holds no backup of a state repository/);
  assert.match(await recover(`127.0.0.1:1/${STATE}`), /Name the backup as 127\.0\.0\.1:1/);
  assert.match(await recover('nowhere'), /is not a repository with its host/);
  await pushImage(host, { repository: STATE, tags: ['0123456789ab'], files: { a: 'b' } });
  assert.match(await recover(`${host}/${STATE}`), /holds no backup of a state repository/);
  assert.match(
    await recover(`${host}/${STATE}:0123456789ab`),
    /is no backup of a state repository: it is another image/,
  );
  await site.writeManifest({ stateBackup: 'on' });
  await deliver(site);
  assert.equal((await site.olmirror(['init'])).code, 0);
  const first = await site.commit('init');
  assert.equal((await site.olmirror(['apply'])).code, 0);
  await site.git('checkout', '-q', '--orphan', 'other');
  const second = await site.commit('another beginning');
  assert.equal((await site.olmirror(['apply'])).code, 0);
  const several = await recover(`${host}/${STATE}`);
  assert.match(several, /backups of more than one history/);
  for (const commit of [first, second]) assert.ok(several.includes(commit.slice(0, 12)), several);
  const production = site.open(site.production);
  const tag = first.slice(0, 12);
  const manifest = await production.getManifest(STATE, tag);
  const { layers } = JSON.parse(Buffer.from(manifest.bytes).toString());
  const storage = openStorage(join(site.folder, 'production'));
  await storage.spoil(layers[0].digest);
  assert.match(await recover(`${host}/${STATE}:${tag}`), /digest/);
  await storage.cut(layers[0].digest);
  assert.match(await recover(`${host}/${STATE}:${tag}`), /digest|ended|bytes/);
  await storage.lose(layers[0].digest);
  assert.match(await recover(`${host}/${STATE}:${tag}`), /404|not found|does not/i);
});

// Seen to fail: with the failure thrown out of backUpState, apply ended with 1.
test('a backup that fails fails no pass: it is a warning, stands in the report, and is made up for by the next pass', async (t) => {
  const site = await createSite(t);
  await site.writeManifest({ stateBackup: 'on' });
  await deliver(site);
  assert.equal((await site.olmirror(['init'])).code, 0);
  const revision = await site.commit('init');
  const bin = join(site.folder, 'bin');
  await mkdir(bin);
  const refusing = `#!/bin/sh\ncase "$*" in *olmirror-state*) echo denied >&2; exit 1;; esac\nPATH=\${PATH#*:} exec skopeo "$@"\n`;
  await writeFile(join(bin, 'skopeo'), refusing, { mode: 0o755 });
  const env = { OLMIRROR_RETRY_DELAY_MS: '1', PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const apply = await site.olmirror(['apply', '--format', 'json'], { env });
  assert.equal(apply.code, 0, apply.stderr);
  const { stateBackup } = JSON.parse(apply.stdout);
  assert.equal(stateBackup.kind, 'failed');
  assert.match(stateBackup.message, /denied/);
  assert.match(apply.stderr, /was not backed up as .*olmirror-state/);
  assert.ok(stateBackup.reference.endsWith(revision.slice(0, 12)));
  const again = await site.olmirror(['apply', '--format', 'json']);
  assert.equal(JSON.parse(again.stdout).stateBackup.kind, 'pushed');
});
