import {
  type Configuration,
  createConfiguration,
  HttpMethod,
  type KubeConfig,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { codeOf, describeCode } from '../base/connection-fault.ts';
import { messageOf, ToolError } from '../base/tool-error.ts';

export interface KubeReply {
  readonly status: number;
  /** Parsed JSON; null where the body is none. */
  readonly body: unknown;
}

/** Sends GET to an API server, and nothing else. */
export interface KubeClient {
  readonly server: string;
  /** Throws `KUBE_UNREACHABLE` without an answer, and `KUBE_UNAUTHORIZED` on 401. */
  get(path: string, signal: AbortSignal): Promise<KubeReply>;
}

export interface KubeClientOptions {
  /** Asked again after a 401: tokens of service accounts are renewed on disk. */
  readonly readConfig: () => KubeConfig;
  readonly timeoutMilliseconds: number;
}

export function openKubeClient({ readConfig, timeoutMilliseconds }: KubeClientOptions): KubeClient {
  let config = readConfig();
  const server = config.getCurrentCluster()?.server ?? '';

  async function get(path: string, signal: AbortSignal): Promise<KubeReply> {
    const limit = AbortSignal.timeout(timeoutMilliseconds);
    try {
      return await send(config, path, AbortSignal.any([signal, limit]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ToolError) throw error;
      const seconds = Math.ceil(timeoutMilliseconds / 1000);
      throw unreachable(server, limit.aborted ? `no answer within ${seconds} s` : error);
    }
  }

  return {
    server,
    async get(path, signal) {
      const first = await get(path, signal);
      if (first.status !== 401) return first;
      config = readConfig();
      const again = await get(path, signal);
      if (again.status === 401) throw unauthorized(server, config, again);
      return again;
    },
  };
}

/** The sentence in a `Status` of Kubernetes with the number of the answer. */
export function describeReply({ status, body }: KubeReply): string {
  const said = isObject(body) && typeof body['message'] === 'string' ? ` (${body['message']})` : '';
  return `the API server answered ${status}${said}`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function send(config: KubeConfig, path: string, signal: AbortSignal): Promise<KubeReply> {
  const client: Configuration = createConfiguration({
    baseServer: new ServerConfiguration(config.getCurrentCluster()?.server ?? '', {}),
  });
  const request = client.baseServer.makeRequestContext(path, HttpMethod.GET);
  request.setHeaderParam('Accept', 'application/json');
  request.setSignal(signal);
  await logIn(config, request);
  const answer = await client.httpApi.send(request).toPromise();
  return { status: answer.httpStatusCode, body: parseOrNull(await answer.body.text()) };
}

// A kubeconfig may name a program that logs in, or files that are gone.
async function logIn(
  config: KubeConfig,
  request: Parameters<KubeConfig['applySecurityAuthentication']>[0],
): Promise<void> {
  try {
    await config.applySecurityAuthentication(request);
  } catch (error) {
    throw new ToolError(
      'KUBE_BAD_CONFIG',
      `The login of context ${config.getCurrentContext()} cannot be used: ${messageOf(error)}.`,
      { hint: 'Log in again (oc login), or give another --kubeconfig or --context.' },
    );
  }
}

function unreachable(server: string, fault: unknown): ToolError {
  const code = codeOf(fault);
  return new ToolError(
    'KUBE_UNREACHABLE',
    `The API server ${server} gives no answer: ${describeCode(code, fault)}.`,
    {
      cause: fault,
      disposition: 'retry',
      hint: 'Is it up, may this host reach it (firewall, proxy-url of the kubeconfig), and is its certificate signed by what certificate-authority names? `oc --kubeconfig FILE get --raw /readyz` tells.',
    },
  );
}

function unauthorized(server: string, config: KubeConfig, reply: KubeReply): ToolError {
  return new ToolError(
    'KUBE_UNAUTHORIZED',
    `The API server ${server} does not take the login of context ${config.getCurrentContext()}: ${describeReply(reply)}.`,
    {
      disposition: 'retry',
      hint: 'The token or certificate has ended, or is of another cluster. Log in again, or make a new token: `oc -n olmirror create token olmirror-in-use --duration 1h`.',
    },
  );
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
