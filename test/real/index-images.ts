import assert from 'node:assert/strict';
import { type ImageSpec } from '../../scripts/lib/push-image.ts';
import { listCacheGroups } from '../../src/catalog/cache/list-groups.ts';
import { parseCatalog } from '../../src/catalog/parse-catalog.ts';
import { computeJsonDigest } from '../../src/index/cache/cache-digest.ts';
import { LAYER_MODES, listTreeEntries } from '../../src/index/cache/tree-entries.ts';
import type { IndexVerification } from '../../src/plan/index-types.ts';
import type { IndexDocument } from '../../src/report/index-document.ts';
import { type BundleSpec, makePackageText } from '../support/catalog.ts';
import { compileSchema, parseChecked } from '../support/check-schema.ts';
import { type Site } from '../support/site.ts';

const CONFIGS = 'operators.operatorframework.io.index.configs.v1';
const shown = compileSchema<IndexDocument>('index');
const verified = compileSchema<IndexVerification>('index-verification');

interface Served {
  readonly a: readonly BundleSpec[];
}

/** The files of a json cache for `a`, below tmp/cache, with the digest that opm would write. */
function makeCache(a: readonly BundleSpec[]): Readonly<Record<string, string>> {
  const files = [{ path: 'a/catalog.json', bytes: Buffer.from(makePackageText('a', a)) }];
  const cache = listCacheGroups(parseCatalog(files).catalog).flatMap((group) => [...group.files()]);
  const digest = computeJsonDigest({
    configs: listTreeEntries(files, LAYER_MODES),
    cache: listTreeEntries(cache, LAYER_MODES),
  });
  const entries = cache.map(({ path, bytes }) => [
    `tmp/cache/cache/${path}`,
    Buffer.from(bytes).toString(),
  ]);
  return { ...Object.fromEntries(entries), 'tmp/cache/digest': digest };
}

/** Somebody else's index: the catalog says `a`, and the cache what `cached` says. */
export function foreignIndex(
  served: Served,
  more: Partial<ImageSpec> & { cached?: Served },
): ImageSpec {
  const { cached, ...spec } = more;
  return {
    repository: 'olm/idx',
    tags: ['theirs'],
    labels: { [CONFIGS]: '/configs' },
    ...spec,
    files: {
      'configs/a/catalog.json': makePackageText('a', served.a),
      ...(cached === undefined ? {} : makeCache(cached.a)),
      ...spec.files,
    },
  };
}

export async function show(site: Site, ref: string): Promise<IndexDocument> {
  const result = await site.olmirror(['index', 'show', ref, '--format', 'json']);
  assert.equal(result.code, 0, result.stderr);
  return parseChecked(shown, result.stdout);
}

export async function verify(
  site: Site,
  args: readonly string[],
  code: number,
): Promise<{
  readonly states: Readonly<Record<string, string>>;
  readonly json: IndexVerification;
}> {
  const result = await site.olmirror(['index', 'verify', ...args, '--format', 'json']);
  assert.equal(result.code, code, `${args.join(' ')}\n${result.stdout}${result.stderr}`);
  const json = parseChecked(verified, result.stdout);
  assert.equal(json.exitCode, code);
  return { json, states: Object.fromEntries(json.checks.map(({ name, state }) => [name, state])) };
}
