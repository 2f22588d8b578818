/** A URL's host name as sockets and look-ups take it: an address of IPv6 stands in brackets in a URL, and in none there. */
export function bareHostname({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
