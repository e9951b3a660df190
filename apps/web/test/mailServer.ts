import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { vi } from 'vitest';

export interface ReceivedMail {
  /** Recipients as the envelope names them. */
  readonly to: readonly string[];
  readonly raw: string;
  readonly mail: ParsedMail;
}

export interface MailServer {
  readonly url: string;
  readonly received: ReceivedMail[];
  /** The next mail to an address, which is then no longer among the received ones. */
  take(to: string): Promise<ReceivedMail>;
  close(): Promise<void>;
}

/** A mail server on a free port that keeps what it gets; it refuses whoever is called `refused`. */
export async function startMailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo({ address }, _session, done) {
      if (!address.startsWith('refused')) return done();
      done(Object.assign(new Error('no such user'), { responseCode: 550 }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks).toString();
        const to = session.envelope.rcptTo.map(({ address }) => address);
        received.push({ to, raw, mail: await simpleParser(raw) });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    take: (to) =>
      vi.waitFor(
        () => {
          const index = received.findIndex((each) => each.to.includes(to));
          const [mail] = index < 0 ? [] : received.splice(index, 1);
          if (!mail) throw new Error(`no mail to ${to} yet`);
          return mail;
        },
        { timeout: 10_000, interval: 20 },
      ),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
