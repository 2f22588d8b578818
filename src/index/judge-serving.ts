import { dirname } from 'node:path/posix';
import { formatCount } from '../base/text.ts';
import type { TreeEntry } from '../base/tree-entry.ts';
import {
  describeCacheFault,
  findUnchecked,
  type IndexCache,
  type InspectedImage,
} from './describe-index.ts';
import { normalizeEntryPath } from './layer-tree.ts';
import { USUAL_CACHES } from './read-index-image.ts';

export interface ServingFinding {
  /** `error`: a pod of this image does not come up. */
  readonly severity: 'error' | 'warning';
  /** A sentence. */
  readonly message: string;
}

/** How OLM can serve an index image, and what stands in the way. */
export interface Serving {
  /** Null for an image that serves itself. */
  readonly extract: { readonly catalogDir: string; readonly cacheDir: string | null } | null;
  readonly findings: readonly ServingFinding[];
}

/**
 * Judges an image by what OLM does with it (spec "file-based catalogs" §5.2): one with opm runs as it
 * is; any other is copied out, by extractContent, and served by OLM's own opm.
 */
export function judgeServing(image: InspectedImage): Serving {
  const { caches } = image;
  const general = [...judgeCatalog(image), ...judgeCacheFolders(image)];
  if (image.serve.kind !== 'none')
    return {
      extract: null,
      findings: [...general, ...judgeCommand(image), ...caches.flatMap(judgeOwnCache)],
    };
  const right = caches.find(isRight);
  return {
    extract: { catalogDir: image.configsPath, cacheDir: right?.path ?? null },
    findings: [...general, ...judgeExtracted(caches, right)],
  };
}

/**
 * Why a pod whose extractContent copies one of these folders as its cache would not come up, as a part
 * of a sentence: opm ends at a cache that is missing, empty or wrong (spec "file-based catalogs" §5.2).
 * Null where it would, or nobody can tell.
 */
export function findCacheFault(
  { caches, cacheFault, serve }: InspectedImage,
  folders: readonly string[],
): string | null {
  if (cacheFault !== null) return null;
  for (const folder of folders) {
    const cache = caches.find(({ path }) => isSame(path, folder));
    const fault = cache === undefined ? null : describeCacheFault(cache);
    if (fault !== null) return `${folder} ${fault}`;
    const known = [...USUAL_CACHES, serve.cacheDir ?? ''].some((path) => isSame(path, folder));
    if (known && (cache === undefined || cache.contents === 'none'))
      return `${folder} is missing or empty`;
  }
  return null;
}

function isRight(cache: IndexCache): boolean {
  return (
    cache.contents !== 'none' && describeCacheFault(cache) === null && findUnchecked(cache) === null
  );
}

function judgeCatalog({ files, configs, configsPath }: InspectedImage): readonly ServingFinding[] {
  if (files.length === 0)
    return [
      error(`Its label names ${configsPath} as the catalog, and the image has no file there.`),
    ];
  const closed = configs.filter(isClosed);
  const [first] = closed;
  if (first === undefined) return [];
  return [
    error(
      `${formatCount(closed.length, 'entry', 'entries')} of ${configsPath} cannot be read by the user of a pod: ${first.path} has mode ${first.mode.toString(8).padStart(4, '0')}.`,
    ),
  ];
}

// OpenShift runs a pod as an arbitrary user of group 0.
function isClosed({ type, mode }: TreeEntry): boolean {
  const needed = type === 'directory' ? 0o5 : 0o4;
  return (mode & needed) !== needed && ((mode >> 3) & needed) !== needed;
}

function judgeCacheFolders({ cacheFault }: InspectedImage): readonly ServingFinding[] {
  return cacheFault === null
    ? []
    : [warning(`Whether it holds a cache cannot be told: ${cacheFault}`)];
}

function judgeCommand(image: InspectedImage): readonly ServingFinding[] {
  const { serve, configsPath, programs, searchPath } = image;
  if (serve.kind === 'other')
    return [
      error(
        `Its command is "${serve.words.join(' ')}", which does not say \`serve\`: nobody knows whether it serves the catalog.`,
      ),
    ];
  const found = [...programs.keys()];
  const findings: ServingFinding[] = [];
  if (serve.catalogDir === null || !isSame(serve.catalogDir, configsPath))
    findings.push(
      error(
        `Its command serves ${serve.catalogDir ?? 'no folder'}, and its label names ${configsPath}.`,
      ),
    );
  if (!found.some((path) => path.endsWith('/opm')))
    findings.push(error(`It is to be served by ${serve.words[0]}, and no opm is in the image.`));
  if (!found.some((path) => path.endsWith('/grpc_health_probe') && isOnPath(path, searchPath)))
    findings.push(
      warning(
        'It has no grpc_health_probe on its PATH, which the probes of OLM run in the pod (those of the newest OLM do not).',
      ),
    );
  return findings;
}

function isSame(a: string, b: string): boolean {
  return normalizeEntryPath(a) === normalizeEntryPath(b);
}

// In many images /bin is a link to /usr/bin.
function isOnPath(path: string, searchPath: readonly string[]): boolean {
  const folder = dirname(path).replace(/^\/usr\//, '/');
  return searchPath.some((candidate) => candidate.replace(/^\/usr\//, '/') === folder);
}

function judgeOwnCache(cache: IndexCache): readonly ServingFinding[] {
  const fault = describeCacheFault(cache);
  const unchecked = findUnchecked(cache);
  if (fault !== null)
    return cache.used
      ? [
          error(
            `${cache.path} ${fault}. Its command takes that cache, so that its pod ends at once.`,
          ),
        ]
      : [
          warning(
            `${cache.path} ${fault}. Its command does not take it; extractContent with that cacheDir would.`,
          ),
        ];
  if (unchecked === null || !cache.used) return [];
  return [
    warning(
      `Whether the ${unchecked.format} cache in ${cache.path} is right cannot be told: ${unchecked.reason}.`,
    ),
  ];
}

function judgeExtracted(
  caches: readonly IndexCache[],
  right: IndexCache | undefined,
): readonly ServingFinding[] {
  const left = caches
    .filter((cache) => cache !== right)
    .flatMap((cache) => {
      const why = describeCacheFault(cache) ?? findUnchecked(cache)?.reason;
      return why === undefined ? [] : [warning(`${cache.path} is left out of it: it ${why}.`)];
    });
  if (right === undefined)
    return [
      ...left,
      warning(
        'Without a cacheDir it needs OLM 0.33 or later, and opm builds the cache at each start.',
      ),
    ];
  if (right.contents !== 'pogreb.v1') return left;
  return [
    ...left,
    warning(`The cache in ${right.path} is pogreb.v1, which opm knows since v1.41.`),
  ];
}

function error(message: string): ServingFinding {
  return { severity: 'error', message };
}

function warning(message: string): ServingFinding {
  return { severity: 'warning', message };
}
