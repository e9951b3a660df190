import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computerOf, maskAddress, networkOf, parseAddress } from './address.js';
import { SubscriptionError } from './errors.js';

describe('a mail address', () => {
  it.each([
    ['ada@example.org', 'ada@example.org'],
    ['  Ada.Lovelace+papers@EXAMPLE.org ', 'Ada.Lovelace+papers@example.org'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
  ])('%j is taken as %s', (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  it.each([
    '',
    'ada',
    'ada@',
    '@example.org',
    'ada@localhost',
    'ada@example.org, bob@example.org',
    'ada@example.org\r\nBcc: bob@example.org',
    'ada\n@example.org',
    '"ada b"@example.org',
    'ada@exam ple.org',
    'ada@example.org>',
    '<ada@example.org>',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'a..b@example.org',
    'ada@bob@example.org',
    `${'a'.repeat(65)}@example.org`,
    `ada@${'a.'.repeat(130)}org`,
  ])('%j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(SubscriptionError);
  });

  it('never holds what could end a header or name a second recipient', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        let address: string;
        try {
          address = parseAddress(`${text}@example.org`);
        } catch {
          return;
        }
        expect(address).toMatch(/^[\x21-\x7e]+$/);
        expect(address).not.toMatch(/[\s,;:<>()[\]"\\]/);
      }),
    );
  });

  it('is told to others without its middle', () => {
    expect(maskAddress('ada@example.org')).toBe('a…@example.org');
  });
});

describe('the computer of a visitor', () => {
  it.each([
    ['192.0.2.77', '192.0.2.77'],
    ['::ffff:192.0.2.77', '192.0.2.77'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['nonsense', 'unknown'],
  ])('of %s is %s', (visitor, computer) => {
    expect(computerOf(visitor)).toBe(computer);
  });
});

describe('the network of a visitor', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['::1', '0:0:0::/48'],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('of %s is %s', (visitor, network) => {
    expect(networkOf(visitor)).toBe(network);
  });
});
