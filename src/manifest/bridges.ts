import type { ErrorObject } from 'ajv';
import { formatProblemLine, hasErrors, type Problem } from '../base/problem.ts';
import { ToolError } from '../base/tool-error.ts';
import { isDay } from './day.ts';
import { buildSchemaProblems } from './schema-problems.ts';
import { bridgesSchema, type RawBridge } from './schemas.ts';
import type { BridgeRule } from './types.ts';
import {
  type Place,
  parseYamlDocument,
  type ValuePath,
  type YamlDocument,
} from './yaml-document.ts';

/** A file of bridges as far as it could be read. */
export interface BridgesFile {
  /** None where the file has a fault. */
  readonly bridges: readonly BridgeRule[];
  /** Every fault with its place. */
  readonly problems: readonly Problem[];
  /** Where a field of the bridge with this index stands. */
  placeOf(this: void, index: number, field: string): Place;
}

const START: Place = { line: 1, column: 1 };

/** Path in the state repository. */
export function buildBridgesFileName(catalog: string): string {
  return `rules/${catalog}/bridges.yaml`;
}

/** Throws `MANIFEST_INVALID`, which names every fault and its place. */
export function parseBridges(text: string, file: string): readonly BridgeRule[] {
  const { bridges, problems } = checkBridges(text, file);
  if (!hasErrors(problems)) return bridges;
  throw new ToolError(
    'MANIFEST_INVALID',
    `${file} is not valid:\n${problems.map(formatProblemLine).join('\n')}`,
    { hint: 'Correct the lines named above; `olmirror validate` checks them.' },
  );
}

/** Reads a file of bridges, and lists its faults rather than throwing. */
export function checkBridges(text: string, file: string): BridgesFile {
  // A list whose last item was taken out.
  if (/^\uFEFF?(?:\s|#[^\n]*)*$/.test(text))
    return { bridges: [], problems: [], placeOf: () => START };
  const { document, problem } = parseYamlDocument(text, file);
  if (document === null) return { bridges: [], problems: [problem], placeOf: () => START };
  const { value } = document;
  const problems = [
    ...buildSchemaProblems(document, listErrors(value), {
      code: 'MANIFEST_INVALID',
      schema: bridgesSchema.schema,
    }),
    ...(Array.isArray(value)
      ? value.flatMap((item, i) => [
          ...checkEdges(item, i, document),
          ...checkDay(item, i, document),
        ])
      : []),
  ];
  return {
    bridges:
      problems.length === 0 && bridgesSchema.accepts(value)
        ? value.map((raw, i) => buildBridge(raw, file, document.placeOf([i]).line))
        : [],
    problems,
    placeOf: (index, field) => document.placeOf([index, field]),
  };
}

// That an edge is there at all is said below, in one sentence rather than in one for each kind of edge.
function listErrors(value: unknown): readonly ErrorObject[] {
  return bridgesSchema.listErrors(value).filter((error) => !error.schemaPath.includes('/anyOf'));
}

function checkEdges(item: unknown, index: number, document: YamlDocument): readonly Problem[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return [];
  const bundle: unknown = Reflect.get(item, 'bundle');
  const replaces: unknown = Reflect.get(item, 'replaces');
  const skips: unknown = Reflect.get(item, 'skips');
  if (replaces === undefined && skips === undefined && !('skipRange' in item))
    return [
      faultAt(document, [index], {
        message: 'The bridge has no edge.',
        hint: 'Add "replaces", "skips" or "skipRange": what may upgrade to the bundle.',
      }),
    ];
  const own = [
    ...(replaces === bundle ? [[index, 'replaces']] : []),
    ...(Array.isArray(skips) ? skips : []).flatMap((skip, i) =>
      skip === bundle ? [[index, 'skips', i]] : [],
    ),
  ];
  if (typeof bundle !== 'string') return [];
  return own.map((path) =>
    faultAt(document, path, {
      message: `${bundle} cannot upgrade to itself.`,
      hint: 'Name the version that is installed.',
    }),
  );
}

// What is no date at all, the schema has refused.
function checkDay(item: unknown, index: number, document: YamlDocument): readonly Problem[] {
  const until: unknown =
    typeof item === 'object' && item !== null ? Reflect.get(item, 'until') : undefined;
  if (typeof until !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(until) || isDay(until)) return [];
  return [
    faultAt(document, [index, 'until'], {
      message: `There is no day ${until}.`,
      hint: 'Write a date such as 2026-12-31.',
    }),
  ];
}

function faultAt(
  document: YamlDocument,
  path: ValuePath,
  text: Required<Pick<Problem, 'message' | 'hint'>>,
): Problem {
  const place = document.placeOf(path);
  return { severity: 'error', code: 'MANIFEST_INVALID', ...text, file: document.file, ...place };
}

function buildBridge(raw: RawBridge, file: string, line: number): BridgeRule {
  return {
    package: raw.package,
    channel: raw.channel,
    bundle: raw.bundle,
    replaces: raw.replaces ?? '',
    skips: raw.skips ?? [],
    skipRange: raw.skipRange ?? '',
    reason: raw.reason,
    by: raw.by,
    until: raw.until ?? null,
    file,
    line,
  };
}
