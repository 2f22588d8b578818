import { replaceFiles } from '../files/replace-files.ts';
import type { GitPort } from '../git/port.ts';
import type { Handover } from '../plan/handover-types.ts';
import type { HandoverFile } from '../plan/status-types.ts';
import { listChangedSections, renderHandover } from '../report/render-handover.ts';

export const HANDOVER_FILE = 'HANDOVER.md';

/** Writes `HANDOVER.md` into the working tree, and nothing else; a page that says the same already is not touched. */
export async function writeHandover(handover: Handover, git: GitPort): Promise<HandoverFile> {
  const tree = await git.openWorkingTree();
  const bytes = await tree.readFile(HANDOVER_FILE);
  const before = bytes === null ? null : Buffer.from(bytes).toString();
  const after = renderHandover(handover, before);
  await replaceFiles(git.folder, new Map([[HANDOVER_FILE, after]]), { remove: [] });
  return { file: HANDOVER_FILE, changed: listChangedSections(before, after), withheld: null };
}
