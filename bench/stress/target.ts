/** Which addresses are this machine's own. */
import { BlockList, isIP } from 'node:net';

const OWN = new BlockList();
OWN.addSubnet('127.0.0.0', 8);
OWN.addAddress('::1', 'ipv6');

/**
 * Whether a request to this URL stays on this machine: 127.0.0.0/8, `::1` or `localhost`, in whatever form the URL has
 * them. 0.0.0.0 and IPv4 in IPv6 are not among them, though systems may take some of those for their own.
 */
export function isLoopback({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === 'localhost') return true;
  const version = isIP(host);
  if (version === 0 || host.toLowerCase().startsWith('::ffff:')) return false;
  return OWN.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** An http or https URL without credentials, query or fragment; undefined for anything else. */
export function targetOf(text: string): URL | undefined {
  if (!/^https?:\/\/[^\s/?#@\\]+(?:\/[^\s?#\\]*)?$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}
