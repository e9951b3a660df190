import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../database/schema.js';
import type { Feed } from '../types.js';
import { noTopics } from './choices.js';
import { SubscriptionError } from './errors.js';
import { type MailServer, startMailServer } from './testing/mailServer.js';
import { deliveryReport } from './testing/returnedMail.js';
import { digestFeed, everyDay, sender } from './testing/subscribers.js';
import type { Choices } from './types.js';

let feed: Feed;
let db: Kysely<Database>;
let server: MailServer;

beforeEach(async () => {
  ({ feed, db } = await digestFeed());
  server = await startMailServer();
});

const request = (address: string, choices: Choices = everyDay) =>
  feed.digest.subscribe({ address, choices, formVersion: '1', visitor: '192.0.2.77' });
const rows = () => db.selectFrom('subscriber').selectAll().orderBy('address').execute();
const notices = (now = Date.now()) => feed.digest.notices(server.mailer(), sender, { now: () => now });
const tokenIn = (text: string) => /\/subscribe\/confirm\/([0-9a-f]+)/.exec(text)?.[1] ?? '';
const lastToken = async () => tokenIn((await server.received.at(-1)!.parsed()).text ?? '');
const hour = 3600_000;

/** Subscribes and confirms as a person would. */
async function join(address: string) {
  await request(address);
  await notices();
  return (await feed.digest.confirm(await lastToken()))!;
}

describe('a request', () => {
  it('leads to one mail with a token of which only the hash is kept, and to proof', async () => {
    await request('Ada@example.org');
    expect(await notices()).toBe(1);
    expect(await notices()).toBe(0);
    const [message] = server.received;
    expect(message!.to).toBe('Ada@example.org');
    expect(message!.from).toMatch(/^bounce\+[0-9a-f]{48}@example\.org$/);
    const token = await lastToken();
    const [row] = await rows();
    expect(row).toMatchObject({ state: 'pending', form_version: '1', request_network: '192.0.2.0/24' });
    expect(Math.abs(row!.requested_at - Date.now())).toBeLessThan(60_000);
    expect(JSON.stringify(row)).not.toContain(token);
    expect(token).toHaveLength(48);
  });

  it('changes nothing before the token comes back, which it does once', async () => {
    await request('ada@example.org');
    await notices();
    const token = await lastToken();
    expect(await feed.digest.confirmation(token)).toMatchObject({
      address: 'ada@example.org',
      state: 'pending',
    });
    expect((await rows())[0]!.state).toBe('pending');
    expect(await feed.digest.confirm(token)).toMatchObject({ state: 'active', nextAt: expect.any(Number) });
    expect(await feed.digest.confirm(token)).toBeUndefined();
    expect(await feed.digest.confirmation(token)).toBeUndefined();
  });

  it('is worth nothing after 48 hours, and gone after seven days', async () => {
    await request('ada@example.org');
    const start = Date.now();
    await notices();
    const token = await lastToken();
    vi.useFakeTimers({ toFake: ['Date'], now: start + 48 * hour + 60_000 });
    expect(await feed.digest.confirm(token)).toBeUndefined();
    vi.useRealTimers();
    const run = (now: number) => feed.digest.run(server.mailer(), sender, { now: () => now });
    await run(start + 6.9 * 24 * hour);
    expect(await rows()).toHaveLength(1);
    await run(start + 7.1 * 24 * hour);
    expect(await rows()).toHaveLength(0);
  });

  it('is kept while mail is off, and gets its mail when it is on', async () => {
    await request('ada@example.org');
    await server.close();
    const later = Date.now() + 10 * 24 * hour;
    await feed.digest.run(server.mailer(), sender, { now: () => later });
    expect(await rows()).toMatchObject([{ mail_due: 'confirm', mail_tries: 0 }]);
    server = await startMailServer();
    expect(await notices(later + hour)).toBe(1);
  });

  it('repeated soon sends no second mail, and replaces what was chosen', async () => {
    await request('ada@example.org');
    await notices();
    await request('ADA@example.org', { ...everyDay, hour: 20 });
    expect(await notices()).toBe(0);
    expect(await rows()).toMatchObject([{ hour: 20, address: 'ada@example.org' }]);
  });

  it('for somebody who is subscribed tells only its owner, and changes nothing', async () => {
    await join('ada@example.org');
    const [before] = await rows();
    await request('ada@example.org', { ...everyDay, hour: 20 });
    expect(await notices()).toBe(0);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * hour });
    await request('ada@example.org', { ...everyDay, hour: 20 });
    expect(await notices()).toBe(1);
    vi.useRealTimers();
    expect((await rows())[0]).toMatchObject({ hour: 8, state: 'active', next_at: before!.next_at });
    const { text, subject } = await server.received[1]!.parsed();
    expect(subject).toBe('You are subscribed to Test papers');
    expect(text).toContain('/subscribe/preferences/');
    expect(tokenIn(text ?? '')).toBe('');
  });

  it('answers the same for known, unknown and suppressed addresses', async () => {
    const subscription = await join('ada@example.org');
    await join('gone@example.org');
    const report = deliveryReport(server.received[1]!.from);
    expect(await feed.digest.returned(report)).toBe('hard');
    const answers = await Promise.all(
      ['ada@example.org', 'new@example.org', 'gone@example.org'].map((a) => request(a)),
    );
    expect(answers).toEqual([undefined, undefined, undefined]);
    expect((await rows()).map(({ address }) => address)).toEqual(['ada@example.org', 'new@example.org']);
    expect(subscription.address).toBe('ada@example.org');
  });

  it.each([
    ['hour', { ...everyDay, hour: 24 }],
    ['hour', { ...everyDay, hour: Number.NaN }],
    ['day of the week', { ...everyDay, weekday: 0 }],
    ['time zone', { ...everyDay, zone: 'Mars/Olympus' }],
    ['how often', { ...everyDay, frequency: 'hour' as 'day' }],
    ['searches', { ...everyDay, topics: { ...noTopics, searches: [...'abcdef'] } }],
  ])('with a bad %s is refused', async (name, choices) => {
    const refused = request('ada@example.org', choices as Choices);
    await expect(refused).rejects.toThrow(SubscriptionError);
    await expect(refused).rejects.toThrow(name);
    expect(await rows()).toEqual([]);
  });

  it('keeps topics as single lines', async () => {
    const topics = {
      families: ['routing'],
      tags: ['cs.LG\r\nBcc: bob@example.org'],
      authors: [' Ada  Lovelace', ''],
      searches: ['  boats  ', 'boats'],
    };
    await request('ada@example.org', { ...everyDay, topics });
    expect(JSON.parse((await rows())[0]!.topics)).toEqual({
      families: ['routing'],
      tags: ['cs.LG Bcc: bob@example.org'],
      authors: ['Ada Lovelace'],
      searches: ['boats'],
    });
  });
});

describe('a token', () => {
  it('allows what it was made for, and nothing else', async () => {
    const { unsubscribeToken, preferencesToken } = await join('ada@example.org');
    expect(await feed.digest.subscription(unsubscribeToken)).toBeUndefined();
    expect(await feed.digest.unsubscribe(preferencesToken)).toBe(false);
    expect(await feed.digest.mayUnsubscribe(preferencesToken)).toBe(false);
    expect(await feed.digest.subscription(preferencesToken)).toMatchObject({ address: 'ada@example.org' });
  });

  it('cannot be guessed from an id, nor from another token', async () => {
    const { unsubscribeToken: token } = await join('ada@example.org');
    const id = token.slice(0, 16);
    const last = token.at(-1) === '0' ? '1' : '0';
    const guesses = [
      id,
      id + '0'.repeat(32),
      token.slice(0, -1) + last,
      `${token}0`,
      token.toUpperCase(),
      '',
      "' or 1=1 --",
    ];
    for (const guess of guesses) {
      expect(await feed.digest.unsubscribe(guess)).toBe(guess === token);
      expect(await feed.digest.confirm(guess)).toBeUndefined();
      expect(await feed.digest.change(guess, everyDay)).toBeUndefined();
    }
    expect(await rows()).toHaveLength(1);
  });

  it('ends a subscription once and for all, and says so again when used again', async () => {
    const { unsubscribeToken, preferencesToken } = await join('ada@example.org');
    expect(await feed.digest.mayUnsubscribe(unsubscribeToken)).toBe(true);
    expect(await rows()).toHaveLength(1);
    expect(await feed.digest.unsubscribe(unsubscribeToken)).toBe(true);
    expect(await rows()).toEqual([]);
    expect(await feed.digest.unsubscribe(unsubscribeToken)).toBe(true);
    expect(await feed.digest.subscription(preferencesToken)).toBeUndefined();
  });

  it('changes what is sent', async () => {
    const { preferencesToken } = await join('ada@example.org');
    const choices = { ...everyDay, frequency: 'week', weekday: 3, weekends: true, onlyNew: false } as const;
    expect(await feed.digest.change(preferencesToken, choices)).toMatchObject({ choices, state: 'active' });
    expect((await feed.digest.subscription(preferencesToken))?.choices).toEqual(choices);
  });

  it('is the same in every process of a feed', async () => {
    const { preferencesToken } = await join('ada@example.org');
    const { openDigest } = await import('./digest.js');
    expect(await openDigest(db, 'unused', async () => []).subscription(preferencesToken)).toMatchObject({
      address: 'ada@example.org',
    });
  });
});
