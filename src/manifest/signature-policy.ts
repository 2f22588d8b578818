import { messageOf, ToolError } from '../base/tool-error.ts';

/** What a `policy.json` asks of an image. */
export type SignatureDemand = 'none' | 'signed' | 'rejected';

/** A `policy.json` as the containers tools know it: containers-policy.json(5). */
export interface SignaturePolicy {
  /** By scope of the transport `docker`. */
  readonly scopes: ReadonlyMap<string, SignatureDemand>;
  readonly other: SignatureDemand;
}

const DEMANDS: Readonly<Record<string, SignatureDemand>> = {
  insecureAcceptAnything: 'none',
  reject: 'rejected',
  signedBy: 'signed',
  sigstoreSigned: 'signed',
};

/** Throws `MANIFEST_RULES_INVALID`, which names the scope at fault. */
export function parseSignaturePolicy(text: string, file: string): SignaturePolicy {
  const value = readJson(text, file);
  if (!isRecord(value)) throw invalid(file, 'an object is expected');
  const transports = value['transports'] ?? {};
  if (!isRecord(transports)) throw invalid(file, '"transports" is not an object');
  const docker = transports['docker'] ?? {};
  if (!isRecord(docker)) throw invalid(file, '"transports.docker" is not an object');
  const scopes = Object.entries(docker).map(
    ([scope, list]) => [scope, readDemand(list, `the scope "${scope}"`, file)] as const,
  );
  return { scopes: new Map(scopes), other: readDemand(value['default'], '"default"', file) };
}

/** What is asked of an upstream reference: the most specific scope decides, as containers-policy.json(5) says. */
export function findDemand({ scopes, other }: SignaturePolicy, reference: string): SignatureDemand {
  for (const scope of listScopes(reference)) {
    const demand = scopes.get(scope);
    if (demand !== undefined) return demand;
  }
  return other;
}

// The image itself, its repository and each namespace above, its host, `*.domain` of it, then all images.
function listScopes(reference: string): readonly string[] {
  const repository = reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  const parts = repository.split('/');
  const [host = ''] = parts;
  const domains = host.split('.');
  return [
    reference,
    ...parts.map((_, i) => parts.slice(0, parts.length - i).join('/')),
    ...domains.slice(1).map((_, i) => `*.${domains.slice(i + 1).join('.')}`),
    '',
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(file, `it is not JSON (${messageOf(error)})`);
  }
}

function readDemand(list: unknown, place: string, file: string): SignatureDemand {
  if (!Array.isArray(list) || list.length === 0)
    throw invalid(file, `${place} is not a list of requirements`);
  const demands = list.map((entry: unknown) => {
    const type = isRecord(entry) ? entry['type'] : undefined;
    const demand = typeof type === 'string' ? DEMANDS[type] : undefined;
    if (demand === undefined)
      throw invalid(file, `${place} has a requirement of an unknown type: ${JSON.stringify(type)}`);
    return demand;
  });
  if (demands.includes('rejected')) return 'rejected';
  return demands.includes('signed') ? 'signed' : 'none';
}

function invalid(file: string, why: string): ToolError {
  return new ToolError('MANIFEST_RULES_INVALID', `${file} is no policy.json: ${why}.`, {
    hint: 'It is the file that podman and CRI-O read, see containers-policy.json(5); spec.policy.signaturePolicy of mirror.yaml names it.',
  });
}
