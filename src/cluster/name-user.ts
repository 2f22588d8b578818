import {
  type ClusterObject,
  formatObject,
  listItems,
  readField,
  readPath,
  readText,
} from './read-objects.ts';

/**
 * Who uses what an object names: whoever controls it, as far as its owners are known. Names that change with every roll-out,
 * those of pods and ReplicaSets, would make each look at a cluster a change.
 */
export function nameUser(object: ClusterObject, known: ReadonlyMap<string, ClusterObject>): string {
  const seen = new Set<ClusterObject>();
  let user = object;
  let name = formatObject(object);
  while (!seen.has(user)) {
    seen.add(user);
    const owner = listItems(readPath(user.value, 'metadata', 'ownerReferences')).find(
      (reference) => readField(reference, 'controller') === true,
    );
    if (owner === undefined) return name;
    name = formatOwner(owner, user);
    const next = known.get(name);
    if (next === undefined) return name;
    user = next;
  }
  return name;
}

// Owners lie in the namespace of what they own. Node and other owners without a namespace run static pods.
function formatOwner(owner: unknown, { namespace }: ClusterObject): string {
  const kind = readText(readField(owner, 'kind'));
  const name = readText(readField(owner, 'name'));
  return namespace === '' || kind === 'Node' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
