import { CLUSTER_FOLDER, type ClusterFile } from '../cluster/point-cluster-files.ts';
import type { Snapshot } from '../git/port.ts';

/** The YAML and JSON below `cluster/`, by which Git says what clusters are told. */
export async function readClusterFiles(snapshot: Snapshot): Promise<readonly ClusterFile[]> {
  const files = await snapshot.listFiles(CLUSTER_FOLDER);
  const objects = files.filter(({ path }) => /\.(?:ya?ml|json)$/.test(path));
  const found: ClusterFile[] = [];
  for await (const { file, bytes } of snapshot.readFiles(objects))
    found.push({ path: file.path, text: Buffer.from(bytes).toString() });
  return found;
}
