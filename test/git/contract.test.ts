import { describeGitContract } from '../contracts/git.ts';
import { describeBytesContract, describeFilesContract } from '../contracts/git-files.ts';
import { createFakeGit } from '../fakes/git.ts';
import { openRealWorld } from './worlds.ts';

for (const describe of [describeGitContract, describeFilesContract, describeBytesContract]) {
  describe('fake git', () => {
    const git = createFakeGit();
    return { ...git, git, close: () => undefined };
  });
  describe('git', () => openRealWorld());
  describe('git, manifest in a subfolder with a strange name', () =>
    openRealWorld({ subfolder: 'sub folder/ü:(x)' }));
  describe('git with sha256 object ids', () => openRealWorld({ init: ['--object-format=sha256'] }));
}
