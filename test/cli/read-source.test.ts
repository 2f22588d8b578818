import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { readSource } from '../../src/cli/read-source.ts';
import { createFakeGit } from '../fakes/git.ts';
import { createFakeRegistry } from '../fakes/registry.ts';

for (const source of [
  'nosuch',
  'prodcution',
  './catalog',
  'ns/name:1',
  'HEAD~9:catalogs',
  'UPPER CASE',
]) {
  test(`readSource takes "${source}" for a mistake, not for an image on docker.io`, async () => {
    const context = {
      folder: '/nonexistent',
      openRegistry: () => createFakeRegistry('docker.io'),
      openGit: async () => createFakeGit(),
      manifest: null,
      insecure: false,
    };
    await assert.rejects(
      readSource(source, null, context),
      (error: unknown) =>
        isToolError(error, 'CLI_UNSUPPORTED_SOURCE') && error.message.includes(source),
    );
  });
}
