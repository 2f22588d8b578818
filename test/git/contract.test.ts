import { describeGitContract } from '../contracts/git.ts';
import { createFakeGit } from '../fakes/git.ts';
import { openRealWorld } from './worlds.ts';

describeGitContract('fake git', () => {
  const git = createFakeGit();
  return { ...git, git, close: () => undefined };
});
describeGitContract('git', () => openRealWorld());
describeGitContract('git, manifest in a subfolder with a strange name', () =>
  openRealWorld({ subfolder: 'sub folder/ü:(x)' }),
);
describeGitContract('git with sha256 object ids', () =>
  openRealWorld({ init: ['--object-format=sha256'] }),
);
