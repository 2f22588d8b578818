import canonicalize from 'canonicalize';
import needJson from '../../schemas/need.schema.json' with { type: 'json' };
import snapshotJson from '../../schemas/snapshot.schema.json' with { type: 'json' };
import { type Digest, digestOf } from '../base/digest.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';
import { createSchemaCheck, type SchemaCheck } from '../manifest/schema-check.ts';
import { listSchemaFaults } from '../manifest/schema-problems.ts';
import type { MediaSnapshot, Need } from './media-types.ts';

const snapshotSchema: SchemaCheck<MediaSnapshot> = createSchemaCheck(snapshotJson);
const needSchema: SchemaCheck<Need> = createSchemaCheck(needJson);
const SHOWN_FAULTS = 5;

/** The document with its hash: the sha256 of the RFC 8785 JSON of all other fields. */
export function sealMedia<T extends object>(content: T): T & { readonly hash: Digest } {
  const text = canonicalize(content);
  if (text === undefined) throw new Error('A document is always JSON.');
  return { ...content, hash: digestOf(text) };
}

/** Throws `PLAN_MEDIA_INVALID` for what is cut off, was changed, or is another document. */
export function parseSnapshot(text: string, file: string): MediaSnapshot {
  return parseMedia(text, file, { check: snapshotSchema, made: 'olmirror snapshot' });
}

/** Throws `PLAN_MEDIA_INVALID` as `parseSnapshot` does. */
export function parseNeed(text: string, file: string): Need {
  return parseMedia(text, file, { check: needSchema, made: 'olmirror need' });
}

interface MediaKind<T> {
  readonly check: SchemaCheck<T>;
  readonly made: string;
}

function parseMedia<T extends { readonly hash: Digest }>(
  text: string,
  file: string,
  { check, made }: MediaKind<T>,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(file, `it is not JSON, or was cut off (${messageOf(error)})`, made);
  }
  if (!check.accepts(value)) {
    const faults = listSchemaFaults(value, check).slice(0, SHOWN_FAULTS).join('; ');
    throw invalid(file, `it is not what \`${made}\` writes: ${faults}`, made);
  }
  const { hash, ...content } = value;
  const found = sealMedia(content).hash;
  if (found === hash) return value;
  throw invalid(
    file,
    `its content gives the hash ${found}, but it says ${hash}: it was changed after it was made`,
    made,
  );
}

function invalid(file: string, why: string, made: string): ToolError {
  return new ToolError('PLAN_MEDIA_INVALID', `${file} cannot be used: ${why}.`, {
    hint: `Carry it anew, or make it anew with \`${made}\`; compare the hash on both sides.`,
  });
}
