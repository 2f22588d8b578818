import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { writeFileAtomic } from '../files/write-atomic.ts';
import type { Attachment } from '../report/page-types.ts';

/** Writes a file that a page names; what the page says of it. */
export async function saveAttachment(file: string, text: string): Promise<Attachment> {
  await writeFileAtomic(file, text);
  const hash = createHash('sha256').update(text).digest('hex');
  return { name: basename(file), digest: `sha256:${hash}` };
}
