import { createHmac } from 'node:crypto';
import type { FollowedPackage, PerRole } from '../manifest/types.ts';

export type SecretKind = 'mirror' | 'host' | 'cluster' | 'user' | 'source' | 'namespace';

/** What of a site must not be read outside. */
export interface SiteNames {
  /** Of the mirror. */
  readonly name: string;
  readonly hosts: PerRole<string>;
  readonly aliases: readonly string[];
  readonly clusters: readonly string[];
  readonly catalogSources: readonly { readonly name: string; readonly namespace: string }[];
  readonly uses: readonly Pick<
    FollowedPackage,
    'cluster' | 'user' | 'source' | 'sourceNamespace'
  >[];
  /** Names that everybody knows, such as those of packages. */
  readonly known: ReadonlySet<string>;
}

export interface Pseudonyms {
  /** Pseudonym → what it stands for. */
  readonly names: ReadonlyMap<string, string>;
  /** That of something which stands alone in its field. */
  mask(this: void, kind: SecretKind, text: string): string;
  /** The text without hosts, wherever in it they stand. */
  hideHosts(this: void, text: string): string;
  /** The text without hosts, and without names that stand there as words. */
  hide(this: void, text: string): string;
}

/** Fits each pseudonym. That of a host is one too, in the domain that nobody has (RFC 2606). */
export const PSEUDONYM: RegExp =
  /(?:mirror|cluster|user|source|namespace)-[0-9a-f]{8}|host-[0-9a-f]{8}\.invalid/g;

/**
 * Pseudonyms for what is the site's own, the same whenever name and hosts of the mirror are: these are the key. Names that everybody
 * knows, of one or two letters, or of digits alone, are masked where they stand alone, and stay in texts.
 */
export function createPseudonyms(site: SiteNames): Pseudonyms {
  const { name, hosts } = site;
  const key = [name, hosts.production, hosts.staging].join('\n');
  const names = new Map<string, string>();
  function mask(kind: SecretKind, text: string): string {
    const hash = createHmac('sha256', key).update(`${kind}\n${text}`).digest('hex').slice(0, 8);
    const pseudonym = `${kind}-${hash}${kind === 'host' ? '.invalid' : ''}`;
    names.set(pseudonym, text);
    return pseudonym;
  }
  const all = [hosts.production, hosts.staging, ...site.aliases];
  const machines = all.map((host) => host.replace(/:\d+$/, ''));
  const hostTexts = [...all, ...machines].filter(isDistinct);
  const words = new Map<string, SecretKind>();
  for (const [text, kind] of [
    ...machines.map((machine) => [machine, 'host'] as const),
    ...listWords(site),
  ])
    if (!words.has(text) && isSecretWord(text, site.known)) words.set(text, kind);
  for (const host of hostTexts) mask('host', host);
  for (const [text, kind] of [...words, ...listWords(site)]) mask(kind, text);
  for (const { user } of site.uses) mask('user', user);
  const hideHosts = createHider(hostTexts, '', (text) => mask('host', text));
  const hideWords = createHider([...words.keys()], WORD, (text) => {
    const kind = words.get(text);
    if (kind === undefined) throw new Error('Only words that are known are found.');
    return mask(kind, text);
  });
  return { names, mask, hideHosts, hide: (text) => hideWords(hideHosts(text)) };
}

/** A document with every string in it changed, keys of objects included. */
export function mapTexts<T>(document: T, change: (text: string) => string): T;
export function mapTexts(document: unknown, change: (text: string) => string): unknown {
  if (typeof document === 'string') return change(document);
  if (Array.isArray(document)) return document.map((item: unknown) => mapTexts(item, change));
  if (typeof document !== 'object' || document === null || JSON.isRawJSON(document))
    return document;
  return Object.fromEntries(
    Object.entries(document).map(([key, value]) => [change(key), mapTexts(value, change)]),
  );
}

const WORD = '[A-Za-z0-9]';

function createHider(
  texts: readonly string[],
  beside: string,
  mask: (text: string) => string,
): (text: string) => string {
  const found = new Map(texts.map((text) => [text.toLowerCase(), text]));
  if (found.size === 0) return (text) => text;
  // The longest first, so that a host with its port goes before the machine alone.
  const sorted = [...found.keys()].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const any = sorted.map((text) => text.replaceAll(/[^a-z0-9]/g, String.raw`\$&`)).join('|');
  const [before, after] = beside === '' ? ['', ''] : [`(?<!${beside})`, `(?!${beside})`];
  const pattern = new RegExp(`${before}(?:${any})${after}`, 'gi');
  return (text) => text.replaceAll(pattern, (hit) => mask(found.get(hit.toLowerCase()) ?? hit));
}

// A machine without a domain may be any word.
function isDistinct(host: string): boolean {
  return /[.:]/.test(host);
}

function listWords(site: SiteNames): readonly (readonly [string, SecretKind])[] {
  return [
    [site.name, 'mirror'],
    ...[...site.clusters, ...site.uses.map(({ cluster }) => cluster)].map(
      (text) => [text, 'cluster'] as const,
    ),
    ...site.catalogSources.flatMap(({ name, namespace }) => [
      [name, 'source'] as const,
      [namespace, 'namespace'] as const,
    ]),
    ...site.uses.flatMap(({ user, source, sourceNamespace }) => [
      ...listUserWords(user),
      ...(source === null ? [] : [[source, 'source'] as const]),
      ...(sourceNamespace === null ? [] : [[sourceNamespace, 'namespace'] as const]),
    ]),
  ];
}

function listUserWords(user: string): readonly (readonly [string, SecretKind])[] {
  const [, namespace = '', name = ''] = /^\w+ (?:([^/]+)\/)?(.+)$/.exec(user) ?? [];
  return [
    [namespace, 'namespace'],
    [name, 'user'],
  ];
}

const SHORTEST_WORD = 3;
// Namespaces and sources that the product itself makes.
const PRODUCT =
  /^(?:openshift|kube|redhat|certified|community|default|olm|operators|global|localhost)(?:-|$)/;

function isSecretWord(text: string, known: ReadonlySet<string>): boolean {
  return (
    text.length >= SHORTEST_WORD && /[a-z]/i.test(text) && !known.has(text) && !PRODUCT.test(text)
  );
}
