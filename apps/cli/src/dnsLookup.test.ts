import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import packet from 'dns-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lookUp } from './dnsLookup.js';
import type { DnsRecord } from './dnsRecords.js';

type Zone = Readonly<Record<string, readonly (string | { preference: number; exchange: string })[]>>;

/** A resolver that asks a server on this computer, which has these records. */
async function resolverOf(zone: Zone): Promise<Resolver> {
  const server = createSocket('udp4');
  server.on('message', (message, { port, address }) => {
    const { id, questions = [] } = packet.decode(message);
    const [{ name, type } = { name: '', type: 'TXT' }] = questions;
    const records = Object.entries(zone).find(([each]) => each === name)?.[1];
    const answers = (records ?? [])
      .filter((data) => (type === 'MX') === (typeof data === 'object'))
      .map((data) => {
        const text = typeof data === 'string' ? (data.match(/.{1,255}/g) ?? []) : data;
        return { name, type, ttl: 0, data: text } as packet.Answer;
      });
    const flags = packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (records ? 0 : 3);
    server.send(packet.encode({ id: id ?? 0, type: 'response', flags, questions, answers }), port, address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return resolverAt(server.address().port);
}

function resolverAt(port: number): Resolver {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
}

const record = (kind: DnsRecord['kind'], name: string, value: string): DnsRecord => ({
  kind,
  about: '',
  name,
  type: kind === 'MX' ? 'MX' : 'TXT',
  value,
});
const spf = record('SPF', 'example.org', 'v=spf1 a:mail.example.org mx ~all');
const longKey = 'A'.repeat(390);
const dkim = record('DKIM', 'papers._domainkey.example.org', `v=DKIM1; k=rsa; p=${longKey}`);
const dmarc = record('DMARC', '_dmarc.example.org', 'v=DMARC1; p=none');
const mx = record('MX', 'example.org', '10 mail.example.org');

describe('a record that is looked up', () => {
  it.each<[DnsRecord, Zone[string], string, string]>([
    [spf, ['google-verification=1', 'v=spf1 ip4:192.0.2.1 a:mail.example.org -all'], 'there', '-all'],
    [spf, ['v=spf1 include:mail.example.com ~all'], 'other', 'see that it allows the mail server'],
    [spf, ['v=spf1 -all', 'v=spf1 mx -all'], 'wrong', 'there are 2'],
    [spf, ['v=spf10 x'], 'missing', 'is not there'],
    [dkim, [`v=DKIM1; p=${longKey.slice(0, 100)} ${longKey.slice(100)}`], 'there', 'the one that signs'],
    [dkim, ['v=DKIM1; k=rsa; p=BBBB'], 'wrong', 'another key'],
    [dkim, ['something else'], 'missing', 'is not there'],
    [dmarc, ['v=DMARC1; p=reject; rua=mailto:a@example.org'], 'there', 'p=reject'],
    [dmarc, ['v=DMARC1; rua=mailto:a@example.org'], 'wrong', 'expected p=none'],
    [dmarc, ['v=spf1 -all'], 'missing', 'is not there'],
    [mx, [{ preference: 5, exchange: 'Mail.Example.org' }], 'there', '5 mail.example.org'],
    [mx, [{ preference: 5, exchange: 'mx.example.com' }], 'other', 'see that it takes returned mail'],
  ])('%j, where DNS has %j, is %s', async (wanted, found, state, detail) => {
    const resolver = await resolverOf({ [wanted.name]: found });
    expect(await lookUp(resolver, wanted)).toEqual({ state, detail: expect.stringContaining(detail) });
  });

  it.each([spf, dkim, dmarc, mx])(
    'is missing where the name is not known, or has no such record: %j',
    async (wanted) => {
      expect(await lookUp(await resolverOf({}), wanted)).toMatchObject({ state: 'missing' });
      expect(await lookUp(await resolverOf({ [wanted.name]: [] }), wanted)).toMatchObject({
        state: 'missing',
      });
    },
  );

  it('is unknown where DNS does not answer', async () => {
    // Nobody listens to port 1.
    expect(await lookUp(resolverAt(1), spf)).toEqual({
      state: 'unknown',
      detail: expect.stringMatching(/^DNS does not answer \(E\w+\)$/),
    });
  });
});
