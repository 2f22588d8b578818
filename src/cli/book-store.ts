import { openStateFiles } from '../files/state-files.ts';
import { parseTroubleBook } from '../plan/parse-trouble-book.ts';
import type { BookStore } from '../reconcile/notifications.ts';

const FILE = 'told.json';

/** What notifiers were told, kept in the state folder. One that is lost or damaged costs a message that comes twice. */
export function createBookStore(stateFolder: string): BookStore {
  const files = openStateFiles(stateFolder);
  return {
    async read() {
      try {
        const text = await files.read(FILE);
        return text === null ? null : parseTroubleBook(text);
      } catch {
        return null;
      }
    },
    write: (book) => files.write(FILE, `${JSON.stringify(book, null, 2)}\n`),
  };
}
