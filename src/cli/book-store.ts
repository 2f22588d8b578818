import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../files/write-atomic.ts';
import { parseTroubleBook } from '../plan/parse-trouble-book.ts';
import type { BookStore } from '../reconcile/notifications.ts';

/** What notifiers were told, kept in the state folder. One that is lost or damaged costs a message that comes twice. */
export function createBookStore(stateFolder: string): BookStore {
  const file = join(stateFolder, 'told.json');
  return {
    async read() {
      try {
        return parseTroubleBook(await readFile(file, 'utf8'));
      } catch {
        return null;
      }
    },
    write: (book) => writeFileAtomic(file, `${JSON.stringify(book, null, 2)}\n`),
  };
}
