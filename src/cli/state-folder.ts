import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { redactRemote } from '../base/redact.ts';

/** Whose state it is. */
export interface StateOwner {
  /** Of the manifest, absolute; with a remote the folder that paths in the manifest are read from. */
  readonly folder: string;
  /** Manifest's name in `folder`. */
  readonly manifestFile: string;
}

/** What `init` names a manifest, and what is looked for where none is named. */
export const DEFAULT_MANIFEST = 'mirror.yaml';

/** Where state of a manifest in a local clone is kept. Two manifests of one folder have one each. */
export function findStateFolder({ folder, manifestFile }: StateOwner): string {
  const place = resolve(folder);
  return nameFolder(manifestFile === DEFAULT_MANIFEST ? [place] : [place, manifestFile]);
}

/**
 * Where `watch` keeps what belongs to a manifest of a remote, by its path there; null for what the loops of all have in
 * common. Credentials in the address make no difference, so they may be rotated.
 */
export function findRemoteFolder(remote: string, manifest: string | null): string {
  return nameFolder(['remote', redactRemote(remote), ...(manifest === null ? [] : [manifest])]);
}

/** Where compiled code of this program is kept, for all manifests; it may be deleted at any time. */
export function findCodeFolder(): string {
  return join(findHome(), 'code');
}

function nameFolder(parts: readonly string[]): string {
  const hash = createHash('sha256').update(parts.join('\0')).digest('hex');
  return join(findHome(), hash.slice(0, 16));
}

// XDG: state that outlives a restart but is not the user's work.
function findHome(): string {
  const home = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(home, 'olmirror');
}
