import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../base/child-environment.ts';
import type { FindCertFolder } from '../registry/port.ts';
import { makeCertFolder } from './make-cert-folder.ts';
import type { CopyRequest, RegistryTarget } from './port.ts';
import { makePrivateHome } from './private-home.ts';
import { makeRunFolder, removeRunFolder } from './run-folder.ts';
import { type Accesses, looksUpCredentials, type SkopeoPlaces } from './skopeo-arguments.ts';

/** What the places of a run hang on; no source where it lies on this disk. */
export interface PlaceRequest extends Accesses, Pick<CopyRequest, 'sharesLayers'> {
  readonly source: Pick<RegistryTarget, 'host'> | null;
  readonly destination: Pick<RegistryTarget, 'host'>;
}

/** Private places of the skopeo runs of a pass: each has a folder of its own, the others are made once. */
export interface PlaceMaker {
  readonly open: (request: PlaceRequest) => Promise<SkopeoPlaces>;
  /** Removes what is the run's own, while others go on. What cannot be removed is left to `forget`. */
  readonly close: (places: SkopeoPlaces) => void;
  /** Removes all of it. */
  readonly forget: () => Promise<void>;
}

export interface PlaceOptions {
  readonly environment: Environment;
  readonly findCertFolder: FindCertFolder;
  /** Exists, and tells the next pass what a killed one left among temporary files. */
  readonly stateFolder: string;
}

/** Of links in the state folder to folders among temporary files. */
export const COPY_PREFIX = 'copy-';
const PASS_PREFIX = 'olmirror-skopeo-';

/** Removes what a pass keeps among temporary files, by its link in the state folder. */
export function removeCopyFolder(link: string): Promise<void> {
  return removeRunFolder(link, PASS_PREFIX);
}

interface PassFolder {
  readonly path: string;
  /** In the state folder. */
  readonly link: string;
  /** Makes a new folder below it. */
  readonly add: (name: string) => Promise<string>;
  /** What `make` gave for this name, made when it is first asked for, and again where it could not be. */
  readonly share: <T>(name: string, make: (folder: string) => Promise<T>) => Promise<T>;
}

export function createPlaceMaker(options: PlaceOptions): PlaceMaker {
  let pass: Promise<PassFolder> | null = null;
  const closing = new Set<Promise<void>>();
  async function openPass(): Promise<PassFolder> {
    const opening = (pass ??= makePassFolder(options.stateFolder));
    const opened = await opening.catch((error: unknown) => {
      // The next copy may find room.
      if (pass === opening) pass = null;
      throw error;
    });
    if (existsSync(opened.path)) return opened;
    // Whoever tidies temporary files up has taken it.
    if (pass === opening) pass = null;
    return openPass();
  }
  return {
    open: async (request) => makePlaces(request, await openPass(), options),
    close({ runFolder }) {
      const removed = rm(runFolder, { recursive: true, force: true })
        .catch(() => undefined)
        .finally(() => closing.delete(removed));
      closing.add(removed);
    },
    async forget() {
      const old = pass;
      pass = null;
      await Promise.all(closing);
      // What could not be made need not be removed; the copy has said so.
      const made = await old?.catch(() => undefined);
      if (made !== undefined) await removeCopyFolder(made.link);
    },
  };
}

async function makePassFolder(stateFolder: string): Promise<PassFolder> {
  const link = join(stateFolder, `${COPY_PREFIX}${randomUUID()}`);
  const path = await makeRunFolder(link, join(tmpdir(), PASS_PREFIX));
  const shared = new Map<string, Promise<unknown>>();
  let folders = 0;
  async function add(name: string): Promise<string> {
    folders += 1;
    const folder = join(path, `${name}-${folders}`);
    await mkdir(folder);
    return folder;
  }
  function share<T>(name: string, make: (folder: string) => Promise<T>): Promise<T>;
  function share(name: string, make: (folder: string) => Promise<unknown>): Promise<unknown> {
    const known = shared.get(name);
    if (known !== undefined) return known;
    const made = add(name.replace(/\W.*/, '')).then(make);
    shared.set(name, made);
    made.catch(() => shared.delete(name));
    return made;
  }
  return { link, path, add, share };
}

async function makePlaces(
  request: PlaceRequest,
  { add, share }: PassFolder,
  { environment, findCertFolder }: PlaceOptions,
): Promise<SkopeoPlaces> {
  function findCerts(host: string, caFile: string | null): Promise<string | null> {
    return share(`certs ${host} ${caFile ?? ''}`, async (folder) =>
      makeCertFolder(join(folder, 'certs.d'), await findCertFolder(host), caFile),
    );
  }
  const { source, sourceAccess, destination, destinationAccess } = request;
  const looksUp = looksUpCredentials(request);
  return {
    home: await share(looksUp ? 'home' : 'bare-home', (folder) =>
      makePrivateHome(folder, environment, looksUp),
    ),
    registriesFolder: await share('registries', async (folder) => folder),
    memoryFolder: request.sharesLayers ? await share('blobs', async (folder) => folder) : null,
    sourceCertFolder:
      source === null ? null : await findCerts(source.host, sourceAccess?.caFile ?? null),
    destinationCertFolder: await findCerts(destination.host, destinationAccess.caFile),
    runFolder: await add('run'),
  };
}
