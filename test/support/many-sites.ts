import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseImageRef } from '../../src/base/image-ref.ts';
import { createSite, pushOperator, type Scope, type Site } from './site.ts';

/** A repository of several manifests, `sites/<name>/mirror.yaml`, over the same two registries. */
export interface ManySites extends Site {
  /** Writes a manifest that wants some images, and nothing else. */
  writeSite(path: string, options?: SiteOptions): Promise<void>;
  removeSite(path: string): Promise<void>;
  /** Puts an image into staging; returns its upstream address. */
  bring(name: string): Promise<string>;
  isCopied(image: string): Promise<boolean>;
}

export interface SiteOptions {
  readonly images?: readonly string[];
  readonly production?: string;
  /** Further lines of `spec`, indented by two. */
  readonly spec?: string;
  /** Of the mirror; `same` where nothing is said, since sites are copied from each other. */
  readonly name?: string;
}

export const ALL = 'sites/*/mirror.yaml';

export function sitePath(name: string): string {
  return `sites/${name}/mirror.yaml`;
}

export async function createManySites(t: Scope, names: readonly string[]): Promise<ManySites> {
  const site = await createSite(t);
  await rm(join(site.state, 'mirror.yaml'));
  const production = site.open(site.production);
  const many: ManySites = {
    ...site,
    async writeSite(path, options = {}) {
      const file = join(site.state, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, renderSite(site, options));
    },
    removeSite: (path) => rm(join(site.state, path)),
    async bring(name) {
      const [bundle] = await pushOperator(site.staging.host, { name, versions: ['1.0.0'] });
      assert.ok(bundle !== undefined);
      return bundle.image;
    },
    async isCopied(image) {
      const { repository, digest } = parseImageRef(image);
      const { state } = await production.headManifest(repository, digest ?? '');
      return state === 'present';
    },
  };
  for (const name of names) await many.writeSite(sitePath(name));
  if (names.length > 0) await site.commit('base');
  return many;
}

function renderSite(
  site: Site,
  { images = [], production, spec, name = 'same' }: SiteOptions,
): string {
  return [
    'apiVersion: olmirror/v1alpha1',
    'kind: Mirror',
    `metadata: { name: ${name} }`,
    'spec:',
    '  registries:',
    `    production: { host: "${production ?? site.production.host}", insecure: true, writePolicy: allow }`,
    `    staging: { host: "${site.staging.host}", insecure: true }`,
    '  stateBackup: off',
    '  catalogs: []',
    `  images: [${images.map((image) => `{ source: "${image}" }`).join(', ')}]`,
    ...(spec === undefined ? [] : [spec]),
    '',
  ].join('\n');
}
