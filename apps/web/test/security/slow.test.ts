import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSite, type TestSite } from '../site.js';

/** Milliseconds: long for this computer, and short to wait for. */
const times = { headers: 400, request: 800, idle: 300, checking: 50 };

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite({ times, rateLimit: { requests: 100_000 } });
}, 180_000);
afterAll(() => site?.close());

interface SlowVisitor {
  readonly socket: Socket;
  /** All that the server said, once it has closed the connection. */
  readonly answer: Promise<string>;
}

function slowVisitor(): SlowVisitor {
  const { port } = new URL(site.url);
  const socket = connect(Number(port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => {
    text += part;
  });
  // Whoever goes on writing into a connection that is closed hears of it.
  socket.on('error', () => undefined);
  return { socket, answer: new Promise((resolve) => socket.once('close', () => resolve(text))) };
}

/** Writes a text, and then a piece again and again until the connection is closed. */
function trickle({ socket, answer }: SlowVisitor, first: string, piece: string): Promise<string> {
  socket.write(first);
  const timer = setInterval(() => socket.writable && socket.write(piece), 20);
  return answer.finally(() => clearInterval(timer));
}

describe('a request that does not come to its end', () => {
  it('in its headers is answered 408 and cut off, and others are served meanwhile', async () => {
    const slow = Array.from({ length: 50 }, () =>
      trickle(slowVisitor(), 'GET / HTTP/1.1\r\nhost: localhost\r\n', 'x-more: y\r\n'),
    );
    expect((await fetch(`${site.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${site.url}/papers/2501.04697`)).status).toBe(200);
    for (const answer of slow) expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it.each(['/api/papers/index', '/subscribe', '/u/x', '/digest/preview'])(
    'in its body is cut off, and others are served meanwhile: %s',
    async (path) => {
      const kind = 'content-type: application/x-www-form-urlencoded\r\n';
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\n${kind}content-length: 60000\r\n\r\n`;
      const slow = trickle(slowVisitor(), head, 'a');
      expect((await fetch(`${site.url}/healthz`)).status).toBe(200);
      expect(await slow).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
    },
  );

  it('by saying nothing at all is cut off', async () => {
    expect(await slowVisitor().answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
  });

  it('after an answer, with nothing more asked, is let go', async () => {
    const visitor = slowVisitor();
    visitor.socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(await visitor.answer).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('leaves the server as it was', async () => {
    const page = await fetch(site.url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Evenkeel')]);
  });
});

describe('a request that is too large', () => {
  it('in its address or headers is answered 431', async () => {
    const long = 'x'.repeat(17 * 1024);
    expect((await fetch(`${site.url}/?q=${long}`)).status).toBe(431);
    expect((await fetch(site.url, { headers: { 'x-long': long } })).status).toBe(431);
  });

  it('in its body is answered 413 before it is read, and so is one of no known length', async () => {
    const body = 'x'.repeat(70_000);
    expect((await fetch(`${site.url}/api/papers/index`, { method: 'POST', body })).status).toBe(413);
    const stream = new Blob(['a=1']).stream();
    const chunked = { method: 'POST', body: stream, duplex: 'half' } as RequestInit;
    expect((await fetch(`${site.url}/sign-in`, chunked)).status).toBe(413);
  });

  it.each([
    ['two lengths', 'content-length: 1\r\ncontent-length: 2\r\n\r\na'],
    ['a length and chunks', 'content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length that is none', 'content-length: -1\r\n\r\n'],
    ['a line that is none', 'no header\r\n\r\n'],
  ])('or says two things at once is refused: %s', async (_, rest) => {
    const visitor = slowVisitor();
    visitor.socket.write(`POST /sign-in HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${rest}`);
    expect(await visitor.answer).toMatch(/^HTTP\/1\.1 4(?:00|13) /);
  });
});
