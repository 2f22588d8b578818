import { dump } from 'js-yaml';
import { compareBytes } from '../base/text.ts';
import { parseRecord } from './parse-record.ts';
import { knownMissingSchema } from './schemas.ts';
import type { KnownMissing } from './types.ts';

const HEADER = `# Images that the catalog names but production lacked when \`olmirror init\` looked. They are reported
# and do not block the index. Remove a line once its image is there; the list only ever shrinks.
`;

/** The list as YAML, in byte order of the images. */
export function formatKnownMissing(list: readonly KnownMissing[]): string {
  const sorted = list.toSorted((a, b) => compareBytes(a.image, b.image));
  const entries = sorted.map(({ image, bundles, reason, since }) => ({
    image,
    bundles: bundles.toSorted(compareBytes),
    reason,
    since,
  }));
  return HEADER + dump(entries, { lineWidth: -1, noRefs: true });
}

/** Throws `MANIFEST_RECORD_INVALID`, which names every fault and its place. */
export function parseKnownMissing(text: string, file: string): readonly KnownMissing[] {
  return parseRecord(text, file, knownMissingSchema);
}

/** Path in the state repository. */
export function buildKnownMissingFileName(catalog: string): string {
  return `rules/${catalog}/known-missing.yaml`;
}
