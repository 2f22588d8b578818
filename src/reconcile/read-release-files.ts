import type { Problem } from '../base/problem.ts';
import {
  type KeptSignature,
  readSignatureFiles,
  SIGNATURES_FOLDER,
} from '../cluster/read-signature-files.ts';
import type { Snapshot } from '../git/port.ts';
import { GRAPH_FOLDER, type GraphFile } from '../manifest/release-graph.ts';

/** Folder of the state repository with the OpenPGP keys by which releases must be signed. */
const KEYS_FOLDER = 'releases/keys';

export interface KeptSignatures {
  readonly signatures: readonly KeptSignature[];
  /** None where signatures need not be verified. */
  readonly keys: readonly Uint8Array[];
  readonly problems: readonly Problem[];
}

/** The signatures of releases in Git, and the keys to verify them by. */
export async function readKeptSignatures(snapshot: Snapshot): Promise<KeptSignatures> {
  const files = await readFolder(snapshot, SIGNATURES_FOLDER);
  const keys = await readFolder(snapshot, KEYS_FOLDER);
  return { ...readSignatureFiles(files), keys: keys.map(({ bytes }) => bytes) };
}

/** The files of the graph of updates in Git. */
export async function readGraphFiles(snapshot: Snapshot): Promise<readonly GraphFile[]> {
  const files = await readFolder(snapshot, GRAPH_FOLDER);
  return files.map(({ path, bytes }) => ({ path, text: Buffer.from(bytes).toString() }));
}

interface KeptFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

async function readFolder(snapshot: Snapshot, folder: string): Promise<readonly KeptFile[]> {
  const found: KeptFile[] = [];
  for await (const { file, bytes } of snapshot.readFiles(await snapshot.listFiles(folder)))
    found.push({ path: file.path, bytes });
  return found;
}
