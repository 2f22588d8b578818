import { createSecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { ToolError } from '../base/tool-error.ts';
import { findProxy } from './find-proxy.ts';
import type { AgentConnection } from './open-agent.ts';
import { readSystemRoots } from './read-system-roots.ts';
import { readTlsOptions, type TlsQuery } from './tls-options.ts';

export interface AgentsOptions extends TlsQuery {
  readonly timeoutMilliseconds: number;
}

/** The connections to one registry and what it sends its callers to, direct or through a proxy. */
export interface Agents {
  /** Throws `REGISTRY_TLS` or `REGISTRY_PROXY` where no connection can be set up. */
  find(url: URL): Promise<Dispatcher>;
  close(): Promise<void>;
}

// Below the 30 s after which Nexus closes idle connections.
const KEEP_ALIVE_MILLISECONDS = 20_000;

/**
 * A connection to a server that is no registry, through the same proxies. `ca`: certificates that are trusted, and no
 * others; null for those that Go's tools trust on this machine. Throws `REGISTRY_PROXY`, or what TLS says of `ca`.
 */
export async function openConnection(query: {
  readonly url: URL;
  readonly ca: string | null;
  readonly timeoutMilliseconds: number;
  readonly environment: AgentsOptions['environment'];
}): Promise<Dispatcher> {
  const { url, ca, timeoutMilliseconds, environment } = query;
  const roots = ca === null ? [...readSystemRoots(environment)] : [ca];
  const tls = { rejectUnauthorized: true, secureContext: createSecureContext({ ca: roots }) };
  const connection = { tls, timeoutMilliseconds, keepAliveMilliseconds: KEEP_ALIVE_MILLISECONDS };
  return openOne(findProxy(url, environment), connection, url.host);
}

export function createAgents(options: AgentsOptions): Agents {
  const open = new Map<string, Promise<Dispatcher>>();
  let connection: Promise<AgentConnection> | null = null;
  async function connect(url: URL): Promise<Dispatcher> {
    connection ??= readConnection(options);
    try {
      return await openOne(findProxy(url, options.environment), await connection, options.host);
    } catch (error) {
      // Files may be put right: the next question reads them again.
      connection = null;
      open.delete(url.origin);
      throw error;
    }
  }
  return {
    find(url) {
      const known = open.get(url.origin) ?? connect(url);
      open.set(url.origin, known);
      return known;
    },
    async close() {
      await Promise.all([...open.values()].map(destroy));
    },
  };
}

async function destroy(opening: Promise<Dispatcher>): Promise<void> {
  const agent = await opening.catch(() => null);
  await agent?.destroy();
}

async function readConnection(options: AgentsOptions): Promise<AgentConnection> {
  return {
    tls: await readTlsOptions(options),
    timeoutMilliseconds: options.timeoutMilliseconds,
    keepAliveMilliseconds: KEEP_ALIVE_MILLISECONDS,
  };
}

async function openOne(
  proxy: URL | null,
  connection: AgentConnection,
  host: string,
): Promise<Dispatcher> {
  // A command that asks no registry does not wait for the client.
  const { openAgent, openProxyAgent } = await import('./open-agent.ts');
  if (proxy === null) return openAgent(connection);
  if (/^https?:$/.test(proxy.protocol)) return openProxyAgent(proxy, connection);
  throw new ToolError(
    'REGISTRY_PROXY',
    `The proxy ${proxy.protocol}//${proxy.host} for ${host} is a SOCKS proxy, which olmirror cannot use.`,
    { hint: `Name an HTTP proxy in HTTPS_PROXY and HTTP_PROXY, or list ${host} in NO_PROXY.` },
  );
}
