import { createPublicKey } from 'node:crypto';
import type { MailSettings } from '@evenkeel/web/server';

/** A record that the operator of the site puts into DNS. */
export interface DnsRecord {
  readonly kind: 'SPF' | 'DKIM' | 'DMARC' | 'MX';
  readonly about: string;
  readonly name: string;
  readonly type: 'TXT' | 'MX';
  readonly value: string;
}

/** What DNS has to say so that other servers take the digest: who may send, by which key, and what else to refuse. */
export function dnsRecords({ address, smtpUrl, dkim }: MailSettings): DnsRecord[] {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const server = new URL(smtpUrl).hostname;
  return [
    {
      kind: 'SPF',
      about: 'SPF: which servers may send; where another company sends for you, its include: in place of a:',
      name: domain,
      type: 'TXT',
      value: `v=spf1 a:${server} mx ~all`,
    },
    ...(dkim
      ? [
          {
            kind: 'DKIM' as const,
            about: 'DKIM: the key by which mail is signed',
            name: `${dkim.keySelector}._domainkey.${dkim.domainName}`,
            type: 'TXT' as const,
            value: `v=DKIM1; k=rsa; p=${publicKey(dkim.privateKey)}`,
          },
        ]
      : []),
    {
      kind: 'DMARC',
      about:
        'DMARC: what to do with mail that is neither; begin with p=none, read the reports, then quarantine',
      name: `_dmarc.${domain}`,
      type: 'TXT',
      value: `v=DMARC1; p=none; rua=mailto:postmaster@${domain}; adkim=r; aspf=r`,
    },
    {
      kind: 'MX',
      about: `returned mail: the server that takes bounce+…@${domain} and unsubscribe+…@${domain} and pipes them into evenkeel feed bounce`,
      name: domain,
      type: 'MX',
      value: `10 ${server}`,
    },
  ];
}

const publicKey = (privateKey: string): string =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
