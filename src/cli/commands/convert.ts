import { formatCount } from '../../base/text.ts';
import type { ConvertOptions } from '../../catalog/convert-catalog.ts';
import { listIgnoredFiles } from '../../catalog/ignore.ts';
import { assertFree } from '../../files/write-folder.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import type { CommandContext } from '../context.ts';
import { parseSource, readSources, type SourceOptions } from '../source-context.ts';
import type { Wiring } from '../wire.ts';
import { writeConverted } from '../write-converted.ts';

export interface ConvertCommandOptions extends SourceOptions {
  readonly output: ConvertOptions['form'];
  readonly layout: ConvertOptions['layout'];
  readonly outputDir: string;
}

/** Writes a catalog into an empty folder, in another form or layout, with everything that it says. */
export async function runConvert(
  options: ConvertCommandOptions,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const { output: form, layout, outputDir: folder } = options;
  await assertFree(folder);
  const [source] = await readSources(options, context, wiring);
  if (source === undefined) throw new Error('A conversion has one source.');
  const catalog = parseSource(source, context);
  const { files, exact } = await writeConverted(catalog, { form, layout, folder });
  context.progress.clear();
  const packages = formatCount(catalog.packages.size, 'package');
  context.console.result(
    `Wrote ${packages} of ${source.name} into ${formatCount(files.size, 'file')} below ${folder}.`,
  );
  for (const blob of exact)
    context.console.warn(
      `warning: ${blob.schema} "${blob.name}"${blob.package === '' ? '' : ` of ${blob.package}`} has a number or a text that YAML would change, so it stands in a catalog-exact.json.`,
    );
  const ignored = listIgnoredFiles(source.files);
  if (ignored.length > 0)
    context.console.warn(
      `warning: ${formatCount(ignored.length, 'file')} that .indexignore hides from opm ${ignored.length === 1 ? 'was' : 'were'} left out: ${ignored.join(', ')}.`,
    );
  return 0;
}
