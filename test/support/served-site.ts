import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sendRequest } from '../../scripts/lib/send-request.ts';
import { type Digest, digestOf } from '../../src/base/digest.ts';
import { readOrigin } from '../../src/index/describe-index.ts';
import { readImage } from '../../src/index/read-image.ts';
import { readIndexIdentity } from '../../src/index/read-index.ts';
import { formatImmutableTag } from '../../src/plan/item.ts';
import type { Plan } from '../../src/plan/types.ts';
import { type BundleSpec, makePackageText } from './catalog.ts';
import { createProxiedSite, type ProxiedSite } from './proxied-site.ts';
import { type ManifestOptions, pushOperator, type Scope } from './site.ts';

/** How a plan came to know what is served: by content layers of the registry, or without them. */
export type ReadWay = 'layers' | 'no layers';

export interface ReadPlan {
  readonly way: ReadWay;
  /** Without its time. */
  readonly plan: Omit<Plan, 'time'>;
}

/** A site whose packages are written into Git by hand; their images lie in staging. */
export interface ServedSite extends ProxiedSite {
  /** Bundles of the packages `a` to `f`, oldest first, of each four. */
  readonly bundles: ReadonlyMap<string, readonly BundleSpec[]>;
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Writes the first bundles of a package into its file. */
  writePackage(name: string, count: number): Promise<void>;
  /** Plans HEAD in a process of its own. */
  plan(cwd?: string): Promise<ReadPlan>;
  /** Plans HEAD in a clone that has no other commit. */
  planAlone(): Promise<ReadPlan>;
  apply(): Promise<void>;
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];

export async function createServedSite(
  t: Scope,
  manifest: ManifestOptions = {},
): Promise<ServedSite> {
  const site = await createProxiedSite(t, {}, manifest);
  const { productionProxy, state } = site;
  const bundles = new Map<string, readonly BundleSpec[]>();
  for (const name of NAMES)
    bundles.set(name, await pushOperator(site.staging.host, { name, versions: VERSIONS }));
  const registry = site.open(site.production);
  async function listLayers(): Promise<readonly Digest[]> {
    const { platforms } = await readImage(registry, 'olm/idx', 'v1');
    return platforms.flatMap((it) => it.manifest.layers.map(({ digest }) => digest));
  }
  async function plan(cwd = state): Promise<ReadPlan> {
    const layers = await listLayers();
    const from = productionProxy.requests.length;
    const { stdout, stderr } = await site.olmirror(['plan', '--format', 'json'], { cwd });
    assert.ok(stdout.startsWith('{'), stderr);
    const asked = productionProxy.requests.slice(from).filter(({ method }) => method === 'GET');
    const isRead = asked.some(({ url }) => layers.some((it) => url.endsWith(`/blobs/${it}`)));
    const { time: _, ...rest }: Plan = JSON.parse(stdout);
    return { way: isRead ? 'layers' : 'no layers', plan: rest };
  }
  const served: ServedSite = {
    ...site,
    bundles,
    async write(path, text) {
      await mkdir(dirname(join(state, path)), { recursive: true });
      await writeFile(join(state, path), text);
    },
    remove: (path) => rm(join(state, path), { recursive: true }),
    writePackage: (name, count) =>
      served.write(
        `catalogs/idx/${name}/catalog.json`,
        makePackageText(name, (bundles.get(name) ?? []).slice(0, count)),
      ),
    plan,
    async planAlone() {
      const clone = await mkdtemp(join(site.folder, 'clone-'));
      await site.git('clone', '-q', '--depth', '1', `file://${state}`, clone);
      return plan(clone);
    },
    async apply() {
      const { code, stdout, stderr } = await site.olmirror(['apply']);
      assert.equal(code, 0, stdout + stderr);
    },
  };
  return served;
}

/** What an index is made to say of itself. */
export interface Claim {
  readonly revision: string;
  readonly content: string;
  /** Whether it lies under the never-moving tag that an index of ours has. */
  readonly isKept: boolean;
}

/** Puts what is served under its tags again, saying something else of itself. */
export async function serveClaim(site: ServedSite, claim: Claim): Promise<void> {
  const { production } = site;
  const registry = site.open(production);
  const repository = 'olm/idx';
  const url = `http://${production.host}/v2/${repository}`;
  const { bytes, mediaType } = await registry.getManifest(repository, 'v1');
  const manifest = JSON.parse(Buffer.from(bytes).toString());
  const found = await sendRequest(`${url}/blobs/${manifest.config.digest}`, { method: 'GET' });
  const config = JSON.parse(found.body.toString());
  config.config.Labels['io.olmirror.content'] = claim.content;
  // Another image than the one that olmirror gave a never-moving tag.
  config.config.Labels['test'] = String(claim.isKept);
  const body = Buffer.from(JSON.stringify(config));
  const digest = digestOf(body);
  const begun = await sendRequest(`${url}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.location ?? '', url);
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  assert.equal((await sendRequest(place.href, { method: 'PUT', headers, body })).status, 201);
  manifest.config = { ...manifest.config, digest, size: body.length };
  manifest.annotations['org.opencontainers.image.revision'] = claim.revision;
  async function put(tag: string): Promise<void> {
    const answer = await sendRequest(`${url}/manifests/${tag}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: Buffer.from(JSON.stringify(manifest)),
    });
    assert.equal(answer.status, 201);
  }
  await put('v1');
  const { imageId } = await readIndexIdentity(registry, repository, 'v1');
  if (claim.isKept) await put(formatImmutableTag('v1', imageId));
}

/** What the index that is served says of itself. */
export async function readClaim(site: ServedSite): Promise<Claim> {
  const identity = await readIndexIdentity(site.open(site.production), 'olm/idx', 'v1');
  const { revision, content } = readOrigin(identity) ?? {};
  assert.ok(typeof revision === 'string' && typeof content === 'string');
  return { revision, content, isKept: true };
}
