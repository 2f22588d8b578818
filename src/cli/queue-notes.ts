import type { GitPort } from '../git/port.ts';

/** The repository for several loops: git lets one at a time write its notes. */
export function queueNotes(git: GitPort): GitPort {
  let last: Promise<unknown> = Promise.resolve();
  function queue<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(ignore);
    return done;
  }
  function wrap(inner: GitPort): GitPort {
    return {
      ...inner,
      enter: (folder) => wrap(inner.enter(folder)),
      addNote: (note) => queue(() => inner.addNote(note)),
      pushNotes: (remote, signal) => queue(() => inner.pushNotes(remote, signal)),
    };
  }
  return wrap(git);
}

function ignore(): void {}
