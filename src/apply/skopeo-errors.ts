import { type Disposition, ToolError } from '../base/tool-error.ts';
import type { CopyRequest } from './port.ts';
import { formatTarget } from './skopeo-arguments.ts';

type Side = 'source' | 'destination';

interface Shape {
  readonly pattern: RegExp;
  readonly disposition: Disposition;
  readonly hint?: string;
}

const WRITE_REFUSED: Shape = {
  pattern:
    /blob upload invalid|cannot be updated|does not allow updating|is read-only|StatusCode: 40[05]|method not allowed|\bunsupported\b/i,
  disposition: 'stall',
  hint: 'The registry does not let this be written: it may be read-only or forbid redeploying. Check its write policy, and say it in mirror.yaml: `writePolicy: allow-once`, or `deny`.',
};

// At the end of an upload, so that it may be written, but is there already: a registry that forbids redeploying refuses
// the slower of two copies that share a layer (spec "registries" §1.4). The next attempt finds the layer and skips it.
const LOST_RACE: Shape = {
  ...WRITE_REFUSED,
  pattern: /uploading layer to .*(?:blob upload invalid|cannot be updated)/i,
  disposition: 'retry',
};

const TROUBLE: Shape = {
  pattern:
    /\b50[0234]\b|connection re(?:set|fused)|broken pipe|i\/o timeout|network is unreachable/i,
  disposition: 'retry',
  hint: 'Look into the log of that registry and of any proxy before it, then apply again.',
};

// First match decides. Texts of skopeo 1.9.3 to 1.22, spec "registries" §4.5.
const SHAPES: readonly Shape[] = [
  {
    pattern:
      /unauthorized|authentication required|invalid username\/password|insufficient_scope|\b401\b/i,
    disposition: 'stall',
    hint: 'Log in to that registry (`skopeo login`), or name an auth file in mirror.yaml.',
  },
  { pattern: /toomanyrequests|too many requests|\b429\b/i, disposition: 'wait' },
  {
    pattern: /x509|certificate|server gave HTTP response to HTTPS client|tls: /i,
    disposition: 'stall',
    hint: 'Set `caFile` of that registry in mirror.yaml, or `insecure: true` for plain HTTP.',
  },
  {
    pattern: /insufficient storage|\b507\b|no space left|quota exceeded/i,
    disposition: 'retry',
    hint: 'The registry has no room left: make some there, or let its clean-up run, then apply again.',
  },
  LOST_RACE,
  {
    pattern: /unsupported schema version/i,
    disposition: 'stall',
    hint: 'That registry calls a manifest by a type that it is not. Check its Content-Type (`curl -I`), and any proxy before it that rewrites headers.',
  },
  WRITE_REFUSED,
  {
    pattern: /\bdenied\b|forbidden|\b403\b/i,
    disposition: 'stall',
    hint: 'The account may not do this. Give it the right to pull there, or to push.',
  },
  {
    pattern: /manifest unknown|name unknown|repository name not known/i,
    disposition: 'stall',
    hint: 'Run `olmirror plan` again: what the registries hold has changed.',
  },
  {
    pattern: /would not match destination reference|unsupported digest|no such host/i,
    disposition: 'stall',
  },
  {
    pattern: /digest did not match|unexpected eof/i,
    disposition: 'retry',
    hint: 'What the source sends of that image is damaged or cut off. Check its storage and any proxy before it; mirror the image into it again if it stays so.',
  },
  TROUBLE,
];

const SIDES: readonly { readonly pattern: RegExp; readonly side: Side }[] = [
  {
    pattern: /at destination|from destination|to destination|initializing destination/i,
    side: 'destination',
  },
  {
    pattern:
      /initializing source|fetching blob|reading blob|source image|provided manifest digest/i,
    side: 'source',
  },
  {
    pattern: /upload|writing (?:blob|manifest|config)|manifest list must be converted|pushing/i,
    side: 'destination',
  },
];

/**
 * The last fatal message of skopeo's log, unquoted; the last line where there is none.
 *
 * @internal
 */
export function parseSkopeoLog(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.findLast((line) => /level=(?:fatal|error)/.test(line)) ?? lines.at(-1) ?? '';
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(fatal)?.[1];
  return quoted === undefined ? fatal.replace(/^FATA\[\d+\]\s*/, '').trim() : unquote(quoted);
}

// Go quotes more than JSON does; what JSON does not know stays as it is written.
function unquote(text: string): string {
  return text.replace(/\\(["\\nt])/g, (_, char: string) => UNQUOTED[char] ?? char).trim();
}

const UNQUOTED: Readonly<Record<string, string>> = { n: ' ', t: ' ' };

/** Whether skopeo ended because a registry refused for too many requests. */
export function isRefusedForNow(stderr: string): boolean {
  return findShape(parseSkopeoLog(stderr))?.disposition === 'wait';
}

function findShape(text: string): Shape | undefined {
  return SHAPES.find(({ pattern }) => pattern.test(text));
}

export interface SkopeoFailure {
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

/** Says which end failed, why, and whether it is worth trying again. */
export function buildCopyError(request: CopyRequest, failure: SkopeoFailure): ToolError {
  const text =
    parseSkopeoLog(failure.stderr) ||
    `skopeo ended with exit code ${failure.exitCode ?? 'unknown'} and said nothing`;
  const shape = findShape(text);
  const side = findSide(text, request);
  const at = side === undefined ? '' : ` at the ${side}`;
  return new ToolError(
    'APPLY_COPY_FAILED',
    `${formatCopy(request)} failed${at}: ${withoutFullStop(text)}.`,
    {
      disposition: shape?.disposition ?? 'retry',
      ...(shape?.hint === undefined ? {} : { hint: shape.hint }),
      ...(side === undefined ? {} : { side }),
    },
  );
}

/** `Copy of a/b@sha256:… to c/d:tag`. */
export function formatCopy(request: CopyRequest): string {
  const source = 'layout' in request.source ? 'the built index' : formatTarget(request.source);
  return `Copy of ${source} to ${formatTarget(request.destination)}`;
}

// Go reads the source while it sends: what breaks off then is named with the address of the destination.
const SOURCE_BROKE_OFF = /\breadfrom tcp \S+: (?!write |splice: write)/;

function findSide(text: string, request: CopyRequest): Side | undefined {
  if (SOURCE_BROKE_OFF.test(text)) return 'source';
  const { source, destination } = request;
  if (!('layout' in source) && source.host !== destination.host) {
    const names = {
      source: text.includes(source.host),
      destination: text.includes(destination.host),
    };
    if (names.source !== names.destination) return names.source ? 'source' : 'destination';
  }
  return SIDES.find(({ pattern }) => pattern.test(text))?.side;
}

function withoutFullStop(text: string): string {
  return text.replace(/\.+$/, '');
}

/** True where the registry refused a write, or skopeo could not say why an index was not written. */
export function mayBeHalfCopied(error: ToolError): boolean {
  if (error.code !== 'APPLY_COPY_FAILED' || error.side === 'source') return false;
  const shape = findShape(error.message);
  return shape === undefined || [LOST_RACE, WRITE_REFUSED, TROUBLE].includes(shape);
}
