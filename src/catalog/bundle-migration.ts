import { listField, readProperties, textField } from './blob-fields.ts';
import { buildFromObjects, isSameMetadata, readExtract } from './csv-metadata.ts';
import { withField } from './edit-blob.ts';
import { isSameContent } from './same-content.ts';
import type { Blob, JsonValue } from './types.ts';

/** The two properties that carry a bundle's CSV: all of its manifests, or an extract of the CSV. */
export type ManifestForm = 'olm.bundle.object' | 'olm.csv.metadata';

/**
 * The form that a bundle took, if `after` says the same as `before` in the other form: everything
 * else is equal, and the CSV of one gives the metadata of the other. Null for any other change.
 */
export function findMigration(before: Blob, after: Blob): ManifestForm | null {
  const [from, to] = [readForm(before), readForm(after)];
  if (from === null || to === null || from === to || !isSameBeside(before, after)) return null;
  const [objects, extract] = to === 'olm.csv.metadata' ? [before, after] : [after, before];
  const built = buildFromObjects(objects);
  const metadata = readExtract(extract);
  return built !== null && metadata !== null && isSameMetadata(built, metadata) ? to : null;
}

function readForm(bundle: Blob): ManifestForm | null {
  const types = readProperties(bundle).map(({ type }) => type);
  const objects = types.includes('olm.bundle.object');
  const extracts = types.filter((type) => type === 'olm.csv.metadata').length;
  if (objects) return extracts === 0 ? 'olm.bundle.object' : null;
  return extracts === 1 ? 'olm.csv.metadata' : null;
}

// Without an image the manifests are all that there is of a bundle: opm does not migrate it.
function isSameBeside(before: Blob, after: Blob): boolean {
  return (
    textField(after.value, 'image') !== '' &&
    isSameContent(dropManifests(before), dropManifests(after))
  );
}

function dropManifests(bundle: Blob): Blob {
  const others = listField(bundle.value, 'properties').filter((item) => !isManifest(item));
  return withField(bundle, 'properties', others);
}

function isManifest(property: JsonValue): boolean {
  const type = textField(property, 'type');
  return type === 'olm.bundle.object' || type === 'olm.csv.metadata';
}
