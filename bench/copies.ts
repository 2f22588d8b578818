// What copying images costs against other tools that do it, between two real registries on this machine,
// and what it costs to find that there is nothing to copy.
// Arguments: --runs N (default 5), --only WORD of a set's name, --ways WORDS (parts of the names of those to run, skopeo
// copy always), --share N (a Nth of the images), --debian (its docker-registry, though there is another).
import { createCipheriv } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ImageSpec, Layer } from '../scripts/lib/build-image.ts';
import { pushImage } from '../scripts/lib/push-image.ts';
import { type RunningRegistry, startRegistry } from '../scripts/lib/start-registry.ts';
import { measureInTurn, medianOf } from './measure.ts';
import { chooseRegistry, findPeer } from './peers.ts';
import { startAnew } from './start-anew.ts';
import { makeRepository } from './state-repository.ts';

const CLI = resolve(import.meta.dirname, '../dist/olmirror.js');
const UPSTREAM = 'registry.example';
const AT_ONCE = 4;

interface Image {
  readonly repository: string;
  readonly digest: string;
}

interface Site {
  readonly folder: string;
  readonly staging: RunningRegistry;
  readonly production: RunningRegistry;
  readonly images: readonly Image[];
  readonly bytes: number;
}

interface Way {
  readonly name: string;
  readonly command: readonly string[];
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    ways: { type: 'string', default: '' },
    share: { type: 'string', default: '1' },
    debian: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const share = Number(values.share);
const work = mkdtempSync(join(tmpdir(), 'olmirror-bench-'));
const running: RunningRegistry[] = [];
try {
  console.log(`Registries: ${values.debian ? 'docker-registry of Debian' : chooseRegistry()}\n`);
  for (const [name, specs] of Object.entries({
    'shared layers': listSharing(),
    'small images': listSmall(240 / share),
    'nothing to copy': listSmall(2_000 / share),
  }))
    if (name.includes(values.only)) await measureSet(name, specs);
} finally {
  for (const registry of running) await registry.stop();
  rmSync(work, { recursive: true, force: true });
}

/** 200 images of 784 MB altogether: ten each rest on one of twenty layers. */
function* listSharing(): Generator<ImageSpec> {
  for (let base = 0; base < 20 / share; base += 1) {
    const shared = makeNoise(16_000_000, `base ${base}`);
    for (let own = 0; own < 10; own += 1)
      yield makeSpec(`shared${base}/image${base}-${own}`, [
        shared,
        makeNoise(2_320_000, `${base}/${own}`),
      ]);
  }
}

function* listSmall(count: number): Generator<ImageSpec> {
  for (let number = 0; number < count; number += 1)
    yield makeSpec(`small/image${number}`, [makeNoise(10_000, `small ${number}`)]);
}

function makeSpec(repository: string, layers: readonly Layer[]): ImageSpec {
  return { repository, tags: ['v1'], files: {}, layers };
}

/** Bytes that no compression shortens, the same at every run. */
function makeNoise(size: number, seed: string): Layer {
  const key = Buffer.alloc(32, seed);
  const bytes = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
  return { bytes, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' };
}

async function measureSet(name: string, specs: Iterable<ImageSpec>): Promise<void> {
  const isNew = name !== 'nothing to copy';
  const site = await fillSite(join(work, name.replaceAll(' ', '-')), specs, isNew);
  const { ways, peer } = chooseWays(listWays(site), isNew);
  const size = (site.bytes / 1e6).toFixed(0);
  console.log(`${name}: ${site.images.length} images, ${size} MB of unique blobs\n`);
  console.log(
    `| | seconds (fastest–slowest) | × ${peer} | peak MB of its own process | MB read by production |`,
  );
  console.log('|---|---|---|---|---|');
  const marks: number[] = [];
  const results = await measureInTurn(
    ways.map(({ command }) => command),
    {
      runs,
      cwd: site.folder,
      env: { XDG_STATE_HOME: join(site.folder, 'xdg-state') },
      prepare: () => {
        if (isNew)
          startAnew(
            join(site.folder, 'production/storage'),
            join(site.folder, 'xdg-state'),
            join(site.folder, 'aside'),
          );
        marks.push(-readReceived(site.production));
      },
      finish: () => marks.push((marks.pop() ?? 0) + readReceived(site.production)),
    },
  );
  const reference = results[1]?.seconds ?? Number.NaN;
  for (const [index, { name: way }] of ways.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    const { seconds, fastest, slowest, memory } = result;
    const received = medianOf(marks.filter((_, mark) => mark % ways.length === index));
    console.log(
      `| ${way} | ${seconds.toFixed(2)} (${fastest.toFixed(2)}–${slowest.toFixed(2)}) | ${(seconds / reference).toFixed(2)} | ${(memory / 1e6).toFixed(0)} | ${(received / 1e6).toFixed(0)} |`,
    );
  }
  console.log('');
}

async function fillSite(folder: string, specs: Iterable<ImageSpec>, isNew: boolean): Promise<Site> {
  mkdirSync(folder, { recursive: true });
  const staging = await startRegistry({ folder: join(folder, 'staging') });
  const production = await startRegistry({ folder: join(folder, 'production') });
  running.push(staging, production);
  const images: Image[] = [];
  const blobs = new Map<Uint8Array, number>();
  for (const spec of specs) {
    const { digest, repository } = await pushImage(staging.host, spec);
    if (!isNew)
      await pushImage(production.host, { ...spec, tags: ['v1', `sha256-${digest.slice(7)}`] });
    for (const { bytes } of spec.layers ?? []) blobs.set(bytes, bytes.length);
    images.push({ repository, digest });
  }
  const bytes = [...blobs.values()].reduce((sum, size) => sum + size, 0);
  const site = { folder, staging, production, images, bytes };
  writeInputs(site);
  return site;
}

function writeInputs({ folder, staging, production, images }: Site): void {
  const sources = images.map(
    ({ repository, digest }) =>
      `    - { source: "${UPSTREAM}/${repository}@${digest}", tags: [] }\n`,
  );
  makeRepository(
    join(folder, 'state'),
    {
      production: `{ host: "${production.host}", insecure: true }`,
      staging: `{ host: "${staging.host}", insecure: true }`,
    },
    `  catalogs: []\n  images:\n${sources.join('')}  paths: [{ from: ${UPSTREAM}, to: "" }]`,
  );
  const pairs = images.map(({ repository, digest }) => [
    `${staging.host}/${repository}@${digest}`,
    `${production.host}/${repository}:sha256-${digest.slice(7)}`,
  ]);
  writeFileSync(
    join(folder, 'skopeo.txt'),
    pairs.map(([from, to]) => `docker://${from} docker://${to}\n`).join(''),
  );
  writeFileSync(join(folder, 'crane.txt'), pairs.map(([from, to]) => `${from} ${to}\n`).join(''));
  writeFileSync(
    join(folder, 'sync.yaml'),
    `"${staging.host}":\n  tls-verify: false\n  images:\n${images
      .map(({ repository }) => `    ${repository}: [v1]\n`)
      .join('')}`,
  );
  const registries = [staging.host, production.host].map((registry) => ({
    registry,
    tls: 'disabled',
    // Without it regsync asks no more than a few at a time of one host.
    reqConcurrent: 8,
  }));
  // JSON is YAML.
  writeFileSync(
    join(folder, 'regsync.yaml'),
    JSON.stringify({
      version: 1,
      creds: registries,
      defaults: { parallel: AT_ONCE },
      sync: pairs.map(([source, target]) => ({ source, target, type: 'image' })),
    }),
  );
}

function listWays({ production }: Site): readonly Way[] {
  const plain = '--src-tls-verify=false --dest-tls-verify=false --all --preserve-digests';
  const xargs = `xargs -P${AT_ONCE} -n2`;
  const [regsync, crane] = [findPeer('regsync'), findPeer('crane')];
  const lines = new Map([
    ['olmirror apply', `${process.execPath} ${CLI} -C state apply --quiet`],
    [`${AT_ONCE} × skopeo copy`, `${xargs} -a skopeo.txt skopeo copy --quiet ${plain}`],
    ['skopeo sync', `skopeo sync ${plain} --src yaml --dest docker sync.yaml ${production.host}`],
  ]);
  if (regsync !== null) lines.set('regsync', `${regsync} once -c regsync.yaml`);
  if (crane !== null)
    lines.set(`${AT_ONCE} × crane copy`, `${xargs} -a crane.txt ${crane} copy --insecure`);
  return [...lines].map(([name, line]) => ({ name, command: line.split(' ') }));
}

/**
 * olmirror, what it is held against, and what else is wanted. Where nothing is to copy, a process for each image
 * would be no fair peer.
 */
function chooseWays(
  all: readonly Way[],
  isNew: boolean,
): { readonly ways: readonly Way[]; readonly peer: string } {
  const [ours, ...others] = all.filter(({ name }) => isNew || !name.includes('×'));
  const [peer, ...more] = others;
  if (ours === undefined || peer === undefined) throw new Error('no peer');
  const wanted = values.ways.split(',');
  const chosen = more.filter(({ name }) => wanted.some((way) => name.includes(way)));
  return { ways: [ours, peer, ...chosen], peer: peer.name };
}

/** Bytes that the registry has read so far: from connections, and a little from its own files. */
function readReceived({ pid }: RunningRegistry): number {
  return Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0);
}
