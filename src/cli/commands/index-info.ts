import { join } from 'node:path';
import { isToolError, ToolError } from '../../base/tool-error.ts';
import { findCatalogSource, listObjects } from '../../cluster/find-catalog-source.ts';
import { CLUSTER_FOLDER } from '../../cluster/point-cluster-files.ts';
import { nameCatalogSource, type ServedIndex } from '../../cluster/render-catalog-source.ts';
import { servedRepository } from '../../images/map-path.ts';
import { inspectIndexImage } from '../../index/describe-index.ts';
import { judgeServing } from '../../index/judge-serving.ts';
import { isNeverMoving } from '../../manifest/index-tags.ts';
import { servingRegistry } from '../../manifest/serving-role.ts';
import type { ExitCode } from '../../plan/sum-outcomes.ts';
import { renderIndexResources } from '../../report/render-index-resources.ts';
import type { CommandContext } from '../context.ts';
import { type IndexRequest, type LocatedIndex, locateIndex } from '../locate-index.ts';
import { readClusterFolder } from '../read-cluster-folder.ts';
import type { Wiring } from '../wire.ts';

/** Prints what a cluster needs to serve an index. Exit 4 where a pod of that would not come up. */
export async function runIndexInfo(
  request: IndexRequest,
  context: CommandContext,
  wiring: Wiring,
): Promise<ExitCode> {
  const located = await locateIndex(request, context, wiring);
  const { place, entry } = located;
  const address = findAddress(located);
  const image = await inspectIndexImage(place.reader, place.repository, place.reference);
  const serving = judgeServing(image);
  const name = entry?.name ?? address.slice(address.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
  const errors = serving.findings.filter(({ severity }) => severity === 'error');
  context.progress.clear();
  context.console.result(
    renderIndexResources(
      {
        image: address,
        pinned: address.includes('@') || isKeptTag(address, located),
        catalogSource: await findSource(located, name, context),
        displayName: name,
      },
      serving,
    ),
  );
  // The others stand as comments in the YAML, as these do.
  for (const { message } of errors) context.console.warn(`problem: ${message}`);
  return errors.length > 0 ? 4 : 0;
}

async function findSource(
  { manifest, entry }: LocatedIndex,
  name: string,
  { folder }: CommandContext,
): Promise<ServedIndex['catalogSource']> {
  if (manifest === null || entry === null) return nameCatalogSource(name);
  const files = await readClusterFolder(join(folder, CLUSTER_FOLDER)).catch((error: unknown) => {
    if (isToolError(error, 'FILES_NOT_FOUND')) return [];
    throw error;
  });
  return findCatalogSource(entry, { manifest, objects: listObjects(files) });
}

// A layout is on its way into the registry that serves: the cluster pulls it from there.
function findAddress({ place, manifest, entry }: LocatedIndex): string {
  if (place.registry !== null) return place.name;
  if (manifest !== null && entry !== null) {
    const { host } = servingRegistry(manifest);
    return `${host}/${servedRepository(entry, manifest)}:${entry.tag.production}`;
  }
  throw new ToolError('CLI_USAGE', `No cluster can pull ${place.name}.`, {
    hint: 'Name the catalog of the manifest whose index it is to be with --catalog, or give the index as an image reference.',
  });
}

// Nothing newer comes under a tag that never moves, so that a cluster need not ask again.
function isKeptTag(address: string, { entry }: LocatedIndex): boolean {
  const tag = address.slice(address.lastIndexOf(':') + 1);
  return entry !== null && isNeverMoving(tag, entry.tag.production);
}
