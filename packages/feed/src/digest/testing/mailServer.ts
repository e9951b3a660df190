import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { type Mailer, type MailerOptions, openMailer } from '../../mail/mailer.js';

/** A message as the server got it. */
export interface Received {
  readonly from: string;
  readonly to: string;
  readonly raw: string;
  parsed(): Promise<ParsedMail>;
  /** Ends the connection on which it came. */
  dropConnection(): void;
}

export interface MailServer {
  readonly url: string;
  readonly received: Received[];
  /** Code with which a recipient is refused. */
  readonly refused: Map<string, number>;
  /** Code with which a message is refused after it has come whole. */
  readonly refusedMessages: Map<string, number>;
  /** Called when a message has come whole, before it is answered. */
  onMessage: (message: Received) => void | Promise<void>;
  /** Called when a recipient is named, before it is answered. */
  onRecipient: (address: string) => void | Promise<void>;
  mailer(options?: Partial<MailerOptions>): Mailer;
  close(): Promise<void>;
}

/** A mail server that takes everything but what it is told to refuse; closed when the test ends. */
export async function startMailServer(port = 0): Promise<MailServer> {
  const refused = new Map<string, number>();
  const refusedMessages = new Map<string, number>();
  const received: Received[] = [];
  const refusal = (code: number) => Object.assign(new Error('not here'), { responseCode: code });
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    async onRcptTo({ address }, _, done) {
      await server.onRecipient(address);
      const code = refused.get(address);
      done(code === undefined ? null : refusal(code));
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', async () => {
        const raw = Buffer.concat(parts).toString('utf8');
        const to = session.envelope.rcptTo[0]!.address;
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
        const code = refusedMessages.get(to);
        if (code !== undefined) return done(refusal(code));
        const message: Received = {
          from,
          to,
          raw,
          parsed: () => simpleParser(raw),
          dropConnection: () =>
            [...sockets].find(({ remotePort }) => remotePort === session.remotePort)?.destroy(),
        };
        received.push(message);
        await server.onMessage(message);
        done();
      });
    },
  });
  const sockets = new Set<Socket>();
  smtp.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Clients that are killed in mid-sentence.
  smtp.on('error', () => undefined);
  await new Promise<void>((resolve) => smtp.listen(port, '127.0.0.1', resolve));
  const url = `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
  let closed = false;
  const server: MailServer = {
    url,
    received,
    refused,
    refusedMessages,
    onMessage: () => undefined,
    onRecipient: () => undefined,
    mailer(options = {}) {
      const mailer = openMailer({ smtpUrl: url, from: 'Papers <papers@example.org>', ...options });
      onTestFinished(() => mailer.close());
      return mailer;
    },
    async close() {
      if (closed) return;
      closed = true;
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
  onTestFinished(() => server.close());
  return server;
}
