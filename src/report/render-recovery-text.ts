import { basename, dirname, join } from 'node:path/posix';
import { formatCount } from '../base/text.ts';
import type { Recovery } from '../plan/recovery-types.ts';
import { renderLines } from './clean-line.ts';

/** What was brought back, and what to do with it. */
export function renderRecoveryText(recovery: Recovery): string {
  const { folder, revision, branch, subject, time, commits, mirror, manifest, source } = recovery;
  const inside = join(folder, dirname(manifest));
  const file = basename(manifest);
  const named = file === 'mirror.yaml' ? '' : ` --manifest ${file}`;
  return renderLines([
    `Recovered ${recovery.reference} into ${folder}.`,
    `  commit   ${revision} on ${branch}, of ${time}: ${subject}`,
    `  history  ${formatCount(commits, 'commit')}${recovery.shallow ? ', cut off as it was where the backup was made' : ''}`,
    `  mirror   ${mirror} (${manifest})`,
    ...(recovery.ignored.length === 0
      ? []
      : [`  left out ${recovery.ignored.join(', ')}: no backups of a state repository`]),
    '',
    'Commits that were never applied are not in it: compare with clones that people have.',
    ...(source === null
      ? ['No remote is set up: git remote add origin URL']
      : [`No remote is set up; it was ${source}`]),
    `Next: olmirror -C ${inside}${named} plan`,
  ]);
}
