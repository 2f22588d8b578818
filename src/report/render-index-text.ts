import { shortHex } from '../base/digest.ts';
import { formatBytes, formatCount } from '../base/text.ts';
import { RECIPE_LABEL } from '../index/build-config.ts';
import type { CheckedCache } from '../index/cache/inspect-cache.ts';
import { renderLines } from './clean-line.ts';
import type { IndexDocument, IndexDocumentCache, IndexPackage } from './index-document.ts';

/** Labels that decide something; the others are in the JSON. */
const TELLING = /^(?:operators\.operatorframework\.io\.|io\.olmirror\.)/;

/** One index image for people: what it is, how it is served, and what it offers. */
export function renderIndexText(index: IndexDocument): string {
  const { counts } = index;
  const labels = Object.entries(index.labels).filter(([name]) => TELLING.test(name));
  return renderLines([
    `Index ${index.source}`,
    `  digest     ${index.digest}`,
    `  image id   ${index.imageId}`,
    `  built by   ${formatOrigin(index)}`,
    `  platforms  ${index.platforms.join(', ')}`,
    `  size       ${formatBytes(index.bytes)} in ${formatCount(index.layers, 'layer')}`,
    `  served     ${formatServe(index)}`,
    `  opm        ${formatOpm(index)}`,
    ...formatCaches(index).map((text) => `  cache      ${text}`),
    ...labels.map(([name, value]) => `  label      ${name}=${value}`),
    `${formatCount(counts.packages, 'package')}, ${formatCount(counts.channels, 'channel')}, ${formatCount(counts.bundles, 'bundle')}`,
    ...index.packages.flatMap(renderPackage),
    ...index.faults.map((fault) => `fault: ${fault}`),
  ]);
}

function formatOrigin({ olmirror, labels }: IndexDocument): string {
  if (olmirror === null) return 'not olmirror';
  const { revision, created, source } = olmirror;
  const commit = revision === null ? 'no commit' : `commit ${revision.slice(0, 12)}`;
  const tool = labels[RECIPE_LABEL] === undefined ? 'olmirror' : 'olmirror with podman';
  return `${tool}, from ${commit}${source === null ? '' : ` of ${source}`}${created === null ? '' : `, ${created}`}`;
}

function formatServe({ serve }: IndexDocument): string {
  switch (serve.kind) {
    case 'none':
      return `with extractContent only, from ${serve.configsPath}: it has neither entrypoint nor command`;
    case 'opm':
      return `by its own command: ${serve.words.join(' ')}`;
    case 'other':
      return `by nothing that olmirror knows: its command is ${serve.words.join(' ')}`;
  }
}

function formatOpm({ opm }: IndexDocument): string {
  if (opm === null) return 'none';
  return `${opm.version ?? 'of a version that it does not tell'} (${opm.path})`;
}

function formatCaches({ caches, cacheFault }: IndexDocument): readonly string[] {
  if (cacheFault !== null) return [`unknown: ${cacheFault}`];
  if (caches.length === 0) return ['none: opm builds one when it starts'];
  return caches.flatMap(formatCache);
}

function formatCache(cache: IndexDocumentCache): readonly string[] {
  const place = `${cache.path}${cache.used ? ', which its command takes' : ''}`;
  switch (cache.contents) {
    case 'none':
      return [`MISSING in ${place}, so that opm ends at once`];
    case 'unknown':
      return [`UNEXPECTED in ${place}: ${cache.others.join(', ')}; opm would end at once`];
    case 'json':
    case 'pogreb.v1':
    case 'both': {
      const others = cache.others.length === 0 ? '' : `; besides: ${cache.others.join(', ')}`;
      return cache.formats.map((format) => `${formatChecked(format)} in ${place}${others}`);
    }
  }
}

function formatChecked({ format, state, recorded, reason }: CheckedCache): string {
  switch (state) {
    case 'right':
      return `${format}, digest ${recorded} is right,`;
    case 'wrong':
      return `STALE ${format} (${reason})`;
    case 'unchecked':
      return `${format}, unchecked (${reason})`;
  }
}

function renderPackage(pkg: IndexPackage): readonly string[] {
  const width = Math.max(0, ...pkg.channels.map(({ name }) => name.length));
  return [
    `  ${pkg.name}  ${formatCount(pkg.bundles, 'bundle')}`,
    ...pkg.channels.map(
      ({ name, isDefault, heads, entries }) =>
        `    ${isDefault ? '*' : ' '} ${name.padEnd(width)}  ${formatHeads(heads)}  (${formatCount(entries, 'version')})`,
    ),
  ];
}

function formatHeads(heads: readonly string[]): string {
  return heads.length === 0 ? 'no head' : heads.join(' and ');
}

/** The line that `index extract` ends with. */
export function renderExtractText(extracted: {
  readonly source: string;
  readonly digest: `sha256:${string}`;
  readonly files: number;
  readonly bytes: number;
  readonly folder: string;
}): string {
  const { source, digest, files, bytes, folder } = extracted;
  return renderLines([
    `Wrote ${formatCount(files, 'file')} (${formatBytes(bytes)}) of ${source}, manifest ${shortHex(digest)}, to ${folder}.`,
  ]);
}
