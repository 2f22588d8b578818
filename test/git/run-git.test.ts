import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { runGit, tryGit } from '../../src/git/run-git.ts';
import { makeTemporaryFolder } from './worlds.ts';

// Guards against: without `errors` the killed git gave an empty answer, so that a push of it counted as done.
test('runGit takes a git that was killed for a failure, and an exit code without a message for an empty answer', async (t) => {
  const folder = makeTemporaryFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'git');
  writeFileSync(program, '#!/bin/sh\ntest "$1" = quiet && exit 1\nkill -9 $$\n');
  chmodSync(program, 0o755);
  const place = { folder, environment: { PATH: `${folder}:${process.env['PATH'] ?? ''}` } };
  await assert.rejects(
    runGit(place, ['push', 'origin'], { isRemote: true }),
    (error) => isToolError(error) && /^git push failed in .*: it was killed/.test(error.message),
  );
  await assert.rejects(runGit(place, ['add']), (error) => isToolError(error, 'GIT_FAILED'));
  assert.equal(await tryGit(place, ['quiet']), '');
  assert.equal(await tryGit(place, ['add']), null);
});
