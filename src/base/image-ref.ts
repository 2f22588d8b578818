import { type Digest, isDigest } from './digest.ts';
import { isToolError, ToolError } from './tool-error.ts';

/** A fully qualified image reference: host, path, and a tag, a digest or both. */
export interface ImageRef {
  /** Host, with port where one is written. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const HOST =
  '(?:\\[[0-9a-fA-F:]+\\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]+)?';
const REFERENCE = new RegExp(
  `^(?:(${HOST})/)?(${COMPONENT}(?:/${COMPONENT})*)(?::(\\w[\\w.-]{0,127}))?(?:@(.+))?$`,
);

/**
 * Reads a pull spec as distribution/reference normalises it (spec "file-based catalogs" §2.3):
 * a first component without dot, colon or `localhost` is a path on docker.io. Throws
 * `BASE_BAD_IMAGE_REF`.
 */
export function parseImageRef(text: string): ImageRef {
  const match = REFERENCE.exec(text);
  if (match === null) throw badRef(text, 'it does not have the form host/path[:tag][@digest]');
  const [, host, path = '', tag, digestText] = match;
  if (digestText !== undefined && !isDigest(digestText))
    throw badRef(
      text,
      digestText.startsWith('sha512:')
        ? 'its digest is sha512, but skopeo and most registries know sha256 only'
        : 'its digest is not sha256: with 64 lower-case hex digits',
    );
  const name = normalizeName(host, path);
  if (name.repository.length > 255) throw badRef(text, 'its path is longer than 255 characters');
  return { ...name, tag: tag ?? null, digest: digestText ?? null };
}

/** As `parseImageRef`; null for what is no reference. */
export function tryParseImageRef(text: string): ImageRef | null {
  try {
    return parseImageRef(text);
  } catch (error) {
    if (isToolError(error, 'BASE_BAD_IMAGE_REF')) return null;
    throw error;
  }
}

/** Whether a registry can have a repository of this name. */
export function isRepositoryPath(text: string): boolean {
  return PATH.test(text) && text.length <= 255;
}

function normalizeName(
  host: string | undefined,
  path: string,
): Pick<ImageRef, 'registry' | 'repository'> {
  if (host === undefined) return { registry: 'docker.io', repository: normalizeDockerPath(path) };
  const isHost = /[.:]/.test(host) || host === 'localhost' || host !== host.toLowerCase();
  if (isHost) return { registry: host, repository: path };
  return { registry: 'docker.io', repository: normalizeDockerPath(`${host}/${path}`) };
}

/** The reference as text; a reference with neither tag nor digest stays without. */
export function formatImageRef(ref: ImageRef): string {
  const tag = ref.tag === null ? '' : `:${ref.tag}`;
  const digest = ref.digest === null ? '' : `@${ref.digest}`;
  return `${ref.registry}/${ref.repository}${tag}${digest}`;
}

function normalizeDockerPath(path: string): string {
  return path.includes('/') ? path : `library/${path}`;
}

function badRef(text: string, why: string): ToolError {
  return new ToolError('BASE_BAD_IMAGE_REF', `"${text}" is not an image reference: ${why}.`, {
    hint: 'Write it as registry.example/path/name@sha256:… or registry.example/path/name:tag.',
  });
}

/** The port that is written in a `host[:port]`, null where there is none. */
export function readPort(host: string): string | null {
  return /:(\d+)$/.exec(host)?.[1] ?? null;
}
