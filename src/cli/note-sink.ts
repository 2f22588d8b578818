import { hostname } from 'node:os';
import { messageOf } from '../base/tool-error.ts';
import type { GitPort } from '../git/port.ts';
import type { WatchEvent, WatchSink } from '../reconcile/watch-types.ts';
import { renderPassNote } from '../report/render-pass-note.ts';

export interface NoteSinkDeps {
  readonly git: Pick<GitPort, 'addNote' | 'pushNotes'>;
  /** Where notes are pushed, where the manifest asks for it. */
  readonly remote: string;
  readonly warn: (message: string, hint: string | null) => void;
  readonly signal: AbortSignal;
}

/** How long a push may hold up the end of the loop. */
const LAST_PUSH = 5_000;

/** Writes a line beside the commit of each pass that changed something, as `spec.reconcile.notes` asks. Never fails a pass. */
export function createNoteSink({ git, remote, warn, signal }: NoteSinkDeps): WatchSink {
  let writing: Promise<void> = Promise.resolve();
  const ended = new AbortController();
  async function write(event: WatchEvent & { readonly kind: 'pass-ended' }): Promise<void> {
    const { record, view } = event;
    const notes = view?.manifest.reconcile.notes ?? 'off';
    const text = renderPassNote(record, `olmirror <olmirror@${hostname()}>`);
    if (notes === 'off' || text === null || record.revision === null) return;
    try {
      await git.addNote({ revision: record.revision, text });
      if (notes === 'push') await git.pushNotes(remote, ended.signal);
    } catch (error) {
      const why = ended.signal.aborted ? 'it was told to stop.' : messageOf(error);
      warn(
        `The note of pass ${record.id} was not ${notes === 'push' ? 'pushed' : 'written'}: ${why}`,
        'The pass itself is done; the notes go along with the next one.',
      );
    }
  }
  return {
    onPass: () => undefined,
    onWatch(event) {
      if (event.kind === 'pass-ended') writing = writing.then(() => write(event));
    },
    async close() {
      if (signal.aborted) setTimeout(() => ended.abort(), LAST_PUSH).unref();
      await writing;
    },
  };
}
