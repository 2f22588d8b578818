import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Digest } from '../base/digest.ts';
import { renderOciLayout } from '../index/render-oci-layout.ts';
import { buildStateImage, nameBundle, type StateLayer } from '../index/state-image.ts';
import { frameFile } from '../index/tar-writer.ts';
import { withDisk } from './disk-error.ts';
import type { PassContext } from './pass-context.ts';
import type { PushedState, StatePush } from './port.ts';
import { pushLayout } from './push-layout.ts';
import { hasBlob } from './read-registry.ts';
import { placeOf } from './tag-job.ts';
import { writeLayoutFiles } from './write-layout-files.ts';

/** Of the folder in which a backup is made; a killed pass's is removed as every layout is. */
const BACKUP_PREFIX = 'layout-state-';

/** Pushes the state repository as an image, on top of the layers of an earlier one where these are still there. */
export async function pushState(context: PassContext, push: StatePush): Promise<PushedState> {
  const { repository, tag, facts } = push;
  const work = `Writing the backup of ${facts.revision}`;
  const folder = await withDisk(work, () => mkdtemp(join(context.stateFolder, BACKUP_PREFIX)));
  try {
    const before = (await hasLayers(context, push)) ? push.before : null;
    const bundle = join(folder, 'bundle');
    await push.writeBundle(bundle, before?.revision ?? null, context.kill);
    const layers = before?.layers ?? [];
    const added = await withDisk(work, () =>
      writeLayer(bundle, nameBundle(layers.length), join(folder, 'layer')),
    );
    const top = buildStateImage(facts, layers, added);
    const layout = join(folder, 'layout');
    await withDisk(work, () => writeLayoutFiles(renderOciLayout(top), layout));
    const step = { id: `state ${facts.revision}`, title: `${repository}:${tag}` };
    await pushLayout(context, { step, repository, tag, work, layout, top });
    return { bytes: added.size, layers: layers.length + 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hasLayers(
  context: PassContext,
  { repository, before }: StatePush,
): Promise<boolean> {
  const place = placeOf(context, { role: context.request.servingRole, repository });
  for (const { digest } of before?.layers ?? []) if (!(await hasBlob(place, digest))) return false;
  return before !== null;
}

/** Streams a file as the only one of a compressed tar: a history may be larger than what memory is for. */
async function writeLayer(
  bundle: string,
  name: string,
  file: string,
): Promise<StateLayer & { readonly file: string }> {
  const { size: bytes } = await stat(bundle);
  const { head, tail } = frameFile(name, bytes);
  const tar = createHash('sha256');
  const layer = createHash('sha256');
  let size = 0;
  async function* render(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* createReadStream(bundle);
    yield tail;
  }
  await pipeline(
    Readable.from(render(), { objectMode: false }),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        tar.update(chunk);
        yield chunk;
      }
    },
    // What git packed does not get smaller: the form is for registries that know no other.
    createGzip({ level: 1 }),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        layer.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(file),
  );
  const diffId: Digest = `sha256:${tar.digest('hex')}`;
  return { digest: `sha256:${layer.digest('hex')}`, size, diffId, file };
}
