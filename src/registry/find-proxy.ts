import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { bareHostname } from './bare-hostname.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL as Go's net/http finds it, and so skopeo (golang.org/x/net/http/httpproxy); null for none.
 * HTTPS_PROXY or HTTP_PROXY by the scheme of the URL, less what NO_PROXY names; upper case before lower case.
 * This machine is never asked through a proxy; ALL_PROXY is not read.
 */
export function findProxy(url: URL, environment: Environment): URL | null {
  const names = url.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : PLAIN_NAMES;
  const proxy = parseProxy(pick(environment, names));
  if (proxy === null || isDirect(url, pick(environment, ['NO_PROXY', 'no_proxy']))) return null;
  return proxy;
}

const PLAIN_NAMES = ['HTTP_PROXY', 'http_proxy'];

function pick(environment: Environment, names: readonly string[]): string {
  return names.map((name) => environment[name]).find(Boolean) ?? '';
}

/** `host:port` is an HTTP proxy; what is no address is no proxy. */
function parseProxy(text: string): URL | null {
  if (text === '') return null;
  const full = /^(?:https?|socks5h?):\/\/[^/]/i.test(text) ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : null;
}

interface Target {
  /** In lower case, without brackets. */
  readonly host: string;
  readonly port: string;
}

function isDirect(url: URL, noProxy: string): boolean {
  const host = bareHostname(url).toLowerCase();
  if (host === 'localhost' || isWithin(host, '127.0.0.0', 8) || host === '::1') return true;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const entries = noProxy.split(',').map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => entry === '*' || (entry !== '' && matches(entry, { host, port })));
}

function matches(entry: string, target: Target): boolean {
  const network = parseNetwork(entry);
  if (network !== null) return isWithin(target.host, network.address, network.bits);
  const { host, port } = splitPort(entry);
  if (host === '' || (port !== '' && port !== target.port)) return false;
  if (isIP(host) !== 0) return isWithin(target.host, host, countBits(host));
  return isIP(target.host) === 0 && matchesDomain(host, target.host);
}

function parseNetwork(entry: string): { readonly address: string; readonly bits: number } | null {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const bits = Number(length);
  return isIP(address) !== 0 && bits <= countBits(address) ? { address, bits } : null;
}

function countBits(address: string): number {
  return isIP(address) === 4 ? 32 : 128;
}

/** `example.com` stands for itself and what is below it, `.example.com` and `*.example.com` for what is below it. */
function matchesDomain(pattern: string, host: string): boolean {
  const name = pattern.replace(/^\*?\./, '');
  const ascii = domainToASCII(name) || name;
  return host.endsWith(`.${ascii}`) || (host === ascii && name === pattern);
}

function splitPort(entry: string): Target {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(entry);
  return match === null
    ? { host: entry, port: '' }
    : { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}

function isWithin(address: string, network: string, bits: number): boolean {
  const [family, its] = [isIP(network), isIP(address)];
  if (family === 0 || its === 0) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, `ipv${family === 4 ? 4 : 6}`);
  return list.check(address, `ipv${its === 4 ? 4 : 6}`);
}
