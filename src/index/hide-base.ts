import { normalize } from 'node:path/posix';
import { compareBytes } from '../base/text.ts';
import { type BaseConfig, CONFIGS_LABEL } from './build-config.ts';
import { CACHE_FOLDER, CONFIGS_FOLDER } from './build-group.ts';
import { OPAQUE, WHITEOUT } from './read-files.ts';
import { readServeCommand } from './serve-command.ts';
import type { TarEntry } from './tar-writer.ts';

/**
 * The entries of a layer that hides what a base image has of catalogs and caches, so that nothing of
 * it is served beside what comes on top: folders where ours lie, where the base's label and command
 * say that its own do, each made empty by an opaque whiteout. Of a folder that holds more than a
 * cache, as `/tmp`, only what opm puts into a cache is hidden. Sorted, the same for all platforms.
 */
export function listHidingEntries(configs: readonly BaseConfig[]): readonly TarEntry[] {
  const named = configs.flatMap(listOwnFolders);
  const folders = new Set([CONFIGS_FOLDER, CACHE_FOLDER, ...named]);
  function holdsMore(folder: string): boolean {
    return isSystemFolder(folder) || configs.some((config) => holdsProgram(folder, config));
  }
  const alone = [...folders].filter((folder) => !holdsMore(folder));
  const shared = [...folders].filter(holdsMore);
  const hidden = alone.filter((folder) => !isBelow(folder, alone));
  return [
    ...hidden.flatMap(makeEmpty),
    ...shared.filter((folder) => !isBelow(folder, alone)).flatMap(hideCache),
  ].toSorted((a, b) => compareBytes(a.path, b.path));
}

function listOwnFolders({ config }: BaseConfig): readonly string[] {
  const serve = readServeCommand({
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
  });
  const paths = [config?.Labels?.[CONFIGS_LABEL], serve.catalogDir, serve.cacheDir];
  return paths.flatMap((path) => {
    if (path === undefined || path === null || path === '') return [];
    const whole = normalize(`/${path.startsWith('/') ? '' : (config?.WorkingDir ?? '')}/${path}/`);
    return whole === '/' ? [] : [whole.slice(1, -1)];
  });
}

const SYSTEM_FOLDERS =
  /^(?:bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|usr\/\w+|usr\/local\/\w+|var\/(?:lib|cache|tmp|run))$/;

function isSystemFolder(folder: string): boolean {
  return SYSTEM_FOLDERS.test(folder) || CACHE_FOLDER.startsWith(`${folder}/`);
}

function holdsProgram(folder: string, { config }: BaseConfig): boolean {
  return [config?.Entrypoint?.[0], config?.Cmd?.[0]].some((program) =>
    program?.startsWith(`/${folder}/`),
  );
}

function isBelow(folder: string, others: readonly string[]): boolean {
  return others.some((other) => folder.startsWith(`${other}/`));
}

// The folder itself stands there too: who unpacks needs it before its whiteout.
function makeEmpty(folder: string): readonly TarEntry[] {
  return [
    { type: 'directory', path: folder },
    { type: 'file', path: `${folder}/${OPAQUE}`, bytes: new Uint8Array(0) },
  ];
}

/** What opm puts into the folder of a cache. */
const CACHE_CONTENT: readonly string[] = ['cache', 'digest', 'pogreb.v1'];

function hideCache(folder: string): readonly TarEntry[] {
  return CACHE_CONTENT.filter((name) => `${folder}/${name}` !== CACHE_FOLDER).map((name) => ({
    type: 'file',
    path: `${folder}/${WHITEOUT}${name}`,
    bytes: new Uint8Array(0),
  }));
}
