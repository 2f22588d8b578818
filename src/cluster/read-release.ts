import { nameArchitecture } from '../images/release.ts';
import type { RawCluster } from '../manifest/schemas.ts';
import {
  type ClusterObject,
  listItems,
  readField,
  readPath,
  readText,
  readTextOrNull,
} from './read-objects.ts';

/** The release that a cluster runs, and those that it had; null where its ClusterVersion is not among the objects. */
export function readRelease(
  objects: readonly ClusterObject[],
): NonNullable<RawCluster['release']> | null {
  const object = objects.find(
    ({ kind, apiVersion }) =>
      kind === 'ClusterVersion' && apiVersion.startsWith('config.openshift.io/'),
  );
  const desired = readPath(object?.value, 'status', 'desired');
  const version = readText(readField(desired, 'version'));
  if (object === undefined || version === '') return null;
  return {
    version,
    image: readTextOrNull(readField(desired, 'image')),
    channel: readTextOrNull(readPath(object.value, 'spec', 'channel')),
    architecture: readArchitecture(desired, objects),
    history: listItems(readPath(object.value, 'status', 'history')).flatMap((entry) => {
      const found = readText(readField(entry, 'version'));
      const state = readField(entry, 'state');
      if (found === '' || (state !== 'Completed' && state !== 'Partial')) return [];
      return [{ version: found, image: readTextOrNull(readField(entry, 'image')), state }];
    }),
  };
}

// A ClusterVersion names the architecture of payloads for several alone; nodes have one each.
function readArchitecture(desired: unknown, objects: readonly ClusterObject[]): string | null {
  if (readField(desired, 'architecture') === 'Multi') return 'multi';
  const nodes = objects.filter(({ kind }) => kind === 'Node');
  const found = new Set(
    nodes.map(({ value }) => readText(readPath(value, 'status', 'nodeInfo', 'architecture'))),
  );
  const [only = ''] = found;
  return found.size === 1 && only !== '' ? nameArchitecture(only) : null;
}
