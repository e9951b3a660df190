import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { noTopics, openFeed, openMailer } from '@evenkeel/feed';
import { expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../testing/call.js';
import { startMailServer } from '../testing/mailServer.js';

const program = fileURLToPath(new URL('../../bin/evenkeel.js', import.meta.url));
const readers = Array.from({ length: 24 }, (_, i) => `reader${i}@example.net`);
const day = 24 * 3600_000;

type MailServer = Awaited<ReturnType<typeof startMailServer>>;

/** A folder with readers who confirmed two days ago, so that an issue is due to each, and a paper that is new. */
async function folderOfReaders(server: MailServer): Promise<string> {
  const workingDir = await temporaryFolder();
  const feed = await openFeed({ dataDir: join(workingDir, 'data') });
  const mailer = openMailer({ smtpUrl: server.url, from: 'papers@example.org' });
  // Due since this hour began, whenever that is.
  const hour = new Date().getUTCHours();
  const choices = { frequency: 'day', weekday: 1, hour, zone: 'UTC' } as const;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 2 * day });
  try {
    for (const address of readers) {
      await feed.digest.subscribe({
        address,
        choices: { ...choices, weekends: true, onlyNew: true, trending: true, topics: noTopics },
        formVersion: '1',
      });
    }
    const sender = { base: 'http://localhost:1', name: 'Test papers', address: 'papers@example.org' };
    expect(await feed.digest.notices(mailer, sender)).toBe(readers.length);
    for (const { raw } of server.received.splice(0)) {
      await feed.digest.confirm(/confirm\/([0-9a-f]{48})/.exec(raw.replaceAll('=\r\n', ''))![1]!);
    }
  } finally {
    vi.useRealTimers();
    mailer.close();
  }
  const today = new Date().toISOString().slice(0, 10);
  await feed.addCatalogue(
    [{ slug: 'fresh', title: 'Fresh', date: today, family: 'vision', summary: 'New.' }],
    today,
  );
  await feed.close();
  return workingDir;
}

/** The site as a process of its own. */
function startSite(workingDir: string, smtpUrl: string) {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0'], {
    cwd: workingDir,
    env: {
      PATH: process.env.PATH,
      EVENKEEL_URL: 'http://localhost:1',
      EVENKEEL_LOG: 'info',
      EVENKEEL_SEARCH_MODEL: 'none',
      EVENKEEL_SMTP_URL: smtpUrl,
      EVENKEEL_MAIL_FROM: 'papers@example.org',
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (part) => {
    output.stdout += part;
  });
  child.stderr.on('data', (part) => {
    output.stderr += part;
  });
  const url = () =>
    vi.waitFor(() => /is at (\S+)/.exec(output.stdout)?.[1] ?? Promise.reject(new Error(output.stderr)), {
      timeout: 25_000,
    });
  return { child, output, url };
}

/** A request of which half has been sent. */
async function halfRequest(url: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  const answer = once(socket, 'close').then(() => text);
  socket.write(`POST /u/none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26\r\n\r\nList-Unsub`);
  return { socket, answer };
}

const ended = async (child: ChildProcess): Promise<unknown> =>
  child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))[0];

it('told to stop finishes the answers and mails under way, leaves the rest for the next start, and logs nobody', async () => {
  const server = await startMailServer();
  const workingDir = await folderOfReaders(server);
  server.delay = 150;

  const first = startSite(workingDir, server.url);
  const url = await first.url();
  // What readers do leaves its traces in the log.
  const asked = new URLSearchParams({ email: 'ada@example.org', address: 'ada@example.org' });
  await fetch(`${url}/sign-in?q=${asked}`, {
    method: 'POST',
    body: asked,
    headers: { origin: 'http://localhost:1' },
  });
  await fetch(`${url}/u/${'0123456789abcdef'.repeat(3)}`);
  await fetch(`${url}/nobody/ada@example.org`);
  await vi.waitFor(() => expect(server.received.length).toBeGreaterThan(2), { timeout: 20_000 });
  const { socket, answer } = await halfRequest(url);
  await wait(200);
  first.child.kill('SIGTERM');
  await wait(100);
  socket.write('scribe=One-Click');
  expect(await answer).toMatch(/^HTTP\/1\.1 404 /);
  expect(await ended(first.child)).toBe(0);
  const sentFirst = server.received.filter(({ raw }) => raw.includes('List-Unsubscribe-Post')).length;
  expect(sentFirst).toBeLessThan(readers.length);

  server.delay = 0;
  const second = startSite(workingDir, server.url);
  await second.url();
  const issues = () => server.received.filter(({ raw }) => raw.includes('List-Unsubscribe-Post'));
  await vi.waitFor(() => expect(issues().length).toBeGreaterThanOrEqual(readers.length), { timeout: 20_000 });
  second.child.kill('SIGTERM');
  expect(await ended(second.child)).toBe(0);
  expect(
    issues()
      .map(({ to }) => to)
      .sort(),
  ).toEqual([...readers].sort());

  const log = first.output.stderr + second.output.stderr;
  expect(log).toContain('"msg":"digest"');
  expect(log).toContain('"path":"/sign-in"');
  for (const line of log.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  expect(log).not.toMatch(/example\.(?:net|org)|0123456789abcdef|127\.0\.0\.1|reader\d/);
  for (const { raw } of server.received) {
    for (const [token] of raw.replaceAll('=\r\n', '').matchAll(/[0-9a-f]{48}|sign-in\/[\w-]{43}/g)) {
      expect(log).not.toContain(token);
    }
  }
}, 120_000);
