import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { CatalogFile } from '../../src/catalog/types.ts';

const ROOT = resolve(
  import.meta.dirname,
  '../..',
  process.env['OLMIRROR_TEST_DATA'] ?? '../shared',
);
const RECORDS = join(ROOT, 'oracle/trees.json');

/** Why tests of the trees are skipped; false where the trees are there. */
export const NO_TREES: false | string = existsSync(RECORDS)
  ? false
  : 'OLMIRROR_TEST_DATA has no oracle/trees.json';

/** What opm v1.73.0 said of one catalog of the real data. */
export interface OracleTree {
  readonly path: string;
  /** Null where opm refused the catalog. */
  readonly cache: {
    readonly digest: string;
    /** SHA-256 by path. */
    readonly files: Readonly<Record<string, string>>;
  } | null;
  /** Null where opm refused the catalog. */
  readonly pogrebDigest: string | null;
}

interface TreeRecord {
  readonly json_cache?: NonNullable<OracleTree['cache']>;
  readonly pogreb_digest?: string;
}

export function listOracleTrees(): readonly OracleTree[] {
  if (NO_TREES !== false) return [];
  const records: Record<string, TreeRecord> = JSON.parse(readFileSync(RECORDS, 'utf8'));
  return Object.entries(records).map(([path, record]) => ({
    path,
    cache: record.json_cache ?? null,
    pogrebDigest: record.pogreb_digest ?? null,
  }));
}

export function readTreeFiles({ path }: OracleTree): readonly CatalogFile[] {
  const folder = join(ROOT, 'data', path);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file), bytes: readFileSync(file) }));
}
