import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

/** A mail server on a free port that keeps what it gets, `delay` milliseconds each; closed when the test ends. */
export async function startMailServer() {
  const received: { to: string; raw: string }[] = [];
  const kept = { received, delay: 0 };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, { envelope }, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        received.push({ to: envelope.rcptTo[0]!.address, raw: Buffer.concat(parts).toString() });
        setTimeout(done, kept.delay);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return Object.assign(kept, { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}` });
}
