/** One entry of a test archive, written as given: names and link targets are not checked. */
export interface TarEntry {
  readonly name: string;
  /** Default `file`. */
  readonly type?: 'file' | 'directory' | 'symlink' | 'link';
  readonly content?: string | Uint8Array;
  readonly linkname?: string;
  /** Default 0o644, 0o755 for directories. */
  readonly mode?: number;
}

const BLOCK = 512;
const TYPE_FLAGS = { file: '0', link: '1', symlink: '2', directory: '5', pax: 'x' } as const;

/** An uncompressed ustar archive; equal entries give equal bytes. Long names use PAX records. */
export function makeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(formatEntry);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** Entries for plain files, sorted by path, with their parent directories. */
export function listFileEntries(files: Readonly<Record<string, string | Uint8Array>>): TarEntry[] {
  const directories = new Set<string>();
  for (const path of Object.keys(files)) {
    const parts = path.split('/');
    for (let i = 1; i < parts.length; i += 1) directories.add(`${parts.slice(0, i).join('/')}/`);
  }
  const folders = [...directories].map((name): TarEntry => ({ name, type: 'directory' }));
  const plain = Object.entries(files).map(([name, content]): TarEntry => ({ name, content }));
  return [...folders, ...plain].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function formatEntry(entry: TarEntry): Buffer[] {
  const type = entry.type ?? 'file';
  const content = Buffer.from(entry.content ?? '');
  const mode = entry.mode ?? (type === 'directory' ? 0o755 : 0o644);
  const linkname = entry.linkname ?? '';
  const header = formatHeader({
    name: entry.name,
    linkname,
    mode,
    size: content.length,
    type: TYPE_FLAGS[type],
  });
  return [...formatPax(entry.name, linkname), header, content, padding(content.length)];
}

function formatPax(name: string, linkname: string): Buffer[] {
  const records = [
    Buffer.byteLength(name) > 100 ? formatPaxRecord('path', name) : '',
    Buffer.byteLength(linkname) > 100 ? formatPaxRecord('linkpath', linkname) : '',
  ].join('');
  if (records === '') return [];
  const body = Buffer.from(records);
  const header = formatHeader({
    name: 'pax',
    linkname: '',
    mode: 0o644,
    size: body.length,
    type: TYPE_FLAGS.pax,
  });
  return [header, body, padding(body.length)];
}

function formatPaxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

interface HeaderFields {
  readonly name: string;
  readonly linkname: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
}

function formatHeader(fields: HeaderFields): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(fields.name, 0, 100);
  header.write(octal(fields.mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(fields.size, 11), 124);
  header.write(octal(0, 11), 136);
  header.write('        ', 148);
  header.write(fields.type, 156);
  header.write(fields.linkname, 157, 100);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

function octal(value: number, width: number): string {
  return value.toString(8).padStart(width, '0');
}

function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}
