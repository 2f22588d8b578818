import type { Snapshot } from '../git/port.ts';
import { addSchemaLine, findSchemaFile } from '../manifest/editor-schemas.ts';

/** A file's text with the line that names its schema, where the repository keeps that schema. */
export async function nameSchema(
  text: string,
  file: string,
  snapshot: Pick<Snapshot, 'readFile'>,
): Promise<string> {
  const schema = findSchemaFile(file, '');
  if (schema === null || (await snapshot.readFile(schema)) === null) return text;
  return addSchemaLine(text, file, schema);
}

/** The files of a working tree that have a schema and do not name one, with the line that does. */
export async function listUnnamed(
  snapshot: Snapshot,
  manifestFile: string,
): Promise<ReadonlyMap<string, string>> {
  const [rules, deliveries] = await Promise.all([
    snapshot.listFiles('rules'),
    snapshot.listFiles('deliveries'),
  ]);
  const paths = [manifestFile, 'in-use.yaml', ...[...rules, ...deliveries].map(({ path }) => path)];
  const files = new Map<string, string>();
  for (const path of paths) {
    const schema = findSchemaFile(path, manifestFile);
    const bytes = schema === null ? null : await snapshot.readFile(path);
    if (schema === null || bytes === null) continue;
    const before = Buffer.from(bytes).toString();
    const after = addSchemaLine(before, path, schema);
    if (after !== before) files.set(path, after);
  }
  return files;
}
