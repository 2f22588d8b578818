import { createSecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { ToolError } from '../base/tool-error.ts';
import { findProxy } from './find-proxy.ts';
import type { AgentConnection } from './open-agent.ts';
import type { Heads } from './open-heads.ts';
import { readSystemRoots } from './read-system-roots.ts';
import { readTlsOptions, type TlsQuery } from './tls-options.ts';

export interface AgentsOptions extends TlsQuery {
  readonly timeoutMilliseconds: number;
}

/** The connections to one origin. */
export interface OriginAgent {
  readonly dispatcher: Dispatcher;
  /** Null through a proxy. */
  readonly heads: Heads | null;
}

/** The connections to one registry and what it sends its callers to, direct or through a proxy. */
export interface Agents {
  /** Throws `REGISTRY_TLS` or `REGISTRY_PROXY` where no connection can be set up. */
  find(url: URL): Promise<OriginAgent>;
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
  return openDispatcher(findProxy(url, environment), connection, url.host);
}

export function createAgents(options: AgentsOptions): Agents {
  const open = new Map<string, Promise<OriginAgent>>();
  let connection: Promise<AgentConnection> | null = null;
  async function connect(url: URL): Promise<OriginAgent> {
    connection ??= readConnection(options);
    try {
      return await openOrigin(url, await connection, options);
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

async function destroy(opening: Promise<OriginAgent>): Promise<void> {
  const agent = await opening.catch(() => null);
  agent?.heads?.close();
  await agent?.dispatcher.destroy();
}

async function readConnection(options: AgentsOptions): Promise<AgentConnection> {
  return {
    tls: await readTlsOptions(options),
    timeoutMilliseconds: options.timeoutMilliseconds,
    keepAliveMilliseconds: KEEP_ALIVE_MILLISECONDS,
  };
}

async function openOrigin(
  url: URL,
  connection: AgentConnection,
  { environment, host }: AgentsOptions,
): Promise<OriginAgent> {
  const proxy = findProxy(url, environment);
  const dispatcher = await openDispatcher(proxy, connection, host);
  if (proxy !== null) return { dispatcher, heads: null };
  const { openHeads } = await import('./open-heads.ts');
  return { dispatcher, heads: openHeads(url, connection) };
}

async function openDispatcher(
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
