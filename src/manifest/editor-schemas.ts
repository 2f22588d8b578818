import type { AnySchemaObject } from 'ajv';
import {
  bridgesSchema,
  deliverySchema,
  excludeSchema,
  inUseSchema,
  knownMissingSchema,
  mirrorSchema,
  relocationSchema,
  selectionSchema,
} from './schemas.ts';

// In the repository, not at a URL: where there is no network, an editor finds a file beside the file it shows.
const FOLDER = 'schemas';

const SCHEMAS: Readonly<Record<string, AnySchemaObject>> = {
  mirror: mirrorSchema.schema,
  bridges: bridgesSchema.schema,
  exclude: excludeSchema.schema,
  'known-missing': knownMissingSchema.schema,
  delivery: deliverySchema.schema,
  'in-use': inUseSchema.schema,
  relocate: relocationSchema.schema,
  selection: selectionSchema.schema,
};

const RULES = /^rules\/[^/]+\/(bridges|exclude|known-missing)\.yaml$/;
const DELIVERY = /^deliveries\/[^/]+\.yaml$/;

/** The schemas of what people write in a state repository, by path. */
export function listSchemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SCHEMAS).map(([name, schema]) => [
      nameFile(name),
      `${JSON.stringify(schema, dropNullDefault, 2)}\n`,
    ]),
  );
}

// yaml-language-server 2.0 offers nothing at all where a field that it would write has the default null.
function dropNullDefault(key: string, value: unknown): unknown {
  return key === 'default' && value === null ? undefined : value;
}

/** Path of the schema that a file of a state repository follows; null where it has none. */
export function findSchemaFile(path: string, manifestFile: string): string | null {
  if (path === manifestFile) return nameFile('mirror');
  if (path === 'in-use.yaml') return nameFile('in-use');
  if (path === 'relocate.yaml') return nameFile('relocate');
  if (DELIVERY.test(path)) return nameFile('delivery');
  const rule = RULES.exec(path)?.[1];
  return rule === undefined ? null : nameFile(rule);
}

function nameFile(name: string): string {
  return `${FOLDER}/${name}.schema.json`;
}

/**
 * The text with the first line by which editors find its schema. A text that names one, whichever, stays as
 * it is.
 */
export function addSchemaLine(text: string, path: string, schemaFile: string): string {
  if (/^\uFEFF?#\s*yaml-language-server:/m.test(text)) return text;
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const end = /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
  const up = '../'.repeat(path.split('/').length - 1);
  return `${mark}# yaml-language-server: $schema=${up}${schemaFile}${end}${text.slice(mark.length)}`;
}
