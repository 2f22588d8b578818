import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeLayer } from '../../scripts/lib/build-image.ts';
import { type ImageSpec, pushImage } from '../../scripts/lib/push-image.ts';
import { listCacheGroups } from '../../src/catalog/cache/list-groups.ts';
import { listCatalogFiles } from '../../src/catalog/render-catalog.ts';
import type { Catalog, CatalogFile } from '../../src/catalog/types.ts';
import { computeJsonDigest } from '../../src/index/cache/cache-digest.ts';
import { LAYER_MODES, listTreeEntries } from '../../src/index/cache/tree-entries.ts';

const run = promisify(execFile);

/**
 * Stands in for `/bin/opm` where none is: it does what the Dockerfile of opm asks of it and nothing
 * else. The caches that it gives out were laid ready, one for each set of packages.
 */
const OPM = `#!/bin/sh
echo "stand-in for opm: $*"
if [ "$*" != "serve /configs --cache-dir=/tmp/cache --cache-only" ]; then
  echo "unknown command" >&2
  exit 64
fi
if [ -e /hang ]; then read -r seconds < /hang; exec sleep "$seconds"; fi
packages=$(cd /configs && echo *)
if [ ! -d "/ready/$packages" ]; then
  echo "level=fatal msg=\\"token=hunter2 package \\\\\\"$packages\\\\\\" is invalid\\"" >&2
  echo "login https://admin:hunter2@nexus.example.com failed" >&2
  exit 1
fi
cp -a "/ready/$packages" /tmp/cache
`;

const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

export interface StandInOptions {
  /** Catalogs whose caches it knows; by default each is that of its own packages. */
  readonly catalogs?: readonly Catalog[];
  /** Names of packages, joined by spaces → the catalog whose cache is given out for them. */
  readonly caches?: ReadonlyMap<string, Catalog>;
  /** Seconds that it sleeps first. */
  readonly hangs?: number;
  /** Further files, by path from the root. */
  readonly files?: Readonly<Record<string, string>>;
  readonly image?: Partial<Omit<ImageSpec, 'files' | 'layers'>>;
}

/** Pushes an image that carries the stand-in, with the programs of this machine; its pinned name, without host. */
export async function pushOpm(host: string, options: StandInOptions = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'olmirror-opm-'));
  const tar = `${root}.tar`;
  try {
    await fillRoot(root, options);
    await run('tar', ['-C', root, '--owner=0', '--group=0', '--mtime=@0', '-cf', tar, '.']);
    const layer = makeLayer(await readFile(tar));
    const image = { ...IMAGE, ...options.image };
    const layers = [image.docker === true ? { ...layer, mediaType: DOCKER_LAYER } : layer];
    const { digest } = await pushImage(host, { ...image, files: {}, layers });
    return `${image.repository}@${digest}`;
  } finally {
    await rm(tar, { force: true });
    await rm(root, { recursive: true, force: true });
  }
}

const IMAGE = {
  repository: 'olm/opm',
  tags: ['v1'],
  entrypoint: ['/bin/opm'],
  history: [{ created_by: 'test' }],
};

async function fillRoot(root: string, options: StandInOptions): Promise<void> {
  for (const name of ['sh', 'cp', 'sleep']) await addProgram(root, name);
  await writeInto(root, 'bin/opm', OPM);
  await run('chmod', ['755', join(root, 'bin/opm')]);
  if (options.hangs !== undefined) await writeInto(root, 'hang', `${options.hangs}\n`);
  const named = (options.catalogs ?? []).map((catalog) => [nameCatalog(catalog), catalog] as const);
  for (const [name, catalog] of [...named, ...(options.caches ?? [])])
    await addCache(root, name, catalog);
  for (const [path, text] of Object.entries(options.files ?? {})) await writeInto(root, path, text);
  await mkdir(join(root, 'tmp'));
  await run('chmod', ['1777', join(root, 'tmp')]);
}

// A program, and the libraries that it is linked with.
async function addProgram(root: string, name: string): Promise<void> {
  const { stdout: path } = await run('sh', ['-c', `command -v ${name}`]);
  const { stdout } = await run('ldd', [path.trim()]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, library]) => library ?? []);
  await copyInto(root, path.trim(), `/bin/${name}`);
  for (const library of libraries) await copyInto(root, library, library);
}

async function copyInto(root: string, from: string, to: string): Promise<void> {
  await mkdir(dirname(join(root, to)), { recursive: true });
  await cp(await realpath(from), join(root, to));
}

function nameCatalog({ packages }: Catalog): string {
  return [...packages.keys()].toSorted().join(' ');
}

async function addCache(root: string, name: string, cached: Catalog): Promise<void> {
  const files = listCacheGroups(cached).flatMap((group) => [...group.files()]);
  const digest = computeJsonDigest({
    configs: listTreeEntries(listFiles(cached), LAYER_MODES),
    cache: listTreeEntries(files, LAYER_MODES),
  });
  const all = files.map(({ path, bytes }) => ({ path: `cache/${path}`, bytes }));
  for (const { path, bytes } of [...all, { path: 'digest', bytes: Buffer.from(digest) }])
    await writeInto(root, `ready/${name}/${path}`, bytes);
  await run('chmod', ['-R', 'u=rwX,go=rX', join(root, 'ready')]);
}

function listFiles(catalog: Catalog): readonly CatalogFile[] {
  return [...listCatalogFiles(catalog)].map(([path, render]) => ({ path, bytes: render() }));
}

async function writeInto(root: string, path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** Puts a folder of this name into PATH whose `podman` is this script; returns the PATH. */
export async function fakePodman(folder: string, name: string, script: string): Promise<string> {
  const bin = join(folder, name);
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'podman'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${bin}:${process.env['PATH']}`;
}

/** A folder that has every program of PATH that olmirror calls, save podman. */
export async function pathWithoutPodman(folder: string): Promise<string> {
  const bin = join(folder, 'no-podman');
  await mkdir(bin, { recursive: true });
  for (const name of ['git', 'skopeo']) {
    const { stdout } = await run('sh', ['-c', `command -v ${name}`]);
    await symlink(stdout.trim(), join(bin, name));
  }
  return bin;
}
