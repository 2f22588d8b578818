import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CopyRequest } from '../../src/apply/port.ts';
import { createSkopeoCopier } from '../../src/apply/skopeo-copier.ts';
import { isToolError } from '../../src/base/tool-error.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'olmirror-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const PLAIN = { insecure: true, authFile: null, caFile: null };
const REQUEST: CopyRequest = {
  source: { host: 'source:5001', repository: 'a/b', reference: `sha256:${'a'.repeat(64)}` },
  sourceAccess: PLAIN,
  destination: { host: 'destination:5000', repository: 'a/b', reference: 'v1' },
  destinationAccess: PLAIN,
  multiArch: 'all',
};

/** A small program in place of skopeo. */
async function writeProgram(name: string, body: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

const ENVIRONMENT = {
  PATH: process.env['PATH'],
  HOME: '/home/me',
  HTTPS_PROXY: 'http://proxy',
  SECRET_TOKEN: 'hidden',
  REGISTRY_AUTH_FILE: '/auth',
};

interface SeenRun {
  readonly args: string;
  readonly env: string;
}

async function recordRun(request: CopyRequest): Promise<SeenRun> {
  const skopeoPath = await writeProgram(
    'record',
    `echo "$@" > ${folder}/args; env > ${folder}/env`,
  );
  await createSkopeoCopier({ skopeoPath, environment: ENVIRONMENT }).copy(request);
  return {
    args: await readFile(join(folder, 'args'), 'utf8'),
    env: await readFile(join(folder, 'env'), 'utf8'),
  };
}

test('copy always preserves digests and copies all platforms, by digest', async () => {
  const { args } = await recordRun(REQUEST);
  assert.match(
    args,
    / copy --all --preserve-digests --remove-signatures --src-tls-verify=false --dest-tls-verify=false docker:\/\/source:5001\/a\/b@sha256:a{64} docker:\/\/destination:5000\/a\/b:v1\n$/,
  );
  assert.match(args, /^--insecure-policy --registries\.d \S+ --tmpdir \S+ copy/);
  assert.ok(!args.includes('authfile') && !args.includes('cert-dir'));
});

test('copy names auth file and CA of a side only where the manifest does', async () => {
  const caFile = join(folder, 'my-ca.pem');
  await writeFile(caFile, 'CA');
  const { args } = await recordRun({
    ...REQUEST,
    destinationAccess: { insecure: false, authFile: '/my/auth.json', caFile },
    multiArch: 'index-only',
  });
  assert.match(args, /--multi-arch index-only --preserve-digests/);
  assert.match(
    args,
    /--src-tls-verify=false --dest-tls-verify=true --dest-authfile \/my\/auth\.json --dest-cert-dir \S+destination-certs docker/,
  );
});

test('copy passes on proxies and the places of default auth files, and nothing else', async () => {
  const { env } = await recordRun(REQUEST);
  assert.match(env, /^REGISTRY_AUTH_FILE=\/auth$/m);
  assert.match(env, /^HTTPS_PROXY=http:\/\/proxy$/m);
  assert.match(env, /^LC_ALL=C$/m);
  assert.ok(!env.includes('SECRET_TOKEN'));
  const access = { insecure: true, authFile: '/my/auth.json', caFile: null };
  const own = await recordRun({ ...REQUEST, sourceAccess: access, destinationAccess: access });
  assert.ok(!own.env.includes('REGISTRY_AUTH_FILE'));
});

test('copy names the CA file that does not exist', async () => {
  const request = {
    ...REQUEST,
    destinationAccess: { ...PLAIN, caFile: join(folder, 'absent.pem') },
  };
  await assert.rejects(
    createSkopeoCopier({ environment: ENVIRONMENT }).copy(request),
    (error) => isToolError(error, 'APPLY_COPY_FAILED') && /absent\.pem/.test(error.message),
  );
});

test('copy ends the whole process group when it is aborted, also one that ignores SIGTERM', async () => {
  const skopeoPath = await writeProgram(
    'stubborn',
    `trap "" TERM; sleep 30 & echo $! > ${folder}/child; wait; sleep 30`,
  );
  const stop = new AbortController();
  const running = createSkopeoCopier({ skopeoPath, environment: ENVIRONMENT }).copy(
    REQUEST,
    stop.signal,
  );
  running.catch(() => undefined);
  const child = await waitForFile(join(folder, 'child'));
  stop.abort();
  await assert.rejects(running, (error) => isToolError(error, 'APPLY_INTERRUPTED'));
  await sleep(50);
  // Gone, or a zombie where nobody takes notice of orphans.
  const stat = await readFile(`/proc/${child.trim()}/stat`, 'utf8').catch(() => ') Z');
  assert.match(stat, /\) Z/);
});

async function waitForFile(file: string): Promise<string> {
  for (let i = 0; i < 500; i += 1) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text;
    await sleep(10);
  }
  throw new Error(`${file} did not appear.`);
}

test('assertReady says what to install where there is no skopeo, and refuses one below 1.6', async () => {
  const missing = createSkopeoCopier({
    skopeoPath: join(folder, 'no-such-program'),
    environment: ENVIRONMENT,
  });
  await assert.rejects(
    missing.assertReady(),
    (error) =>
      isToolError(error, 'APPLY_NO_SKOPEO') && /apt-get install skopeo/.test(error.hint ?? ''),
  );
  const old = createSkopeoCopier({
    skopeoPath: await writeProgram('old', 'echo skopeo version 1.5.2'),
    environment: ENVIRONMENT,
  });
  await assert.rejects(
    old.assertReady(),
    (error) => isToolError(error, 'APPLY_OLD_SKOPEO') && /1\.5\.2/.test(error.message),
  );
  for (const version of ['1.6.0', '1.22.2-dev', '2.0.0']) {
    await createSkopeoCopier({
      skopeoPath: await writeProgram('fine', `echo skopeo version ${version}`),
      environment: ENVIRONMENT,
    }).assertReady();
  }
});
