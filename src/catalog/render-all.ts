import { dump } from 'js-yaml';
import { compareBytes } from '../base/text.ts';
import { buildCatalog, listBlobs } from './build-catalog.ts';
import { formatOpmJson } from './format-json.ts';
import { normalizeBlob } from './normalize-blob.ts';
import { orderBlobs } from './render-catalog.ts';
import type { Blob, Catalog } from './types.ts';
import { PORTABLE_YAML_SCHEMA } from './yaml-schema.ts';

export type RenderForm = 'json' | 'yaml';

/**
 * The catalogs one after the other in opm's order, as `opm render` prints them, one text a blob:
 * nothing is merged, unknown fields of `olm.*` blobs are dropped, numbers pass through float64.
 * JSON has opm's bytes, YAML its meaning. Blobs of one name in one package, which opm writes in no
 * fixed order, come in the order of the catalogs and of the files in them.
 */
export function* renderAll(
  catalogs: readonly Catalog[],
  form: RenderForm,
): Generator<string, void, undefined> {
  const [first, ...others] = catalogs;
  const whole =
    first !== undefined && others.length === 0
      ? first
      : buildCatalog(catalogs.flatMap((catalog) => [...listBlobs(catalog)]));
  for (const pkg of whole.packages.values())
    for (const blob of orderBlobs(pkg)) yield renderBlob(blob, form);
  for (const blob of whole.loose) yield renderBlob(blob, form);
}

/** One blob as `opm render` prints it. */
export function renderBlob(blob: Blob, form: RenderForm): string {
  const value = normalizeBlob(blob);
  return form === 'json'
    ? `${formatOpmJson(value, blob.schema)}\n`
    : `---\n${dump(value, YAML_STYLE)}`;
}

const YAML_STYLE = {
  schema: PORTABLE_YAML_SCHEMA,
  sortKeys: compareBytes,
  noRefs: true,
  lineWidth: -1,
} as const;
