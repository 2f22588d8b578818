import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { TlsOptions } from './tls-options.ts';

export interface AgentConnection {
  readonly tls: TlsOptions;
  readonly timeoutMilliseconds: number;
  readonly keepAliveMilliseconds: number;
}

const MAX_HEADER_BYTES = 64 * 1024;

/** Loaded on demand as a module of ours: a CommonJS package that is bundled has no names to import on demand. */
export function openAgent(connection: AgentConnection): Dispatcher {
  const { tls, timeoutMilliseconds } = connection;
  return new Agent({
    ...listLimits(connection),
    connect: { ...tls, timeout: timeoutMilliseconds },
  });
}

/** What goes to plain HTTP is asked of the proxy, what goes to TLS passes through a tunnel, as with Go. */
export function openProxyAgent(proxy: URL, connection: AgentConnection): Dispatcher {
  const connect = { ...connection.tls, timeout: connection.timeoutMilliseconds };
  const login = formatLogin(proxy);
  return new ProxyAgent({
    ...listLimits(connection),
    uri: proxy.origin,
    ...(login !== null && { token: login }),
    proxyTunnel: false,
    proxyTls: connect,
    requestTls: connect,
    // undici would wait five minutes for the answer to CONNECT.
    clientFactory: (origin, options) =>
      new Pool(origin, { ...options, headersTimeout: connection.timeoutMilliseconds }),
  });
}

function listLimits({ keepAliveMilliseconds }: AgentConnection): Agent.Options {
  return {
    keepAliveTimeout: keepAliveMilliseconds,
    keepAliveMaxTimeout: keepAliveMilliseconds,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
}

function formatLogin({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(login).toString('base64')}`;
}
