import { gunzipSync } from 'node:zlib';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { readFile } from '../files/read-file.ts';

/** The text of a document that was carried; `.gz` is unpacked. Throws `PLAN_MEDIA_INVALID` for a broken archive. */
export async function readMediaFile(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (!file.endsWith('.gz')) return Buffer.from(bytes).toString();
  try {
    return gunzipSync(bytes).toString();
  } catch (error) {
    throw new ToolError(
      'PLAN_MEDIA_INVALID',
      `${file} cannot be unpacked, it was cut off or changed: ${messageOf(error)}.`,
      { cause: error, hint: 'Carry it anew; compare its size and hash on both sides.' },
    );
  }
}
