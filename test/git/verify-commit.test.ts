import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isToolError } from '../../src/base/tool-error.ts';
import { findProgram } from '../../src/cli/find-program.ts';
import { openGitRepository } from '../../src/git/git-repository.ts';
import type { Signers } from '../../src/git/port.ts';
import { GIT_ENVIRONMENT, makeTemporaryFolder, writeAt } from './worlds.ts';

interface Signing {
  readonly folder: string;
  readonly top: string;
  /** Commits with these settings; returns the commit id. */
  commit(settings: Readonly<Record<string, string>>, ...flags: readonly string[]): string;
  verify(revision: string, signers: Partial<Signers>, env?: Record<string, string>): Promise<void>;
}

function createSigning(t: TestContext): Signing {
  const folder = makeTemporaryFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const top = join(folder, 'state');
  const home = join(folder, 'home');
  for (const path of [top, home]) mkdirSync(path, { mode: 0o700 });
  const env = { ...GIT_ENVIRONMENT, HOME: home, GNUPGHOME: join(home, '.gnupg') };
  function git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: top, env, encoding: 'utf8', stdio: 'pipe' }).trim();
  }
  git('init', '--quiet', '--initial-branch=main');
  let count = 0;
  return {
    folder,
    top,
    commit(settings, ...flags) {
      count += 1;
      writeAt(top, 'file', String(count));
      git('add', '--all');
      const set = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
      git(...set, 'commit', '--quiet', '-m', `commit ${count}`, ...flags);
      return git('rev-parse', 'HEAD');
    },
    async verify(revision, signers, more = {}) {
      const port = await openGitRepository(top, { environment: { ...env, ...more } });
      await port.verifyCommit(revision, { sshFile: null, gpgFile: null, ...signers });
    },
  };
}

function untrusted(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isToolError(error, 'GIT_UNTRUSTED_COMMIT'), String(error));
    assert.equal(error.disposition, 'stall');
    assert.match(error.message, pattern);
    return true;
  };
}

function makeSshKey(folder: string, name: string): { readonly key: string; readonly line: string } {
  const key = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  return { key, line: `${name}@example.com ${readFileSync(`${key}.pub`, 'utf8')}` };
}

const SEARCH = process.env['PATH'] ?? '';
const NO_SSH = (await findProgram('ssh-keygen', SEARCH)) === null && 'ssh-keygen is not installed';
const NO_GPG = (await findProgram('gpg', SEARCH)) === null && 'gpg is not installed';

// Seen to fail: without the setting for the given file, its own signer was refused.
test('a commit signed over SSH is taken by the allowed signers alone', {
  skip: NO_SSH,
}, async (t) => {
  const signing = createSigning(t);
  const [kim, eve] = [makeSshKey(signing.folder, 'kim'), makeSshKey(signing.folder, 'eve')];
  const sshFile = join(signing.folder, 'allowed signers');
  writeFileSync(sshFile, kim.line);
  const sign = { 'gpg.format': 'ssh' };
  const good = signing.commit({ ...sign, 'user.signingkey': kim.key }, '-S');
  await signing.verify(good, { sshFile });
  const bad = signing.commit({ ...sign, 'user.signingkey': eve.key }, '-S');
  await assert.rejects(signing.verify(bad, { sshFile }), untrusted(/does not hold/));
  const plain = signing.commit({});
  await assert.rejects(signing.verify(plain, { sshFile }), untrusted(/is not signed/));
  const wide = join(signing.folder, 'wide');
  writeFileSync(wide, eve.line);
  execFileSync('git', ['config', 'gpg.ssh.allowedSignersFile', wide], { cwd: signing.top });
  execFileSync('git', ['config', 'gpg.ssh.program', '/bin/true'], { cwd: signing.top });
  await assert.rejects(signing.verify(bad, { sshFile }), untrusted(/does not hold/));
  await assert.rejects(
    signing.verify(good, { gpgFile: sshFile }),
    untrusted(/by an SSH key, and no such key may sign/),
  );
  await assert.rejects(
    signing.verify(good, { sshFile: join(signing.folder, 'none') }),
    (error) => isToolError(error, 'GIT_BAD_CREDENTIALS') && error.disposition === 'retry',
  );
});

test('a commit that was changed after it was signed is refused', { skip: NO_SSH }, async (t) => {
  const signing = createSigning(t);
  const kim = makeSshKey(signing.folder, 'kim');
  const sshFile = join(signing.folder, 'signers');
  writeFileSync(sshFile, kim.line);
  const good = signing.commit({ 'gpg.format': 'ssh', 'user.signingkey': kim.key }, '-S');
  const options = { cwd: signing.top, encoding: 'utf8' as const };
  const text = execFileSync('git', ['cat-file', 'commit', good], options);
  const forged = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
    ...options,
    input: text.replace('commit 1', 'commit one'),
  }).trim();
  await signing.verify(good, { sshFile });
  await assert.rejects(signing.verify(forged, { sshFile }), untrusted(/does not hold/));
});

// Seen to fail: with the user's own keyring, the commit of the stranger in it was taken.
test('a commit signed by OpenPGP is taken by the given keys alone, not by the keyring of the user', {
  skip: NO_GPG,
}, async (t) => {
  const signing = createSigning(t);
  const home = join(signing.folder, 'home/.gnupg');
  mkdirSync(home, { mode: 0o700 });
  const env = { PATH: process.env['PATH'] ?? '', GNUPGHOME: home };
  function gpg(...args: readonly string[]): Buffer {
    return execFileSync('gpg', ['--batch', '--quiet', ...args], { env, stdio: 'pipe' });
  }
  t.after(() => execFileSync('gpgconf', ['--kill', 'all'], { env }));
  for (const name of ['kim', 'eve'])
    gpg('--passphrase', '', '--quick-generate-key', `${name}@example.com`, 'ed25519', 'sign');
  const gpgFile = join(signing.folder, 'keys');
  writeFileSync(gpgFile, gpg('--export', 'kim@example.com'));
  const good = signing.commit({ 'user.signingkey': 'kim@example.com' }, '-S');
  await signing.verify(good, { gpgFile });
  writeFileSync(gpgFile, gpg('--armor', '--export', 'kim@example.com'));
  await signing.verify(good, { gpgFile });
  const bad = signing.commit({ 'user.signingkey': 'eve@example.com' }, '-S');
  await assert.rejects(signing.verify(bad, { gpgFile }), untrusted(/does not hold/));
  await assert.rejects(
    signing.verify(good, { sshFile: gpgFile }),
    untrusted(/by an OpenPGP key, and no such/),
  );
  const only = join(signing.folder, 'bin');
  mkdirSync(only);
  for (const program of ['git', 'sh'])
    symlinkSync((await findProgram(program, SEARCH)) ?? '', join(only, program));
  await assert.rejects(
    signing.verify(good, { gpgFile }, { PATH: only }),
    (error) => isToolError(error, 'GIT_NO_VERIFIER') && /gnupg/.test(error.hint ?? ''),
  );
});

test('without ssh-keygen a signature over SSH is no reason to blame the commit', {
  skip: NO_SSH,
}, async (t) => {
  const signing = createSigning(t);
  const kim = makeSshKey(signing.folder, 'kim');
  const sshFile = join(signing.folder, 'signers');
  writeFileSync(sshFile, kim.line);
  const good = signing.commit({ 'gpg.format': 'ssh', 'user.signingkey': kim.key }, '-S');
  const only = join(signing.folder, 'bin');
  mkdirSync(only);
  for (const program of ['git', 'sh'])
    symlinkSync((await findProgram(program, SEARCH)) ?? '', join(only, program));
  await assert.rejects(
    signing.verify(good, { sshFile }, { PATH: only }),
    (error) => isToolError(error, 'GIT_NO_VERIFIER') && /openssh-client/.test(error.hint ?? ''),
  );
});
