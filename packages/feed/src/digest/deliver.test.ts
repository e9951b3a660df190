import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database/schema.js';
import type { Feed } from '../types.js';
import { Handover } from './handover.js';
import { lease } from './outbox.js';
import { type MailServer, startMailServer } from './testing/mailServer.js';
import { deliveryReport } from './testing/returnedMail.js';
import { addSubscribers, digestFeed, sender, thursday } from './testing/subscribers.js';

let feed: Feed;
let db: Kysely<Database>;
let server: MailServer;
let folder: string;

beforeEach(async () => {
  const opened = await digestFeed();
  ({ feed, db } = opened);
  folder = opened.location.dataDir;
  server = await startMailServer();
});

const minute = 60_000;
const run = (now = thursday, options = {}) =>
  feed.digest.run(server.mailer(), sender, { now: () => now, ...options });
const people = (count: number) => Array.from({ length: count }, (_, i) => `reader${i}@example.net`);
const recipients = () => server.received.map(({ to }) => to).sort();
const outbox = () => db.selectFrom('digest_outbox').selectAll().orderBy('due_at').execute();
const subscribers = () => db.selectFrom('subscriber').selectAll().execute();

describe('a run', () => {
  it('sends each subscriber one issue, and a second run sends nothing', async () => {
    await addSubscribers(db, people(12));
    expect(await run()).toMatchObject({ planned: 12, sent: 12, waiting: 0 });
    expect(recipients()).toEqual(people(12).sort());
    expect(await run()).toMatchObject({ planned: 0, sent: 0 });
    expect(await run(thursday + 5 * 60 * minute)).toMatchObject({ planned: 0, sent: 0 });
    expect(server.received).toHaveLength(12);
  });

  it('beside another one shares the work', async () => {
    await addSubscribers(db, people(20));
    const reports = await Promise.all([run(), run(), run()]);
    expect(reports.reduce((sum, { sent }) => sum + sent, 0)).toBe(20);
    expect(recipients()).toEqual(people(20).sort());
  });

  it('sends no paper twice, and nothing where nothing is new', async () => {
    await addSubscribers(db, ['ada@example.net']);
    await run();
    const friday = thursday + 24 * 60 * minute;
    expect(await run(friday)).toMatchObject({ planned: 0, sent: 0 });
    await feed.addCatalogue(
      [{ slug: 'planes', title: 'Paper Planes', date: '2025-12-12', family: 'vision', summary: 'They fly.' }],
      '2025-12-15',
    );
    const monday = thursday + 4 * 24 * 60 * minute;
    expect(await run(monday)).toMatchObject({ sent: 1 });
    const { text } = await server.received[1]!.parsed();
    expect(text).toContain('Paper Planes');
    expect(text).not.toContain('Paper Boats');
  });

  it('leaves out pending, paused and not yet due subscribers', async () => {
    const [pending, paused, early] = await addSubscribers(db, people(4));
    const set = (id: string | undefined, values: object) =>
      db.updateTable('subscriber').set(values).where('id', '=', id!).execute();
    await set(pending, { state: 'pending' });
    await set(paused, { state: 'paused' });
    await set(early, { next_at: thursday + 1 });
    await run();
    expect(recipients()).toEqual(['reader3@example.net']);
  });

  it('told to stop leaves the rest for later', async () => {
    await addSubscribers(db, people(10));
    const controller = new AbortController();
    server.onMessage = () => controller.abort();
    const { sent, waiting } = await run(thursday, { signal: controller.signal });
    expect(sent).toBeLessThan(10);
    expect(waiting).toBe(10 - sent);
    await run();
    expect(recipients()).toEqual(people(10).sort());
  });

  it('does not send to who unsubscribes in its midst', async () => {
    const [first] = await addSubscribers(db, people(3));
    const mailer = server.mailer();
    const report = await feed.digest.run(
      {
        // The reader leaves while the message is on its way.
        send: (message) =>
          mailer.send({
            ...message,
            beforeEnd: async () => {
              await db.deleteFrom('subscriber').where('id', '=', first!).execute();
              await message.beforeEnd?.();
            },
          }),
        close: () => mailer.close(),
      },
      sender,
      { now: () => thursday },
    );
    expect(report).toMatchObject({ sent: 2, waiting: 0 });
    expect(report.fault).toBeUndefined();
    expect(recipients()).toEqual(['reader1@example.net', 'reader2@example.net']);
  });
});

describe('a process that dies', () => {
  const run16 = 'd'.repeat(16);
  /** As it leaves an issue behind. */
  const leave = (state: 'sending' | 'handing') =>
    db
      .updateTable('digest_outbox')
      .set({ state, claim: `${run16}-1`, lease_until: thursday + lease })
      .execute();

  async function planned() {
    await addSubscribers(db, ['ada@example.net']);
    await server.close();
    expect(await run()).toMatchObject({ planned: 1, sent: 0, waiting: 1, fault: expect.any(String) });
    server = await startMailServer();
  }

  it('before the end of a message leaves it to be sent, by the same Message-ID', async () => {
    await planned();
    const [row] = await outbox();
    await leave('sending');
    expect(await run(thursday + lease - 1)).toMatchObject({ sent: 0, waiting: 1 });
    expect(await run(thursday + lease)).toMatchObject({ sent: 1, waiting: 0 });
    expect((await server.received[0]!.parsed()).messageId).toBe(`<digest.2025-12-11.${row!.id}@example.org>`);
  });

  it('between the end of a message and the answer leaves it as sent', async () => {
    await planned();
    await leave('handing');
    const [row] = await outbox();
    const handover = new Handover(folder, run16);
    handover.open();
    handover.note(row!.id);
    expect(await run(thursday + lease - 1)).toMatchObject({ sent: 0, unsure: 0, waiting: 1 });
    expect(await run(thursday + lease)).toMatchObject({ sent: 0, unsure: 1, waiting: 0 });
    expect(await outbox()).toMatchObject([{ state: 'unsure' }]);
    expect(server.received).toHaveLength(0);
  });

  it('between its mark and the end of a message leaves it to be sent', async () => {
    await planned();
    await leave('handing');
    new Handover(folder, run16).open();
    expect(await run(thursday + lease - 1)).toMatchObject({ sent: 0, waiting: 1 });
    expect(await run(thursday + lease)).toMatchObject({ sent: 1, unsure: 0, waiting: 0 });
  });

  it('on another computer, where nobody can tell, leaves it as sent', async () => {
    await planned();
    await leave('handing');
    expect(await run(thursday + lease)).toMatchObject({ sent: 0, unsure: 1, waiting: 0 });
  });

  it('only seemingly, as it was slow, sends no end of a message that another one has taken', async () => {
    await addSubscribers(db, ['ada@example.net']);
    const mailer = server.mailer();
    const slow = feed.digest.run(
      {
        send: (message) =>
          mailer.send({
            ...message,
            beforeEnd: async () => {
              // Meanwhile its lease ends, and another process sends the issue.
              expect(await run(thursday + lease)).toMatchObject({ sent: 1 });
              await message.beforeEnd?.();
            },
          }),
        close: () => mailer.close(),
      },
      sender,
      { now: () => thursday },
    );
    expect(await slow).toMatchObject({ sent: 0 });
    expect(server.received).toHaveLength(1);
    expect(await outbox()).toMatchObject([{ state: 'sent' }]);
  });
});

describe('a server', () => {
  it('that drops the connection after a message and before its answer gets it once', async () => {
    await addSubscribers(db, people(6));
    let dropped = false;
    server.onMessage = (message) => {
      if (dropped) return;
      dropped = true;
      message.dropConnection();
    };
    const first = await run();
    const later = await run(thursday + 10 * minute);
    expect(first.unsure + later.unsure).toBe(1);
    expect(recipients()).toEqual(people(6).sort());
  });

  it('that cannot be reached costs no issue, however long it takes', async () => {
    await addSubscribers(db, people(3));
    await server.close();
    for (let hour = 0; hour < 20; hour++) {
      const report = await run(thursday + hour * 60 * minute);
      expect(report).toMatchObject({ sent: 0, dropped: 0, fault: expect.stringContaining('ECONNREFUSED') });
    }
    server = await startMailServer();
    expect(await run(thursday + 20 * 60 * minute)).toMatchObject({ sent: 3, waiting: 0 });
    expect(recipients()).toEqual(people(3).sort());
  });

  it('that says "not now" is asked after 5 min, 30 min, 2 h and 8 h, and then no more', async () => {
    await addSubscribers(db, ['ada@example.net']);
    server.refused.set('ada@example.net', 452);
    let now = thursday;
    for (const pause of [5, 30, 120, 480]) {
      expect(await run(now)).toMatchObject({ postponed: 1, waiting: 1 });
      expect(await run(now + pause * minute - 1)).toMatchObject({ postponed: 0, waiting: 1 });
      now += pause * minute;
    }
    expect(await run(now)).toMatchObject({ postponed: 0, dropped: 1, waiting: 0 });
    expect(await outbox()).toMatchObject([{ state: 'dropped', reply: 452, bounce: 'soft', tries: 5 }]);
    expect(await subscribers()).toMatchObject([{ state: 'active' }]);
  });

  it('that takes it at the second try gets it once', async () => {
    await addSubscribers(db, people(3));
    server.refused.set('reader1@example.net', 451);
    expect(await run()).toMatchObject({ sent: 2, postponed: 1 });
    server.refused.clear();
    expect(await run(thursday + 5 * minute)).toMatchObject({ sent: 1, waiting: 0 });
    expect(recipients()).toEqual(people(3).sort());
  });

  it('that knows no such recipient ends the subscription at once, of which a salted hash stays', async () => {
    await addSubscribers(db, people(3));
    server.refused.set('reader1@example.net', 550);
    const problems: string[] = [];
    const report = await run(thursday, { onProblem: (message: string) => problems.push(message) });
    expect(report).toMatchObject({ sent: 2, dropped: 1, waiting: 0 });
    expect((await subscribers()).map(({ address }) => address).sort()).toEqual([
      'reader0@example.net',
      'reader2@example.net',
    ]);
    const [suppressed, ...others] = await db.selectFrom('mail_suppression').selectAll().execute();
    expect(others).toEqual([]);
    expect(suppressed).toEqual({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      reason: 'bounce',
      at: thursday,
    });
    expect(problems.join()).not.toContain('reader1');
    expect(await feed.digest.allow('READER1@example.net')).toBe(true);
    expect(await feed.digest.allow('reader1@example.net')).toBe(false);
  });

  it('that refuses the message itself does not end the subscription', async () => {
    await addSubscribers(db, ['ada@example.net']);
    server.refusedMessages.set('ada@example.net', 554);
    expect(await run()).toMatchObject({ dropped: 1 });
    expect(await outbox()).toMatchObject([{ state: 'dropped', reply: 554 }]);
    expect(await subscribers()).toHaveLength(1);
  });

  it('that does not take three issues in a row gets no more', async () => {
    const [id] = await addSubscribers(db, ['ada@example.net'], { onlyNew: false });
    const day = 24 * 60 * minute;
    for (const [i, issue] of ['2025-12-11', '2025-12-12', '2025-12-15'].entries()) {
      await feed.addCatalogue(
        [{ slug: `new-${i}`, title: `New ${i}`, date: issue, family: 'vision', summary: 'New.' }],
        issue,
      );
      await run(Date.parse(`${issue}T08:00:00Z`));
      expect(server.received).toHaveLength(i + 1);
      expect((await subscribers())[0]!.state).toBe('active');
      const report = deliveryReport(server.received[i]!.from, { status: '4.4.1' });
      expect(await feed.digest.returned(report)).toBe('soft');
    }
    expect(await subscribers()).toMatchObject([{ id, state: 'paused', next_at: null }]);
    await run(thursday + 10 * day);
    expect(server.received).toHaveLength(3);
  });
});

it('three issues in a row that a server refuses, and no more are sent until their reader asks', async () => {
  const [id] = await addSubscribers(db, ['ada@example.net'], { onlyNew: false });
  server.refusedMessages.set('ada@example.net', 554);
  for (const [i, issue] of ['2025-12-11', '2025-12-12', '2025-12-15', '2025-12-16'].entries()) {
    await feed.addCatalogue(
      [{ slug: `new-${i}`, title: `New ${i}`, date: issue, family: 'vision', summary: 'New.' }],
      issue,
    );
    expect((await run(Date.parse(`${issue}T08:00:00Z`))).dropped).toBe(i < 3 ? 1 : 0);
  }
  expect(await subscribers()).toMatchObject([{ id, state: 'paused' }]);
  const { preferencesToken, choices } = (await feed.digest.subscriptionOf('ADA@example.net'))!;
  expect(await feed.digest.change(preferencesToken, choices)).toMatchObject({ state: 'active' });
});

describe('a dry run', () => {
  it('tells what would be sent, to whom without saying it, and changes nothing', async () => {
    await addSubscribers(db, ['ada@example.net', 'bob@example.net']);
    const due = await feed.digest.due(sender, { now: () => thursday });
    expect([...due].sort((a, b) => a.to.localeCompare(b.to))).toEqual(
      ['a…@example.net', 'b…@example.net']
        .map((to) => ({
          to,
          issue: '2025-12-11',
          papers: 3,
          subject: 'Daily papers, 11 December 2025: Paper Boats and 2 more',
        }))
        .map((issue) => expect.objectContaining(issue)),
    );
    expect(await outbox()).toEqual([]);
    expect(await run()).toMatchObject({ sent: 2 });
  });
});
