import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Digest, parseDigest } from '../base/digest.ts';
import type { Check, Plan } from './types.ts';

/**
 * Checks that hang on the hour: the room that production has, the requests that it has had today, what waits; and
 * on what clusters run. Where that begins to block, the index loses its steps, so that the plan has another hash: no
 * approval hides it. Where it only warns, a cluster that was seen anew leaves an approved plan approved.
 */
const MOMENTARY: ReadonlySet<Check['kind']> = new Set([
  'capacity',
  'request-budget',
  'held',
  'automatic-upgrade',
  'stranded-upgrade',
  'release-path',
  'release-in-use',
]);

/**
 * sha256 of the RFC 8785 JSON of a plan without its hash, its time, its storage, its upgrades, and checks that hang
 * on the hour: the same steps are the same plan (promise 10).
 */
export function hashPlan(plan: Omit<Plan, 'hash'> & { readonly hash?: Digest }): Digest {
  const { time: _time, hash: _hash, storage: _storage, upgrades: _upgrades, ...content } = plan;
  const checks = plan.checks.filter(({ kind }) => !MOMENTARY.has(kind));
  const hash = createHash('sha256');
  for (const part of canonicalizeInParts({ ...content, checks })) hash.update(part);
  return parseDigest(`sha256:${hash.digest('hex')}`);
}

/** Gives the text of an object piece by piece, each entry of a list by itself: a plan of 50,000 images is 20 MB of text. */
function* canonicalizeInParts(value: Readonly<Record<string, unknown>>): Generator<string> {
  let before = '{';
  for (const name of Object.keys(value).toSorted()) {
    const field = value[name];
    if (field === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    before = ',';
    if (Array.isArray(field)) yield* canonicalizeEntries(field);
    else yield canonicalizeWhole(field);
  }
  yield before === '{' ? '{}' : '}';
}

function* canonicalizeEntries(entries: readonly unknown[]): Generator<string> {
  for (const [index, entry] of entries.entries())
    yield `${index === 0 ? '[' : ','}${canonicalizeWhole(entry)}`;
  yield entries.length === 0 ? '[]' : ']';
}

function canonicalizeWhole(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('A plan is always JSON.');
  return text;
}
