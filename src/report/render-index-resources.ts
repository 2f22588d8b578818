import {
  renderCatalogSource,
  renderClusterCatalog,
  type ServedIndex,
} from '../cluster/render-catalog-source.ts';
import type { Serving } from '../index/judge-serving.ts';
import { cleanLine } from './clean-line.ts';

/** CatalogSource and ClusterCatalog of an index as one YAML stream, what was found as comments before. */
export function renderIndexResources(
  index: Omit<ServedIndex, 'extract'>,
  { extract, findings }: Serving,
): string {
  const served = { ...index, extract };
  const notes = findings.map(
    ({ severity, message }) =>
      `# ${severity === 'error' ? 'PROBLEM' : 'note'}: ${cleanLine(message)}\n`,
  );
  return `${notes.join('')}---\n${renderCatalogSource(served)}---\n${renderClusterCatalog(served)}`;
}
