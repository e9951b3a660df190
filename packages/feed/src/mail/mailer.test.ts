import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { expect, it, onTestFinished } from 'vitest';
import { type MailerOptions, openMailer } from './mailer.js';

/** A mail server on a free port: what it got, with the envelope's recipients. */
async function mailServer() {
  const received: { to: string[]; from: string | false; text: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const from = envelope.mailFrom ? envelope.mailFrom.address : false;
        received.push({ to: envelope.rcptTo.map(({ address }) => address), from, text });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const smtpUrl = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  const open = (options: Partial<MailerOptions> = {}) => {
    const mailer = openMailer({ smtpUrl, from: 'Evenkeel <papers@example.org>', ...options });
    onTestFinished(() => mailer.close());
    return mailer;
  };
  return { received, open };
}

const head = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');

it('sends both parts, with headers and an envelope of its own', async () => {
  const { received, open } = await mailServer();
  await open().send({
    to: 'ada@example.org',
    subject: 'Grüße',
    text: 'Plain',
    html: '<p>Rich</p>',
    headers: { 'List-Id': '<daily.example.org>' },
    envelopeFrom: 'bounce+1@example.org',
  });
  expect(received).toMatchObject([{ to: ['ada@example.org'], from: 'bounce+1@example.org' }]);
  expect(head(received[0]!.text)).toMatch(/^List-Id: <daily\.example\.org>$/im);
  expect(head(received[0]!.text)).toMatch(/^From: (?:"?Evenkeel"?) <papers@example\.org>$/m);
  expect(received[0]!.text).toContain('<p>Rich</p>');
});

it.each([
  { to: 'eve@example.org\r\nBcc: victim@example.org', subject: 'x' },
  { to: 'eve@example.org, victim@example.org', subject: 'x' },
  { to: '"a\r\nBcc: victim@example.org\r\n"@example.org', subject: 'x' },
  { to: 'eve@example.org', subject: 'x\r\nBcc: victim@example.org' },
  { to: 'eve@example.org', subject: 'x', headers: { 'X-One': 'a\r\nBcc: victim@example.org' } },
])('lets nothing end a header or name a second recipient: %j', async (message) => {
  const { received, open } = await mailServer();
  await open()
    .send({ text: 'Hello', ...message })
    .catch(() => undefined);
  for (const { to, text } of received) {
    expect(to).toHaveLength(1);
    expect(to).not.toContain('victim@example.org');
    expect(head(text)).not.toMatch(/^bcc:/im);
  }
});

it('signs what makes leaving a list one click', async () => {
  const { received, open } = await mailServer();
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await open({ dkim: { domainName: 'example.org', keySelector: 's1', privateKey } }).send({
    to: 'ada@example.org',
    subject: 'x',
    text: 'x',
    headers: {
      'List-Unsubscribe': '<https://example.org/u/1>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  });
  const signed = /^DKIM-Signature: .*?;\s*h=([^;]*);/im.exec(head(received[0]!.text))?.[1] ?? '';
  const names = signed.toLowerCase().split(/\s*:\s*/);
  expect(names).toEqual(expect.arrayContaining(['from', 'list-unsubscribe', 'list-unsubscribe-post']));
});
