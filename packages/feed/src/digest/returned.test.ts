import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database/schema.js';
import type { Feed } from '../types.js';
import { startMailServer } from './testing/mailServer.js';
import { complaint, deliveryReport, wish } from './testing/returnedMail.js';
import { addSubscribers, digestFeed, sender, thursday } from './testing/subscribers.js';

let feed: Feed;
let db: Kysely<Database>;
let returnPath: string;
let unsubscribe: string;

beforeEach(async () => {
  ({ feed, db } = await digestFeed());
  const server = await startMailServer();
  await addSubscribers(db, ['ada@example.net']);
  await feed.digest.run(server.mailer(), sender, { now: () => thursday });
  returnPath = server.received[0]!.from;
  unsubscribe = /mailto:([^?]+)/.exec(server.received[0]!.raw)![1]!;
});

const count = async () => (await db.selectFrom('subscriber').select('id').execute()).length;
const suppressed = () => db.selectFrom('mail_suppression').select('reason').execute();

describe('a returned mail', () => {
  it.each([
    ['5.1.1', 'hard', 0],
    ['5.1.10', 'hard', 0],
    ['5.2.2', 'soft', 1],
    ['5.7.1', 'soft', 1],
    ['4.4.1', 'soft', 1],
    ['2.0.0', 'ignored', 1],
  ])('with status %s is %s', async (status, kind, left) => {
    expect(await feed.digest.returned(deliveryReport(returnPath, { status }))).toBe(kind);
    expect(await count()).toBe(left);
    expect(await suppressed()).toEqual(left === 0 ? [{ reason: 'bounce' }] : []);
  });

  it('that is only late changes nothing', async () => {
    expect(
      await feed.digest.returned(deliveryReport(returnPath, { action: 'delayed', status: '4.4.1' })),
    ).toBe('ignored');
  });

  it('is known by its address also in capitals', async () => {
    expect(await feed.digest.returned(deliveryReport(`<${returnPath.toUpperCase()}>`))).toBe('hard');
  });

  it('with a complaint suppresses', async () => {
    expect(await feed.digest.returned(complaint(returnPath))).toBe('complaint');
    expect([await count(), await suppressed()]).toEqual([0, [{ reason: 'complaint' }]]);
  });

  it('that wishes to unsubscribe does, and suppresses nothing', async () => {
    expect(await feed.digest.returned(wish(unsubscribe))).toBe('unsubscribed');
    expect([await count(), await suppressed()]).toEqual([0, []]);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['noise', Buffer.from([0, 255, 13, 10, 13, 10, 200])],
    ['a plain letter', wish('papers@example.org')],
    ['a forged token', deliveryReport(`bounce+${'0'.repeat(48)}@example.org`)],
    ['a forged wish', wish(`unsubscribe+${'0'.repeat(48)}@example.org`)],
  ])('that is %s is ignored', async (_, message) => {
    expect(await feed.digest.returned(message)).toBe('ignored');
    expect(await count()).toBe(1);
  });

  it('does not take the token of one link for another', async () => {
    const swapped = returnPath.replace('bounce', 'unsubscribe');
    expect(await feed.digest.returned(wish(swapped))).toBe('ignored');
    expect(await feed.digest.returned(deliveryReport(unsubscribe.replace('unsubscribe', 'bounce')))).toBe(
      'ignored',
    );
    expect(await count()).toBe(1);
  });
});
