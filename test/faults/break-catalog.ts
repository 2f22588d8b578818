// Makes broken catalogs out of sound ones, each from its seed alone.
import { Buffer } from 'node:buffer';
import type { CatalogFile, JsonObject, JsonValue } from '../../src/catalog/types.ts';
import { breakBytes, breakText, HOSTILE_TEXTS } from './break-text.ts';
import { type Chance, createChance } from './chance.ts';

export interface BrokenCatalog {
  readonly files: readonly CatalogFile[];
  /** What was done to it, in words. */
  readonly story: readonly string[];
}

/** The broken catalog of this seed. */
export function breakCatalog(documents: readonly JsonObject[], seed: number): BrokenCatalog {
  const chance = createChance(seed);
  const story: string[] = [];
  let broken: readonly JsonValue[] = documents;
  const rounds = chance.pick([0, 0, 1, 1, 2, 5]);
  for (let round = 0; round < rounds; round += 1) broken = breakStructure(broken, chance, story);
  const files = layOut(broken, chance, story).map(({ path, text }) => ({
    path,
    bytes: breakFile(text, chance, story),
  }));
  return { files, story };
}

function breakFile(text: string, chance: Chance, story: string[]): Uint8Array {
  let broken = text;
  const rounds = chance.pick([0, 0, 1, 1, 2]);
  for (let round = 0; round < rounds; round += 1) broken = breakText(broken, chance, story);
  return breakBytes(Buffer.from(broken), chance, story);
}

/** Names that are something else on every object of JavaScript, and names that YAML reads as no text. */
const ODD_KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'toJSON',
  'rawJSON',
  'length',
  'Name',
  'NAME',
  'ſchema',
  'null',
  '<<',
  '',
  '0',
];

const FIELD_KEYS = [
  'schema',
  'name',
  'package',
  'entries',
  'properties',
  'relatedImages',
  'defaultChannel',
  'icon',
  'image',
  'replaces',
  'skips',
  'skipRange',
  'type',
  'value',
  'reference',
  'message',
];

function oddValue(chance: Chance): JsonValue {
  return chance.pick<() => JsonValue>([
    () => null,
    () => true,
    () => 0,
    () => -1.5,
    () => 1e21,
    () => Number.MAX_SAFE_INTEGER,
    () => '',
    () => chance.pick(ODD_KEYS),
    () => chance.pick(HOSTILE_TEXTS),
    () => [],
    () => ({}),
    () => [null],
    () => [[], {}, 'x', 1],
    () => oddObject(chance),
    () => 'x'.repeat(chance.below(5_000)),
  ])();
}

function oddObject(chance: Chance): JsonObject {
  const keys = [chance.pick(ODD_KEYS), chance.pick(FIELD_KEYS), chance.pick(ODD_KEYS)];
  return Object.fromEntries(keys.map((key) => [key, chance.pick<JsonValue>([1, 'x', {}, []])]));
}

function breakStructure(
  documents: readonly JsonValue[],
  chance: Chance,
  story: string[],
): readonly JsonValue[] {
  const at = chance.below(documents.length);
  const document = documents[at] ?? null;
  const act = chance.pick([
    'change',
    'change',
    'change',
    'change',
    'drop',
    'repeat',
    'nest',
    'rename',
  ]);
  story.push(`${act} document ${at}`);
  switch (act) {
    case 'drop':
      return documents.filter((_, index) => index !== at);
    case 'repeat':
      return [...documents, document];
    case 'nest':
      return documents.with(at, [document]);
    case 'rename':
      return renameAll(documents, chance, story);
    default:
      return documents.with(at, changeBelow(document, { chance, story }, 0));
  }
}

/** A package or channel with one of the odd names, wherever it stands. */
function renameAll(
  documents: readonly JsonValue[],
  chance: Chance,
  story: string[],
): readonly JsonValue[] {
  const from = chance.pick(['"alpha"', '"beta"', '"stable"', '"alpha.v1.1.0"']);
  const to = chance.pick([...ODD_KEYS, ...HOSTILE_TEXTS]);
  story.push(`${from} is called ${JSON.stringify(to)}`);
  return documents.map((document) => {
    const renamed: JsonValue = JSON.parse(
      JSON.stringify(document).replaceAll(from, () => JSON.stringify(to)),
    );
    return renamed;
  });
}

interface Act {
  readonly chance: Chance;
  readonly story: string[];
}

function changeBelow(value: JsonValue, act: Act, depth: number): JsonValue {
  const { chance } = act;
  if (typeof value !== 'object' || value === null || depth > 5 || chance.below(4) === 0)
    return changeHere(value, act);
  if (Array.isArray(value)) return changeList(value, act, depth);
  const entries = Object.entries(value);
  if (entries.length === 0) return changeHere(value, act);
  const at = chance.below(entries.length);
  const [key, below] = entries[at] ?? ['', null];
  const changed = chance.pick<() => readonly (readonly [string, JsonValue])[]>([
    () => entries.filter((_, index) => index !== at),
    () => entries.with(at, [chance.pick([...ODD_KEYS, ...FIELD_KEYS]), below]),
    () => entries.with(at, [key.toUpperCase(), below]),
    () => [...entries, [chance.pick([...ODD_KEYS, ...FIELD_KEYS]), oddValue(chance)]],
    () => [...entries, [key.toUpperCase(), oddValue(chance)]],
    () => entries.with(at, [key, changeBelow(below, act, depth + 1)]),
    () => entries.with(at, [key, changeBelow(below, act, depth + 1)]),
    () => entries.with(at, [key, changeBelow(below, act, depth + 1)]),
  ])();
  act.story.push(`at ${key}`);
  return Object.fromEntries(changed);
}

function changeList(list: readonly JsonValue[], act: Act, depth: number): JsonValue {
  const { chance } = act;
  const at = chance.below(Math.max(list.length, 1));
  return chance.pick<() => JsonValue>([
    () => list.filter((_, index) => index !== at),
    () => [...list, ...list],
    () => [...list, oddValue(chance)],
    () => list.toReversed(),
    () => (list.length === 0 ? null : list.with(at, changeBelow(list[at] ?? null, act, depth + 1))),
  ])();
}

function changeHere(value: JsonValue, { chance, story }: Act): JsonValue {
  const changed = chance.pick<() => JsonValue>([
    () => oddValue(chance),
    () => [value],
    () => ({ [chance.pick(ODD_KEYS)]: value }),
    () => JSON.stringify(value),
  ])();
  story.push(`becomes ${JSON.stringify(changed).slice(0, 60)}`);
  return changed;
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

function layOut(
  documents: readonly JsonValue[],
  chance: Chance,
  story: string[],
): readonly TextFile[] {
  const count = chance.pick([1, 1, 1, 2, 3]);
  const parts = Array.from({ length: count }, (): JsonValue[] => []);
  for (const [index, document] of documents.entries())
    parts[chance.below(2) === 0 ? 0 : index % count]?.push(document);
  return parts.map((part, index) => {
    const form = chance.pick(FORMS);
    story.push(`file ${index} as ${form.name}`);
    return {
      path: `${chance.pick(['', 'a/', 'b/c/'])}${index}.${form.name}`,
      text: form.print(part),
    };
  });
}

const FORMS = [
  { name: 'compact.json', print: (part: readonly JsonValue[]) => part.map(compact).join('\n') },
  { name: 'packed.json', print: (part: readonly JsonValue[]) => part.map(compact).join('') },
  {
    name: 'pretty.json',
    print: (part: readonly JsonValue[]) =>
      part.map((value) => JSON.stringify(value, null, 4)).join('\n'),
  },
  { name: 'flow.yaml', print: (part: readonly JsonValue[]) => part.map(flow).join('') },
  { name: 'block.yaml', print: (part: readonly JsonValue[]) => part.map(printDocument).join('') },
  { name: 'block.yaml', print: (part: readonly JsonValue[]) => part.map(printDocument).join('') },
];

function compact(value: JsonValue): string {
  return JSON.stringify(value);
}

function flow(value: JsonValue): string {
  return `---\n${JSON.stringify(value, null, 1)}\n`;
}

function printDocument(value: JsonValue): string {
  return `---\n${block(value, 0)}`;
}

/** Block style with quoted texts and keys, so that a sound document stays sound. */
function block(value: JsonValue, depth: number): string {
  if (typeof value !== 'object' || value === null) return `${JSON.stringify(value)}\n`;
  const indent = ' '.repeat(depth);
  const items = Array.isArray(value)
    ? value.map((item) => [`${indent}-`, item] as const)
    : Object.entries(value).map(([key, item]) => [`${indent}${printKey(key)}:`, item] as const);
  if (items.length === 0) return `${JSON.stringify(value)}\n`;
  return items.map(([head, item]) => `${head}${printItem(item, depth + 2)}`).join('');
}

function printItem(value: JsonValue, depth: number): string {
  const isOpen = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  return isOpen ? `\n${block(value, depth)}` : ` ${block(value, depth)}`;
}

function printKey(key: string): string {
  return /^[a-zA-Z]{5,}$/.test(key) ? key : JSON.stringify(key);
}
