import { dump } from 'js-yaml';
import { compareBytes } from '../base/text.ts';
import { formatOpmJson } from './format-json.ts';
import { normalizeBlob } from './normalize-blob.ts';
import type { Blob } from './types.ts';
import { PORTABLE_YAML_SCHEMA } from './yaml-schema.ts';

export type RenderForm = 'json' | 'yaml';

/**
 * One blob as `opm render` prints it: unknown fields of `olm.*` blobs are dropped, numbers pass
 * through float64. JSON has opm's bytes, YAML its meaning.
 */
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
