import type { ServedBundle, ServedPackage } from '../index/served-types.ts';

export interface ServeRequest {
  /** Path of opm. */
  readonly program: string;
  readonly catalogFolder: string;
  /** Served from after its digest was checked; null lets opm build one. */
  readonly cacheFolder: string | null;
  /** Where programs are looked for, as PATH has it. */
  readonly searchPath: string;
  /** For what opm writes. */
  readonly workFolder: string;
  /** Milliseconds until it must serve, and for each answer. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** An opm that serves a catalog on this machine. Every question throws `SERVE_TIMEOUT`, `SERVE_ENDED` where opm is gone, or `SERVE_FAILED` with what it said. */
export interface CatalogServer {
  /** False where opm was given no cache, or is too old to be told to take none that is stale. */
  readonly checksCache: boolean;
  /** As opm gives them, which is in no order. */
  listPackages(): Promise<readonly string[]>;
  getPackage(name: string): Promise<ServedPackage>;
  /** One for every entry of every channel; without CSVs where bundles have images. */
  listBundles(): Promise<readonly ServedBundle[]>;
  /** opm leaves `replaces` and `skips` out of it. */
  getBundle(entry: ServedEntry): Promise<ServedBundle>;
  /** The bundle at the head of a channel. */
  getHead(channel: Omit<ServedEntry, 'name'>): Promise<ServedBundle>;
  /** Ends opm. */
  close(): Promise<void>;
}

export type ServedEntry = Pick<ServedBundle, 'package' | 'channel' | 'name'>;

/** Throws `SERVE_NO_OPM`, `SERVE_ENDED` where opm ends at once, `SERVE_FAILED` where it tells nobody that it serves, `SERVE_TIMEOUT`. */
export type OpenCatalogServer = (request: ServeRequest) => Promise<CatalogServer>;
