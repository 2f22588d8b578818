import { type Digest, isDigest } from '../base/digest.ts';
import type { Approval, LocalSuspension, PlanOutline } from './control-types.ts';
import type { PassRecord } from './history-types.ts';

/** What a file holds, or the sentence that says why it cannot be read. */
export type Parsed<T> = T | { readonly fault: string };

/** Answer of the loop to a request for a pass. */
export type PassAnswer =
  | { readonly state: 'received' }
  | {
      readonly state: 'handled';
      readonly pass: string;
      readonly result: PassRecord['result'];
      readonly revision: string | null;
      readonly exitCode: 0 | 1 | 4;
      /** What to tell the one who asked, a sentence each. */
      readonly messages: readonly string[];
    };

export function parseSuspension(text: string, file: string): Parsed<LocalSuspension> {
  return parse(text, file, (value) => {
    const { reason, by, since, until } = value;
    if (!isText(reason) || !isText(by) || !isMoment(since)) return null;
    if (until !== null && !isMoment(until)) return null;
    return { reason, by, since, until };
  });
}

export function parseApproval(text: string, file: string): Parsed<Approval> {
  return parse(text, file, ({ by, time, plan }) => {
    const outline = isFields(plan) ? readOutline(plan) : null;
    return isText(by) && isMoment(time) && outline !== null ? { by, time, plan: outline } : null;
  });
}

export function parseOutline(text: string, file: string): Parsed<PlanOutline> {
  return parse(text, file, readOutline);
}

export function parseAnswer(text: string, file: string): Parsed<PassAnswer> {
  return parse(text, file, (value) => {
    if (value['state'] === 'received') return { state: 'received' };
    const { pass, result, revision, exitCode, messages } = value;
    if (value['state'] !== 'handled' || !isText(pass) || !isResult(result)) return null;
    if (exitCode !== 0 && exitCode !== 1 && exitCode !== 4) return null;
    if (revision !== null && !isText(revision)) return null;
    if (!Array.isArray(messages) || !messages.every((entry) => typeof entry === 'string'))
      return null;
    return { state: 'handled', pass, result, revision, exitCode, messages };
  });
}

type Fields = Readonly<Record<string, unknown>>;

function parse<T>(text: string, file: string, read: (value: Fields) => T | null): Parsed<T> {
  const value = parseJson(text);
  const found = isFields(value) ? read(value) : null;
  return found ?? { fault: `${file} is not what olmirror writes there` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function readOutline({ hash, mirror, revision, binding, steps }: Fields): PlanOutline | null {
  if (!isHash(hash) || !isText(mirror) || !isText(revision) || !isFields(binding)) return null;
  const { manifest, catalogs } = binding;
  if (!isHash(manifest) || !isFields(catalogs) || !Array.isArray(steps)) return null;
  const trees = Object.entries(catalogs).flatMap(([name, tree]) =>
    typeof tree === 'string' ? [[name, tree] as const] : [],
  );
  if (trees.length !== Object.keys(catalogs).length) return null;
  const read = steps.flatMap(readStep);
  if (read.length !== steps.length) return null;
  const bound = { manifest, catalogs: Object.fromEntries(trees) };
  return { hash, mirror, revision, binding: bound, steps: read };
}

function readStep(step: unknown): readonly PlanOutline['steps'][number][] {
  if (!isFields(step)) return [];
  const { id, hash } = step;
  return isText(id) && isHash(hash) ? [{ id, hash }] : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHash(value: unknown): value is Digest {
  return typeof value === 'string' && isDigest(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isMoment(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isResult(value: unknown): value is PassRecord['result'] {
  return value === 'done' || value === 'refused' || value === 'failed' || value === 'interrupted';
}
