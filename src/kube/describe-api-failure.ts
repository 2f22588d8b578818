import { ApiException } from '@kubernetes/client-node';
import { messageOf, ToolError } from '../base/tool-error.ts';

export interface LeaseRequest {
  readonly namespace: string;
  readonly name: string;
  readonly verb: 'get' | 'list' | 'create' | 'update';
}

/** What an API server that did not do what was asked means, with what to do about it. */
export function describeApiFailure(error: unknown, request: LeaseRequest): ToolError {
  const { namespace, name, verb } = request;
  const which = name === '' ? `Leases of ${namespace}` : `Lease ${namespace}/${name}`;
  const what = `The ${which} could not be ${PARTICIPLES[verb]}`;
  if (!(error instanceof ApiException))
    return new ToolError('KUBE_UNREACHABLE', `${what}: ${messageOf(error)}.`, {
      cause: error,
      disposition: 'retry',
      hint: 'Is the API server up, and may this pod or host reach it (NetworkPolicy, proxy)? `--lease off` goes on without the Lease, where nothing else applies.',
    });
  const said = readMessage(error.body);
  const message = `${what}: the API server answered ${error.code}${said === '' ? '' : ` (${said})`}.`;
  switch (error.code) {
    case 401:
      return new ToolError('KUBE_UNAUTHORIZED', message, {
        cause: error,
        disposition: 'retry',
        hint: 'The token of the service account, or the login of the kubeconfig, is not taken: has it ended?',
      });
    case 403:
      return new ToolError('KUBE_FORBIDDEN', message, {
        cause: error,
        disposition: 'retry',
        hint: `Grant the service account a Role in ${namespace}: apiGroups ["coordination.k8s.io"], resources ["leases"], verbs ["get", "list", "create", "update"] (deploy/kubernetes/base/role.yaml); or --lease off where nothing else applies.`,
      });
    case 404:
      return new ToolError('KUBE_BAD_CONFIG', message, {
        cause: error,
        hint: `Is there a namespace ${namespace}? --lease NAMESPACE/NAME names another.`,
      });
    default:
      return new ToolError('KUBE_UNREACHABLE', message, {
        cause: error,
        disposition: 'retry',
        hint: 'Look at the API server; the next pass asks it again.',
      });
  }
}

const PARTICIPLES = { get: 'read', list: 'listed', create: 'made', update: 'written' } as const;

/** The sentence in a `Status` of Kubernetes, or nothing. */
function readMessage(body: unknown): string {
  const value = typeof body === 'string' ? parseOrNull(body) : body;
  return typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string'
    ? value.message
    : '';
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
