import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Context } from 'hono';
import proxyAddr from 'proxy-addr';

/** Who asks, and how; behind a proxy, what the proxy says of it. */
export interface Visitor {
  /** Of the visitor's computer. */
  readonly address: string;
  readonly protocol: 'http' | 'https';
}

/**
 * Tells who asks. What a header says counts only where a trusted proxy wrote it: anybody can send one.
 * @param trustedProxies addresses and networks (`10.0.0.0/8`), or `loopback`, `linklocal` and `uniquelocal`
 * @throws TypeError for what is none
 */
export function visitorReader(trustedProxies: readonly string[]): (request: IncomingMessage) => Visitor {
  const trusts = proxyAddr.compile([...trustedProxies]);
  return (request) => {
    const peer = request.socket.remoteAddress ?? '';
    if (!trusts(peer, 0)) return { address: peer, protocol: 'http' };
    const address = proxyAddr(request, trusts);
    const [protocol] = String(request.headers['x-forwarded-proto'] ?? '').split(',');
    return {
      // A proxy may write anything, such as `unknown`.
      address: isIP(address) ? address : peer,
      protocol: protocol?.trim().toLowerCase() === 'https' ? 'https' : 'http',
    };
  };
}

/** Who asks for an answer of the API. */
export function visitorOf(c: Context): Visitor {
  const { incoming } = c.env as { incoming: IncomingMessage & { visitor: Visitor } };
  return incoming.visitor;
}
