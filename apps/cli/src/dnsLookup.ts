import type { Resolver } from 'node:dns/promises';
import type { DnsRecord } from './dnsRecords.js';

/** What asks DNS. */
export type DnsResolver = Pick<Resolver, 'resolveTxt' | 'resolveMx'>;

/**
 * What DNS says of a record. `other`: something else is there, which may do as well, such as a company that sends for the
 * site; `wrong`: what is there makes mail be refused; `unknown`: DNS does not answer.
 */
export interface RecordState {
  readonly state: 'there' | 'other' | 'missing' | 'wrong' | 'unknown';
  readonly detail: string;
}

/** Looks a record up. */
export async function lookUp(resolver: DnsResolver, record: DnsRecord): Promise<RecordState> {
  try {
    const found =
      record.type === 'MX' ? await mailServers(resolver, record.name) : await texts(resolver, record.name);
    return judges[record.kind](found, record.value);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return missing;
    return { state: 'unknown', detail: `DNS does not answer (${code ?? message})` };
  }
}

const missing: RecordState = { state: 'missing', detail: 'is not there' };

const texts = async (resolver: DnsResolver, name: string): Promise<string[]> =>
  (await resolver.resolveTxt(name)).map((parts) => parts.join(''));

async function mailServers(resolver: DnsResolver, name: string): Promise<string[]> {
  const servers = await resolver.resolveMx(name);
  return servers.map(({ priority, exchange }) => `${priority} ${exchange.replace(/\.$/, '').toLowerCase()}`);
}

type Judge = (found: readonly string[], wanted: string) => RecordState;

const judges: Readonly<Record<DnsRecord['kind'], Judge>> = {
  SPF(found, wanted) {
    const records = found.filter((text) => /^v=spf1(?: |$)/i.test(text));
    if (records.length > 1)
      return { state: 'wrong', detail: `there are ${records.length}, and only one may be` };
    const [record] = records;
    if (record === undefined) return missing;
    const [, mechanism = ''] = wanted.split(' ');
    return record.toLowerCase().split(/\s+/).includes(mechanism)
      ? { state: 'there', detail: record }
      : { state: 'other', detail: `${record}: see that it allows the mail server` };
  },
  DKIM(found, wanted) {
    const keys = found.map(keyOf).filter((key) => key !== undefined);
    if (keys.length === 0) return missing;
    if (keys.includes(keyOf(wanted)!)) return { state: 'there', detail: 'the key is the one that signs' };
    return { state: 'wrong', detail: 'another key is there than the one that signs' };
  },
  DMARC(found) {
    const records = found.filter((text) => /^v=DMARC1\s*;/i.test(text));
    if (records.length > 1)
      return { state: 'wrong', detail: `there are ${records.length}, and only one may be` };
    const [record] = records;
    if (record === undefined) return missing;
    return /;\s*p\s*=\s*(?:none|quarantine|reject)\s*(?:;|$)/i.test(record)
      ? { state: 'there', detail: record }
      : { state: 'wrong', detail: `${record}: expected p=none, p=quarantine or p=reject` };
  },
  MX(found, wanted) {
    if (found.length === 0) return missing;
    const detail = found.join(', ');
    const [, server = ''] = wanted.split(' ');
    return found.some((each) => each.endsWith(` ${server.toLowerCase()}`))
      ? { state: 'there', detail }
      : { state: 'other', detail: `${detail}: see that it takes returned mail` };
  },
};

/** The key of a record, in which some servers put spaces. */
const keyOf = (text: string): string | undefined =>
  /(?:^|;)\s*p\s*=([^;]*)/i.exec(text)?.[1]?.replace(/\s/g, '');
