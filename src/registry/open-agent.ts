import { setFlagsFromString } from 'node:v8';
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
  spareCompiling();
  return new Agent({
    ...listLimits(connection),
    connect: { ...tls, timeout: timeoutMilliseconds },
  });
}

/** What goes to plain HTTP is asked of the proxy, what goes to TLS passes through a tunnel, as with Go. */
export function openProxyAgent(proxy: URL, connection: AgentConnection): Dispatcher {
  const connect = { ...connection.tls, timeout: connection.timeoutMilliseconds };
  const login = formatLogin(proxy);
  spareCompiling();
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

/**
 * Has V8 wait for some hundred answers before it compiles their parser anew (llhttp, which undici brings in WebAssembly).
 * By itself it does so after a dozen, since it takes the distance of jumps within one function of 33 kB for bytes that were
 * executed: a tenth of the CPU time of an `apply` with nothing to do. What is hashed in WebAssembly waits with it, and the
 * layers of an index take no longer for that.
 */
function spareCompiling(): void {
  setFlagsFromString('--wasm-tiering-budget=1000000000');
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
