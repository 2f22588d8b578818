import { parseCatalog } from '../../catalog/parse-catalog.ts';
import { inspectIndexImage } from '../../index/describe-index.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { buildIndexDocument } from '../../report/index-document.ts';
import { renderIndexText } from '../../report/render-index-text.ts';
import type { CommandContext } from '../context.ts';
import { type IndexRequest, locateIndex } from '../locate-index.ts';
import type { Wiring } from '../wire.ts';

export interface IndexShowOptions extends IndexRequest {
  readonly format: 'text' | 'json';
}

/** Shows what an index image is and offers; whatever it is, the exit code is 0. */
export async function runIndexShow(
  options: IndexShowOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const { place } = await locateIndex(options, context, wiring);
  const image = await inspectIndexImage(place.reader, place.repository, place.reference);
  const { catalog, problems } = parseCatalog(image.files);
  const index = buildIndexDocument({ source: place.name, image, catalog, problems });
  context.progress.clear();
  context.console.result(
    options.format === 'json' ? JSON.stringify(index, null, 2) : renderIndexText(index),
  );
  return 0;
}
