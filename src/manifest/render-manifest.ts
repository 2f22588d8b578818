import { buildCatalogPath } from './defaults.ts';
import type { PathRule, PerRole } from './types.ts';

/** What `init` knows when it writes a state repository's first manifest. */
export interface ManifestDraft {
  readonly name: string;
  readonly registries: PerRole<DraftRegistry>;
  readonly catalog: {
    readonly name: string;
    readonly repository: PerRole<string>;
    readonly tag: PerRole<string>;
    readonly base: string;
    readonly platforms: readonly string[];
  };
  readonly paths: readonly DraftRule[];
}

export interface DraftRegistry {
  readonly host: string;
  readonly insecure: boolean;
  /** Other names of the same host. */
  readonly aliases: readonly string[];
}

/** A rule of `paths`, and what speaks for it. */
export interface DraftRule extends PathRule {
  /** Printed above it. */
  readonly note: string;
}

/** A commented `mirror.yaml` that `parseManifest` accepts; everything it does not name has its default. */
export function renderManifest(draft: ManifestDraft): string {
  const { registries, catalog } = draft;
  return `# yaml-language-server: $schema=schemas/mirror.schema.json
apiVersion: olmirror/v1alpha1
kind: Mirror
metadata:
  name: ${quoteYaml(draft.name)}
spec:
  # append: production only grows, deliveries land in staging and are copied over.
  strategy: append
  registries:
    # Credentials never stand here: they come from the auth files that skopeo reads.
    production: ${renderRegistry(registries.production)}
    staging: ${renderRegistry(registries.staging)}
  catalogs:
    - name: ${quoteYaml(catalog.name)}
      # One folder per package; nothing else may lie in it.
      path: ${quoteYaml(buildCatalogPath(catalog.name))}
      repository: ${renderPerRole(catalog.repository)}
      tag: ${renderPerRole(catalog.tag)}
      # scratch, or an image in production that carries opm, pinned by its digest.
      base: ${quoteYaml(catalog.base)}
      platforms: [${catalog.platforms.map(quoteYaml).join(', ')}]
      # keep: the index names upstream addresses and the cluster redirects them. rewrite: the serving host.
      references: keep
${renderPaths(draft.paths)}  policy:
    # block: an index that names a missing image is not published. hold: merge keeps such a bundle out.
    missing: block
  reconcile:
    # Time between two passes of \`olmirror watch\`.
    interval: 10m
`;
}

function renderRegistry({ host, insecure, aliases }: DraftRegistry): string {
  const fields = [
    `host: ${quoteYaml(host)}`,
    ...(aliases.length > 0 ? [`aliases: [${aliases.map(quoteYaml).join(', ')}]`] : []),
    ...(insecure ? ['insecure: true'] : []),
  ];
  return `{ ${fields.join(', ')} }`;
}

function renderPaths(rules: readonly DraftRule[]): string {
  if (rules.length === 0) return '';
  const lines = rules.flatMap((rule) => [`    # ${rule.note}`, `    - ${renderRule(rule)}`]);
  return [
    '  # Where images lie when not at their upstream path without the host; the longest prefix counts.',
    '  paths:',
    ...lines,
    '',
  ].join('\n');
}

function renderRule({ from, to, maxNestedPaths }: DraftRule): string {
  const { production, staging } = maxNestedPaths;
  const limit =
    production === staging ? `${production}` : `{ production: ${production}, staging: ${staging} }`;
  const nested = limit === 'null' ? '' : `, maxNestedPaths: ${limit}`;
  return `{ from: ${quoteYaml(from)}, to: ${renderPerRole(to)}${nested} }`;
}

function renderPerRole(value: PerRole<string>): string {
  if (value.production === value.staging) return quoteYaml(value.production);
  return `{ production: ${quoteYaml(value.production)}, staging: ${quoteYaml(value.staging)} }`;
}

// What YAML takes for no printable character, and what editors show as nothing.
const UNPRINTABLE =
  /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]|\p{Surrogate}/gu;

/** A text as YAML: bare where it can be nothing else, else in quotes, on one line. JSON strings are YAML strings. */
export function quoteYaml(text: string): string {
  if (/^[a-z][a-z/-]*[a-z]$/.test(text) && !/^(?:true|false|null|yes|no|on|off)$/.test(text))
    return text;
  return JSON.stringify(text).replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
