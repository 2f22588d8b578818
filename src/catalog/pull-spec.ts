import { quote } from '../base/text.ts';

const COMPONENT = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const HOST_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = new RegExp(`^${HOST_COMPONENT}(?:\\.${HOST_COMPONENT})*(?::[0-9]+)?$`);
const REST = new RegExp(`^(${COMPONENT}(?:/${COMPONENT})*)(?::(\\w[\\w.-]{0,127}))?(?:@(.+))?$`);
/** No path with tag and digest is longer. */
const LONGEST = 1_000;
const DIGEST_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/**
 * Says what is wrong with an image pull spec as opm judges it (docker/distribution's normalised
 * names; spec "file-based catalogs" §2.3), or null. Wider than `parseImageRef`: short names and
 * sha512 digests pass.
 */
export function findPullSpecFault(text: string): string | null {
  if (SOUND.has(text)) return null;
  const fault = judgePullSpec(text);
  if (fault === null) rememberSound(text);
  return fault;
}

// The bundles of a package name the same images again and again. No answer depends on the memo.
const SOUND = new Set<string>();
const REMEMBERED = 4_096;

function rememberSound(text: string): void {
  if (SOUND.size === REMEMBERED) SOUND.clear();
  SOUND.add(text);
}

function judgePullSpec(text: string): string | null {
  if (/^[a-f0-9]{64}$/.test(text)) return 'a bare digest is no image name';
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const hasHost = slash !== -1 && (/[.:]/.test(first) || first === 'localhost');
  // Longer than any host, and long enough to exhaust the stack of the expression.
  if (hasHost && (first.length > LONGEST || !HOST.test(first))) return `${quote(first)} is no host`;
  return findPathFault(hasHost ? text.slice(slash + 1) : text);
}

function findPathFault(rest: string): string | null {
  if (rest.length > LONGEST) return 'the path is longer than 255 characters';
  const match = REST.exec(rest);
  if (match === null)
    return /[A-Z]/.test(rest.split(/[:@]/)[0] ?? '')
      ? 'the path must be lower-case'
      : 'it does not have the form host/path[:tag][@digest]';
  const [, path = '', , digest] = match;
  if (path.length > 255) return 'the path is longer than 255 characters';
  return digest === undefined ? null : findDigestFault(digest);
}

function findDigestFault(digest: string): string | null {
  const [, algorithm = '', hex = ''] = /^([^:]*):(.*)$/s.exec(digest) ?? [];
  const length = DIGEST_LENGTHS.get(algorithm);
  if (length === undefined) return `${quote(algorithm)} is no known digest algorithm`;
  return hex.length === length && /^[0-9a-f]+$/.test(hex)
    ? null
    : `the digest needs ${length} lower-case hex digits`;
}
