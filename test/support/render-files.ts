import { selectCatalogFiles } from '../../src/catalog/ignore.ts';
import type { RenderForm } from '../../src/catalog/render-blob.ts';
import { joinRendered, renderFile, renderGroup } from '../../src/catalog/render-files.ts';
import type { CatalogFile } from '../../src/catalog/types.ts';

/** What `olmirror render` prints of a catalog in these files, which must be sound. */
export async function renderFiles(
  all: readonly CatalogFile[],
  form: RenderForm = 'json',
): Promise<string> {
  const files = selectCatalogFiles(all);
  const rendered = files.map((file) => renderFile(file, form));
  const [problem] = rendered.flatMap(({ problems }) => problems);
  if (problem !== undefined) throw new Error(JSON.stringify(problem));
  const texts = await joinRendered(rendered, ({ files: indexes, packages }) => {
    const open = indexes.flatMap((index) => files[index] ?? []);
    return Promise.resolve(renderGroup(open, packages, form));
  });
  return Buffer.concat(texts).toString();
}
