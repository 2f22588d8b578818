import { FIELD_LAYOUTS, type FieldLayout } from './canonical-fields.ts';
import { orderedKeys } from './format-json.ts';
import { parseYamlDocument } from './parse-yaml.ts';
import { isJsonArray, isJsonObject, isRawNumber, jsonEqual } from './raw-json.ts';
import type { JsonObject, JsonValue } from './types.ts';

/**
 * The object as one YAML document, `---` before it: fields in the order of opm's JSON, several lines
 * of text as a block, nothing folded, and quotes around every text that a reader of YAML 1.1 (or
 * 1.2) could take for something else.
 *
 * Null where YAML cannot say it so that our reader, or opm's, gives the same back: a number whose
 * text would change (`1.50`), half a surrogate pair, a key that is too long. Each document is read
 * back and compared before it is given out.
 */
export function formatYaml(value: JsonObject, schema: string): string | null {
  const text = `---\n${formatMapping(value, FIELD_LAYOUTS.get(schema) ?? null, '')}`;
  if (HALF_PAIR.test(text)) return null;
  const outcome = parseYamlDocument(text.slice('---\n'.length));
  const same =
    outcome.kind === 'value' && outcome.ignoredFrom === null && jsonEqual(outcome.value, value);
  return same ? text : null;
}

// JSON's escape of half a pair: our reader knows it, Go's refuses it.
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/;

function formatMapping(value: JsonObject, known: FieldLayout | null, indent: string): string {
  const keys = orderedKeys(value, known);
  if (keys.length === 0) return `${indent}{}\n`;
  return keys
    .map((key) => {
      const below = known?.fields.get(key) ?? null;
      return `${indent}${formatText(key)}:${formatField(value[key] ?? null, below, indent)}`;
    })
    .join('');
}

/** What stands behind `key:` or `-`, with its line feed. Lists stand no deeper than their key. */
function formatField(value: JsonValue, known: FieldLayout | null, indent: string): string {
  if (isJsonArray(value))
    return value.length === 0 ? ' []\n' : `\n${formatList(value, known, indent)}`;
  if (isJsonObject(value) && Object.keys(value).length > 0)
    return `\n${formatMapping(value, known, `${indent}  `)}`;
  return ` ${formatScalar(value, indent)}\n`;
}

function formatList(list: readonly JsonValue[], known: FieldLayout | null, indent: string): string {
  return list.map((item) => `${indent}-${formatItem(item, known, indent)}`).join('');
}

// A collection starts on the line of its dash: its own first indent gives way to it.
function formatItem(item: JsonValue, known: FieldLayout | null, indent: string): string {
  const inner = `${indent}  `;
  if (isJsonArray(item) && item.length > 0)
    return ` ${formatList(item, known, inner).slice(inner.length)}`;
  if (isJsonObject(item) && Object.keys(item).length > 0)
    return ` ${formatMapping(item, known, inner).slice(inner.length)}`;
  return isJsonArray(item) ? ' []\n' : ` ${formatScalar(item, indent)}\n`;
}

function formatScalar(value: JsonValue, indent: string): string {
  if (typeof value === 'string')
    return isBlock(value) ? formatBlock(value, `${indent}  `) : formatText(value);
  // YAML's -0 is an integer, which has no sign.
  if (isRawNumber(value)) return value.rawJSON === '-0' ? '-0.0' : value.rawJSON;
  return isJsonObject(value) ? '{}' : JSON.stringify(value);
}

/** Line breaks other than the line feed, and everything that YAML does not print. */
const NOT_PRINTED =
  // oxlint-disable-next-line no-control-regex -- those are what is looked for
  /[\0-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/u;

function isBlock(text: string): boolean {
  return /^[^\s].*\n/.test(text) && !text.endsWith('\n\n') && !NOT_PRINTED.test(text);
}

function formatBlock(text: string, indent: string): string {
  const chomp = text.endsWith('\n') ? '' : '-';
  const lines = (chomp === '' ? text.slice(0, -1) : text).split('\n');
  const body = lines.map((line) => (line === '' ? '' : `${indent}${line}`)).join('\n');
  return `|${chomp}\n${body}`;
}

const PLAIN = /^[A-Za-z_/](?:[\w./@+()*,-]|:(?=[^\s:])|[ ](?=[^\s#:]))*$/;
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const ESCAPED = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function formatText(text: string): string {
  if (PLAIN.test(text) && !RESERVED.test(text)) return text;
  // JSON's escapes are YAML's, but YAML prints fewer characters.
  return JSON.stringify(text).replaceAll(
    ESCAPED,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
