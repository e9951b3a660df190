import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { SubscriptionError } from './errors.js';

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainPart = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/**
 * A mail address as it is stored: no quoting, no comments, no lines; its domain in lower-case ASCII.
 * @throws SubscriptionError for anything else
 */
export function parseAddress(text: string): string {
  const [local = '', host = '', ...rest] = text.trim().split('@');
  const domain = domainToASCII(host.toLowerCase());
  const good =
    rest.length === 0 &&
    text.length <= 254 &&
    local.length <= 64 &&
    localPart.test(local) &&
    domain.length <= 190 &&
    domainPart.test(domain);
  if (!good) throw new SubscriptionError('mail address: expected one such as name@example.org');
  return `${local}@${domain}`;
}

/** By it two spellings of an address are one. */
export const addressKey = (address: string): string => address.toLowerCase();

/** An address that can be told to others: `a…@example.org`. */
export const maskAddress = (address: string): string => address.replace(/^(.).*@/, '$1…@');

/** The network of a visitor, too wide to name one: 24 bits of an IPv4 address, 48 of an IPv6 address. */
export function networkOf(visitor: string | undefined): string | undefined {
  const address = plainAddress(visitor ?? '');
  if (isIPv4(address)) return address.replace(/\.\d+$/, '.0/24');
  return isIPv6(address) ? prefixOf(address, 3) : undefined;
}

/**
 * What counts as one computer where there is a limit for each: an IPv4 address, or 64 bits of an IPv6 address, since whoever
 * has one of these has them all. `unknown` for what is no address.
 */
export function computerOf(visitor: string): string {
  const address = plainAddress(visitor);
  if (isIPv4(address)) return address;
  return isIPv6(address) ? prefixOf(address, 4) : 'unknown';
}

/** IPv4 as such, also where it came in the form of IPv6. */
const plainAddress = (visitor: string): string => visitor.replace(/^::ffff:(?=[\d.]+$)/i, '');

/** The first groups of an IPv6 address, of 16 bits each. */
function prefixOf(address: string, count: number): string {
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(Math.max(0, missing)).fill('0'), ...groups(tail ?? '')];
  return `${all
    .slice(0, count)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/${16 * count}`;
}
