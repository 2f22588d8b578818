import { readFile, stat } from 'node:fs/promises';
import { messageOf, ToolError } from '../base/tool-error.ts';

/** A secret in a file, read again when the file changed. Throws `SERVER_SECRET`. */
export type ReadSecret = () => Promise<string>;

export function createSecretReader(file: string): ReadSecret {
  let read: { readonly version: string; readonly secret: Promise<string> } | null = null;
  return async () => {
    const version = await readVersion(file);
    if (read?.version !== version) read = { version, secret: readSecret(file) };
    try {
      return await read.secret;
    } catch (error) {
      read = null;
      throw error;
    }
  };
}

// Kubernetes changes a mounted secret by a link to another file: inode and times tell.
async function readVersion(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    throw unreadable(file, error);
  }
}

const SHORTEST_SECRET = 8;

async function readSecret(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
  const secret = text.trim();
  if (secret.length >= SHORTEST_SECRET) return secret;
  throw new ToolError(
    'SERVER_SECRET',
    `The secret in ${file} has ${secret.length} characters, which anybody could guess.`,
    {
      hint: 'Write a long random one into it, for example with `openssl rand -hex 32`, and give the forge the same.',
    },
  );
}

function unreadable(file: string, error: unknown): ToolError {
  return new ToolError(
    'SERVER_SECRET',
    `The secret file ${file} cannot be read: ${messageOf(error)}.`,
    {
      cause: error,
      hint: 'Name a file that the user of olmirror may read.',
    },
  );
}
