import type { IndexIdentity } from './read-index.ts';

/** How a pod that starts the image as it is would serve its catalog. */
export interface ServeCommand {
  /** `opm`: by opm; `none`: there is no command, so only extractContent can; `other`: nobody knows. */
  readonly kind: 'opm' | 'none' | 'other';
  /** Entrypoint and command as one. */
  readonly words: readonly string[];
  /** Folder that opm is told to serve; null where it is told none. */
  readonly catalogDir: string | null;
  /** Folder of the cache that opm is told to take; it ends where that is not right. */
  readonly cacheDir: string | null;
}

/** Reads how an image is served from its entrypoint and command. */
export function readServeCommand(image: Pick<IndexIdentity, 'entrypoint' | 'cmd'>): ServeCommand {
  const words = [...image.entrypoint, ...image.cmd];
  const serve = words.indexOf('serve');
  if (serve === -1) {
    const kind = words.length === 0 ? 'none' : 'other';
    return { kind, words, catalogDir: null, cacheDir: null };
  }
  const { places, flags } = splitArguments(words.slice(serve + 1));
  const catalogDir = places[0] ?? null;
  return { kind: 'opm', words, catalogDir, cacheDir: flags.get('--cache-dir') ?? null };
}

const SWITCHES = new Set(['--cache-only', '--cache-enforce-integrity', '--debug', '--skip-tls']);

function splitArguments(words: readonly string[]): {
  readonly places: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
} {
  const places: string[] = [];
  const flags = new Map<string, string>();
  let open: string | null = null;
  for (const word of words) {
    if (open !== null) {
      flags.set(open, word);
      open = null;
    } else if (!word.startsWith('-')) {
      places.push(word);
    } else if (word.includes('=')) {
      flags.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
    } else if (!SWITCHES.has(word)) {
      open = word;
    }
  }
  return { places, flags };
}
