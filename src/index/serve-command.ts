interface ImageCommand {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

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
export function readServeCommand(image: ImageCommand): ServeCommand {
  const words = [...image.entrypoint, ...image.cmd];
  const serve = words.indexOf('serve');
  if (serve === -1) {
    const kind = words.length === 0 ? 'none' : 'other';
    return { kind, words, catalogDir: null, cacheDir: null };
  }
  const { places, flags } = splitArguments(words.slice(serve + 1));
  const cacheDir = flags.findLast(({ name }) => name === '--cache-dir')?.value ?? null;
  return { kind: 'opm', words, catalogDir: places[0] ?? null, cacheDir };
}

/**
 * The base's way to serve, with another catalog and cache: its entrypoint and its further flags stay.
 * Where it does not serve by opm as far as can be seen, opm is called in the usual way.
 */
export function renderServeCommand(
  base: ImageCommand,
  { catalogDir, cacheDir }: Pick<ServeCommand, 'cacheDir'> & { readonly catalogDir: string },
): ImageCommand {
  const words = [...base.entrypoint, ...base.cmd];
  const serve = words.indexOf('serve');
  const { flags } = splitArguments(serve === -1 ? [] : words.slice(serve + 1));
  const kept = flags.filter(({ name }) => !CACHE_FLAGS.has(name)).flatMap((flag) => flag.words);
  const inEntrypoint = base.entrypoint.indexOf('serve');
  const entrypoint = inEntrypoint === -1 ? base.entrypoint : base.entrypoint.slice(0, inEntrypoint);
  return {
    entrypoint: entrypoint.length > 0 ? entrypoint : ['/bin/opm'],
    cmd: ['serve', catalogDir, ...(cacheDir === null ? [] : [`--cache-dir=${cacheDir}`]), ...kept],
  };
}

const SWITCHES = new Set(['--cache-only', '--cache-enforce-integrity', '--debug', '--skip-tls']);
/** They speak of the cache that the base had, or of none: opm refuses some of them without a folder. */
const CACHE_FLAGS = new Set(['--cache-dir', '--cache-only', '--cache-enforce-integrity']);

interface Flag {
  readonly name: string;
  readonly value: string | null;
  /** As they were written. */
  readonly words: readonly string[];
}

function splitArguments(words: readonly string[]): {
  readonly places: readonly string[];
  readonly flags: readonly Flag[];
} {
  const places: string[] = [];
  const flags: Flag[] = [];
  let open: string | null = null;
  for (const word of words) {
    const equals = word.indexOf('=');
    if (open !== null) {
      flags.push({ name: open, value: word, words: [open, word] });
      open = null;
    } else if (!word.startsWith('-')) {
      places.push(word);
    } else if (equals !== -1) {
      flags.push({ name: word.slice(0, equals), value: word.slice(equals + 1), words: [word] });
    } else if (SWITCHES.has(word)) {
      flags.push({ name: word, value: null, words: [word] });
    } else {
      open = word;
    }
  }
  return { places, flags };
}
