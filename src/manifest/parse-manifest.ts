import type { ErrorObject } from 'ajv';
import { hasErrors, type Problem } from '../base/problem.ts';
import { buildManifest } from './build-manifest.ts';
import { checkManifest, type SoundManifest } from './check-manifest.ts';
import { buildSchemaProblems, readErrorPath } from './schema-problems.ts';
import { mirrorSchema } from './schemas.ts';
import type { MirrorManifest } from './types.ts';
import { parseYamlDocument, readPart, type ValuePath, type YamlDocument } from './yaml-document.ts';

/** The manifest, with warnings at most; or null and at least one error. */
export type ManifestResult =
  | { readonly manifest: MirrorManifest; readonly problems: readonly Problem[] }
  | { readonly manifest: null; readonly problems: readonly Problem[] };

/**
 * Reads `mirror.yaml` and fills the defaults in.
 *
 * All problems come at once, each with its place in `file`: those of the form (the JSON Schema),
 * and the impossible combinations among the parts whose form is right. Environment variables are
 * not expanded.
 */
export function parseManifest(text: string, file: string): ManifestResult {
  const { document, problem } = parseYamlDocument(text, file);
  if (document === null) return { manifest: null, problems: [problem] };
  const { value } = document;
  if (mirrorSchema.accepts(value)) {
    const problems = checkManifest(document, value);
    return { manifest: hasErrors(problems) ? null : buildManifest(value), problems };
  }
  const errors = mirrorSchema.listErrors(value);
  const form = buildSchemaProblems(document, errors, {
    code: 'MANIFEST_INVALID',
    schema: mirrorSchema.schema,
  });
  const others = checkManifest(document, dropUnsound(document, errors));
  return {
    manifest: null,
    problems: sortByPlace([...form, ...others.filter((other) => other.severity === 'error')]),
  };
}

function sortByPlace(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

const DROPPED_WHOLE = new Set([
  'registries',
  'catalogs',
  'releases',
  'images',
  'paths',
  'movableTags',
  'notifications',
]);

// What the schema refuses is left out, so that the rest can be judged: whole list items and
// registries, else the one value. Unknown fields do no harm.
function dropUnsound(document: YamlDocument, errors: readonly ErrorObject[]): SoundManifest {
  const copy: unknown = structuredClone(document.value);
  for (const error of errors) {
    if (error.keyword !== 'additionalProperties')
      dropValue(copy, readErrorPath(document.value, error));
  }
  const spec = readPart(copy, 'spec');
  return { spec: typeof spec === 'object' && spec !== null ? spec : {} };
}

function dropValue(copy: unknown, path: ValuePath): void {
  const [root, field] = path;
  if (root !== 'spec' || typeof field !== 'string') return;
  const isItem = DROPPED_WHOLE.has(field) && path.length > 2;
  const dropped = isItem ? path.slice(0, 3) : path;
  const parent = dropped.slice(0, -1).reduce<unknown>(readPart, copy);
  if (typeof parent === 'object' && parent !== null)
    Reflect.set(parent, dropped.at(-1) ?? '', null);
}
