import { type OncePer, oncePer } from '../base/once-per.ts';
import { tryParseVersion } from '../base/semver.ts';
import { foldedField, listField, readBundleVersion, readProperties } from './blob-fields.ts';
import { compileCelRule } from './compile-cel-rule.ts';
import type { UnmetRequirement } from './filter-types.ts';
import { isJsonObject } from './raw-json.ts';
import type { Blob, JsonObject, JsonValue } from './types.ts';
import { isInRange, tryParseVersionRange } from './version-range.ts';

/** One thing that a bundle may require, which another bundle provides or does not. */
export interface NeededContent {
  readonly kind: UnmetRequirement['kind'];
  /** Package and range, the API as `Kind.version.group`, or the rule. */
  readonly text: string;
  /** Name of the package; null for an API or a rule, which any may provide. */
  readonly package: string | null;
  provides(bundle: Blob): boolean;
}

/** What a bundle requires: something, or some of several. What it must not have beside it requires nothing. */
export type Need =
  | { readonly kind: 'content'; readonly key: string; readonly content: NeededContent }
  | { readonly kind: 'all' | 'any'; readonly key: string; readonly parts: readonly Need[] }
  /** A rule that olmirror cannot evaluate, or none that OLM knows. */
  | { readonly kind: 'unknown'; readonly key: string };

/** What a bundle requires (`olm.package.required`, `olm.gvk.required`, `olm.constraint`), each once. */
export function listNeeds(bundle: Blob): readonly Need[] {
  const needs = readProperties(bundle).flatMap(({ type, value }) => readNeed(type, value) ?? []);
  const single = needs.flatMap(unfoldAll);
  return [...new Map(single.map((need) => [need.key, need])).values()];
}

/** Whether a need is met where `has` tells what there is. What nobody can judge counts as met. */
export function isMet(need: Need, has: (content: NeededContent) => boolean): boolean {
  switch (need.kind) {
    case 'content':
      return has(need.content);
    case 'all':
      return need.parts.every((part) => isMet(part, has));
    case 'any':
      return need.parts.some((part) => isMet(part, has));
    case 'unknown':
      return true;
  }
}

/** Everything that a need names. */
export function listContents(need: Need): readonly NeededContent[] {
  if (need.kind === 'content') return [need.content];
  return need.kind === 'unknown' ? [] : need.parts.flatMap(listContents);
}

/** Whether nobody can say what all of it requires. */
export function hasUnknown(need: Need): boolean {
  if (need.kind === 'unknown') return true;
  return need.kind !== 'content' && need.parts.some(hasUnknown);
}

/** `a >=1.0.0 or Thing.v1.b.example.com`. */
export function formatNeeded(need: Need): string {
  if (need.kind === 'content') return need.content.text;
  if (need.kind === 'unknown') return 'a rule that only OLM can judge';
  return need.parts.map(formatNeeded).join(need.kind === 'any' ? ' or ' : ' and ');
}

function readNeed(type: string, value: JsonValue | undefined): Need | null {
  switch (type) {
    case 'olm.package.required':
      return needPackage(value);
    case 'olm.gvk.required':
      return needApi(value);
    case 'olm.constraint':
      return readConstraint(value);
    default:
      return null;
  }
}

// OLM takes exactly one of these fields; `not` forbids, and so requires nothing.
function readConstraint(value: JsonValue | undefined): Need | null {
  if (!isJsonObject(value)) return null;
  const given = foldedField(value, 'package');
  if (given !== undefined) return needPackage(given);
  const api = foldedField(value, 'gvk');
  if (api !== undefined) return needApi(api);
  for (const kind of ['all', 'any'] as const) {
    const group = foldedField(value, kind);
    if (group !== undefined) return readGroup(kind, group);
  }
  if (foldedField(value, 'not') !== undefined) return null;
  return needRule(value) ?? { kind: 'unknown', key: JSON.stringify(['unknown', value]) };
}

function needRule(value: JsonObject): Need | null {
  const rule = textOf(foldedField(value, 'cel'), 'rule');
  const provides = rule === '' ? null : compileCelRule(rule);
  if (provides === null) return null;
  const content: NeededContent = { kind: 'cel', text: rule, package: null, provides };
  return { kind: 'content', key: JSON.stringify(['cel', rule]), content };
}

function readGroup(kind: 'all' | 'any', group: JsonValue): Need | null {
  const listed = isJsonObject(group) ? listField(group, 'constraints') : [];
  const parts = listed.flatMap((part) => readConstraint(part) ?? []);
  if (parts.length === 0) return null;
  // One that requires nothing is met already, and with it the whole.
  if (kind === 'any' && parts.length < listed.length) return null;
  return { kind, key: JSON.stringify([kind, ...parts.map(({ key }) => key)]), parts };
}

function unfoldAll(need: Need): readonly Need[] {
  return need.kind === 'all' ? need.parts.flatMap(unfoldAll) : [need];
}

function needPackage(value: JsonValue | undefined): Need | null {
  const name = textOf(value, 'packageName');
  const text = textOf(value, 'versionRange');
  const range = tryParseVersionRange(text);
  if (name === '' || range === null) return null;
  const content: NeededContent = {
    kind: 'package',
    text: `${name} ${text}`,
    package: name,
    provides(bundle) {
      if (bundle.package !== name) return false;
      const version = tryParseVersion(readBundleVersion(bundle).version);
      return version !== null && isInRange(version, range);
    },
  };
  return { kind: 'content', key: JSON.stringify(['package', name, text]), content };
}

function needApi(value: JsonValue | undefined): Need | null {
  const key = apiKey(value);
  if (key === null) return null;
  const group = textOf(value, 'group');
  const content: NeededContent = {
    kind: 'gvk',
    text: `${textOf(value, 'kind')}.${textOf(value, 'version')}${group === '' ? '' : `.${group}`}`,
    package: null,
    provides: (bundle) => readApis(bundle).includes(key),
  };
  return { kind: 'content', key: JSON.stringify(['gvk', key]), content };
}

// Each need asks all bundles of a catalog, whose values are read from text anew each time.
const readApis: OncePer<Blob, readonly string[]> = oncePer((bundle) =>
  readProperties(bundle).flatMap(({ type, value }) =>
    type === 'olm.gvk' ? (apiKey(value) ?? []) : [],
  ),
);

function apiKey(value: JsonValue | undefined): string | null {
  const parts = ['group', 'version', 'kind'].map((key) => textOf(value, key));
  return parts[2] === '' ? null : JSON.stringify(parts);
}

function textOf(value: JsonValue | undefined, key: string): string {
  const field = isJsonObject(value) ? foldedField(value, key) : undefined;
  return typeof field === 'string' ? field : '';
}
