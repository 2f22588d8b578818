import { replaceFiles } from '../../files/replace-files.ts';
import { listSchemaFiles } from '../../manifest/editor-schemas.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import { listUnnamed } from '../schema-lines.ts';
import type { Wiring } from '../wire.ts';

/** Writes what editors check the files of a state repository by; working tree only. */
export async function runSchemas(context: CommandContext, wiring: Wiring): Promise<ExitCode> {
  const git = await wiring.openGit();
  const snapshot = await git.openWorkingTree();
  const files = new Map(await listUnnamed(snapshot, context.manifestFile));
  for (const [path, text] of listSchemaFiles()) {
    const bytes = await snapshot.readFile(path);
    if (bytes === null || Buffer.from(bytes).toString() !== text) files.set(path, text);
  }
  await replaceFiles(git.folder, files, { remove: [] });
  for (const file of files.keys()) context.console.say(`Wrote ${file}.`);
  context.console.say(
    files.size === 0
      ? 'Every schema is there and named; nothing was written.'
      : 'Next: `git diff`, then commit them, so that every clone has them.',
  );
  return 0;
}
