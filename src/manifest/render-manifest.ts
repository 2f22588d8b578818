import { buildCatalogPath } from './defaults.ts';
import type { PerRole } from './types.ts';

/** What `init` knows when it writes a state repository's first manifest. */
export interface ManifestDraft {
  readonly name: string;
  readonly registries: PerRole<{ readonly host: string; readonly insecure: boolean }>;
  readonly catalog: {
    readonly name: string;
    readonly repository: PerRole<string>;
    readonly tag: PerRole<string>;
    readonly base: string;
    readonly platforms: readonly string[];
  };
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
  policy:
    # block: an index that names a missing image is not published. hold: merge keeps such a bundle out.
    missing: block
  reconcile:
    # Time between two passes of \`olmirror watch\`.
    interval: 10m
`;
}

function renderRegistry(registry: { readonly host: string; readonly insecure: boolean }): string {
  return `{ host: ${quoteYaml(registry.host)}${registry.insecure ? ', insecure: true' : ''} }`;
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
