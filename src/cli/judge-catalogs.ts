import type { Problem } from '../base/problem.ts';
import { type CatalogPool, openCatalogPool, sumSizes } from './catalog-pool.ts';
import type { CatalogSources } from './catalog-sources.ts';
import { judgeSources } from './judge-sources.ts';

/** One thing that was judged: the manifest, a catalog, a file of rules. */
export interface Judged {
  readonly name: string;
  readonly problems: readonly Problem[];
  readonly packages: number;
  readonly bundles: number;
}

/** A catalog to judge. */
export interface Subject {
  readonly name: string;
  /** Null for a folder that stands in no manifest. */
  readonly catalog: string | null;
  readonly sources: CatalogSources;
}

/** Judges catalogs, several threads at work where they are large. */
export async function judgeCatalogs(
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const size = sumSizes(subjects.flatMap(({ sources }) => sources.files));
  const pool = openCatalogPool({ size, signal });
  try {
    return await Promise.all(subjects.map((subject) => judgeSubject(subject, pool)));
  } finally {
    await pool.close();
  }
}

async function judgeSubject(
  { name, catalog, sources }: Subject,
  pool: CatalogPool,
): Promise<Judged> {
  const { problems, ...counts } = await judgeSources(sources, pool);
  const found = catalog === null ? problems : problems.map((problem) => ({ ...problem, catalog }));
  return { name, problems: found, ...counts };
}
