import { pipeline, Transform } from 'node:stream';
import { createTransport, type SendMailOptions } from 'nodemailer';

export interface MailMessage {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly envelopeFrom?: string;
  /**
   * Called when the server has all of the message but its end, which is sent after this has settled: until then the
   * server cannot have taken it. Where it fails, the end is never sent.
   */
  readonly beforeEnd?: () => Promise<void>;
  /** Called after that, with nothing between it and the end; must not throw. */
  readonly atEnd?: () => void;
}

/** Sends mail. */
export interface Mailer {
  /** @throws Error of the server, with its `responseCode` where it answered */
  send(message: MailMessage): Promise<void>;
  close(): void;
}

export interface MailerOptions {
  /** Such as `smtps://user:password@mail.example.org`. */
  readonly smtpUrl: string;
  /** Address from which mail comes, with a name where wished: `Evenkeel <papers@example.org>`. */
  readonly from: string;
  /** Key with which mail is signed. */
  readonly dkim?: {
    readonly domainName: string;
    readonly keySelector: string;
    readonly privateKey: string;
  };
  /** Messages at the most; as many as the server takes where left out. */
  readonly perSecond?: number;
}

/** nodemailer signs `List-Unsubscribe` by itself, but not what makes it one click (RFC 8058). */
const signedHeaders =
  'from:to:subject:date:message-id:mime-version:content-type:list-id:list-unsubscribe:list-unsubscribe-post';

/** Milliseconds after which a server that says nothing counts as gone. */
const patience = { connectionTimeout: 20_000, greetingTimeout: 20_000, socketTimeout: 60_000 };

type Outgoing = SendMailOptions & Pick<MailMessage, 'beforeEnd' | 'atEnd'>;

/** Opens a pool of connections to a mail server; nothing is asked of it before the first mail. */
export function openMailer({ smtpUrl, from, dkim, perSecond }: MailerOptions): Mailer {
  const transport = createTransport(
    {
      url: smtpUrl,
      pool: true,
      maxConnections: 2,
      ...patience,
      ...(perSecond !== undefined && { rateLimit: perSecond, rateDelta: 1000 }),
      ...(dkim && { dkim: { ...dkim, headerFieldNames: signedHeaders } }),
    },
    { from },
  );
  transport.use('stream', (mail, done) => {
    const { beforeEnd, atEnd } = mail.data as Outgoing;
    const { message } = mail;
    if (beforeEnd) {
      // Around what signs the message, which is added later and reads all of it before it gives anything.
      const signed = message.createReadStream.bind(message);
      message.createReadStream = (options) => {
        const held = pipeline(signed(options), holdEnd(beforeEnd), () => undefined);
        // Listens before whatever will pass the end on to the server.
        if (atEnd) held.once('end', atEnd);
        return held;
      };
    }
    done();
  });
  return {
    async send({ to, subject, text, html, headers, envelopeFrom, beforeEnd, atEnd }) {
      // As an object, so that no character of the address can name a second recipient.
      const recipient = { name: '', address: to };
      const outgoing: Outgoing = {
        to: recipient,
        subject,
        text,
        ...(html !== undefined && { html }),
        ...(headers && { headers: Object.fromEntries(Object.entries(headers).map(oneLine)) }),
        ...(envelopeFrom !== undefined && { envelope: { from: envelopeFrom, to } }),
        ...(beforeEnd && { beforeEnd }),
        ...(atEnd && { atEnd }),
      };
      await transport.sendMail(outgoing);
    },
    close: () => transport.close(),
  };
}

/** Asks a mail server for its greeting, and signs in where the address says as whom. @throws Error of the server */
export async function tryServer(smtpUrl: string): Promise<void> {
  const transport = createTransport({ url: smtpUrl, ...patience });
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

/** Passes everything on, and its end only after `wait` has settled. */
const holdEnd = (wait: () => Promise<void>): Transform =>
  new Transform({
    transform: (chunk, _, done) => done(null, chunk),
    flush: (done) => void wait().then(() => done(), done),
  });

/** What makes a list readable by programs stays on one line, since some of them do not unfold it. */
function oneLine([name, value]: [string, string]): [string, string | { prepared: true; value: string }] {
  if (!/^list-/i.test(name)) return [name, value];
  if (/[^\x20-\x7e]/.test(value)) throw new Error(`mail: ${name}: expected printable ASCII on one line`);
  return [name, { prepared: true, value }];
}
