import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { compiledProgram } from '../testing/compiledProgram.js';
import { lease } from './outbox.js';
import { startMailServer } from './testing/mailServer.js';
import { addSubscribers, digestFeed, sender, thursday } from './testing/subscribers.js';

/** Sends what is due, as `evenkeel feed digest` does. */
const program = `
import { openFeed, openMailer } from './index.js';
const { location, smtpUrl, sender, now } = JSON.parse(process.argv[2]);
const feed = await openFeed(location);
const mailer = openMailer({ smtpUrl, from: sender.address });
const report = await feed.digest.run(mailer, sender, { now: () => now });
mailer.close();
await feed.close();
process.send(report, () => process.disconnect());
`;

it('kill -9 in the midst of 500 subscribers, again and again, and each gets exactly one', async () => {
  const { db, location } = await digestFeed();
  const server = await startMailServer();
  const readers = Array.from({ length: 500 }, (_, i) => `reader${i}@example.net`);
  await addSubscribers(db, readers);
  const path = await compiledProgram(program);
  let now = thursday;
  const start = (): ChildProcess => {
    // As long after the last one as a dead process is waited for.
    now += lease;
    const child = fork(path, [JSON.stringify({ location, smtpUrl: server.url, sender, now })], {
      execArgv: [],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  const planned = async () =>
    Number(
      (
        await db
          .selectFrom('digest_outbox')
          .select(({ fn }) => fn.countAll().as('count'))
          .executeTakeFirstOrThrow()
      ).count,
    );
  const kill = async (child: ChildProcess) => {
    const end = once(child, 'exit');
    child.kill('SIGKILL');
    await end;
  };

  // While it plans.
  let child = start();
  await expect.poll(planned, { interval: 5, timeout: 20_000 }).toBeGreaterThan(50);
  await kill(child);
  expect(server.received).toHaveLength(0);

  // When the server has a message whole, and has not answered.
  const killedAt: string[] = [];
  for (const count of [90, 240]) {
    child = start();
    const ended = once(child, 'exit');
    server.onMessage = async ({ to }) => {
      if (server.received.length !== count) return;
      killedAt.push(to);
      await kill(child);
    };
    await ended;
    server.onMessage = () => undefined;
  }
  expect(killedAt).toHaveLength(2);

  // When it has named a recipient, and sent nothing of the message.
  child = start();
  const ended = once(child, 'exit');
  let named = 0;
  server.onRecipient = async () => {
    if (++named === 100) await kill(child);
  };
  await ended;
  server.onRecipient = () => undefined;

  child = start();
  const [report] = (await once(child, 'message')) as [{ fault?: string; waiting: number }];
  expect(report).toMatchObject({ waiting: 0 });
  expect(report.fault).toBeUndefined();
  expect(server.received.map(({ to }) => to).sort()).toEqual([...readers].sort());
  const ids = server.received.map(({ raw }) => /^Message-ID: (\S+)/im.exec(raw)?.[1]);
  expect(new Set(ids).size).toBe(500);
  const states = await db.selectFrom('digest_outbox').select('state').distinct().execute();
  expect(states.map(({ state }) => state).sort()).toEqual(['sent', 'unsure']);

  child = start();
  expect(await once(child, 'message')).toMatchObject([{ planned: 0, sent: 0 }, undefined]);
  expect(server.received).toHaveLength(500);
}, 120_000);
