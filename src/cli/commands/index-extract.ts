import { assertFree, assertReplaceable, writeFolder } from '../../files/write-folder.ts';
import { readIndexCatalog } from '../../index/read-index.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { renderExtractText } from '../../report/render-index-text.ts';
import type { CommandContext } from '../context.ts';
import { type IndexRequest, locateIndex } from '../locate-index.ts';
import type { Wiring } from '../wire.ts';

export interface IndexExtractOptions extends IndexRequest {
  readonly folder: string;
  /** Replace a folder that is not empty. */
  readonly force: boolean;
}

/** Writes the catalog of an index as it is in the image, file by file, whole or not at all. */
export async function runIndexExtract(
  options: IndexExtractOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const { folder, force } = options;
  // Refused before anything is read, so that nobody waits for it.
  await (force ? assertReplaceable(folder) : assertFree(folder));
  const { place } = await locateIndex(options, context, wiring);
  const { files, digest } = await readIndexCatalog(place.reader, place.repository, place.reference);
  context.signal.throwIfAborted();
  const content = new Map(files.map((file) => [file.path, file.bytes]));
  await writeFolder(folder, content, { replace: force });
  context.progress.clear();
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  const facts = { source: place.name, digest, files: files.length, bytes, folder };
  context.console.say(renderExtractText(facts));
  return 0;
}
