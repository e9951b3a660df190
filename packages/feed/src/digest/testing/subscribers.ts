import type { Kysely } from 'kysely';
import { onTestFinished } from 'vitest';
import { openDatabase } from '../../database/open.js';
import type { Database } from '../../database/schema.js';
import { type FeedLocation, openFeed } from '../../feed.js';
import { cataloguePaper, temporaryLocation } from '../../testing/temporaryFeed.js';
import type { Feed } from '../../types.js';
import { noTopics } from '../choices.js';
import { newId } from '../secrets.js';
import type { Choices, Sender } from '../types.js';

export const sender: Sender = {
  base: 'https://papers.example.org',
  name: 'Test papers',
  address: 'papers@example.org',
  controller: 'Test Ltd, 1 Test Street',
};

export const everyDay: Choices = {
  frequency: 'day',
  weekday: 1,
  hour: 8,
  zone: 'Europe/Berlin',
  weekends: false,
  onlyNew: true,
  trending: true,
  topics: noTopics,
};

/** Thursday, 11 December 2025, 9:00 in Berlin: an hour after the issue of that day. */
export const thursday = Date.parse('2025-12-11T08:00:00Z');

/** A feed with its tables open beside it, and three papers on the list of the 11th. */
export async function digestFeed(): Promise<{ feed: Feed; db: Kysely<Database>; location: FeedLocation }> {
  const location = await temporaryLocation();
  const feed = await openFeed(location);
  const db = await openDatabase(location.databaseUrl ?? `${location.dataDir}/evenkeel.db`);
  onTestFinished(async () => {
    await db.destroy();
    await feed.close();
  });
  await feed.addCatalogue(
    [
      cataloguePaper({ slug: 'boats', title: 'Paper Boats', family: 'vision', arxivId: '2512.00001' }),
      cataloguePaper({ slug: 'kites', title: 'Paper Kites', family: 'routing' }),
      cataloguePaper({ slug: 'cranes', title: 'Paper Cranes', family: 'routing' }),
    ],
    '2025-12-11',
  );
  return { feed, db, location };
}

/** Subscribers whose issue of Thursday is due, as if they had confirmed the day before. */
export async function addSubscribers(
  db: Kysely<Database>,
  addresses: readonly string[],
  choices: Partial<Choices> = {},
): Promise<string[]> {
  const { topics, weekends, onlyNew, trending, ...columns } = { ...everyDay, ...choices };
  const rows = addresses.map((address) => ({
    ...columns,
    id: newId(),
    address,
    address_key: address.toLowerCase(),
    state: 'active' as const,
    weekends: Number(weekends),
    only_new: Number(onlyNew),
    trending: Number(trending),
    topics: JSON.stringify(topics),
    next_at: Date.parse('2025-12-11T07:00:00Z'),
    token_hash: null,
    token_expires: null,
    mail_due: null,
    mail_after: 0,
    mail_tries: 0,
    mailed_at: null,
    requested_at: Date.parse('2025-12-10T12:00:00Z'),
    form_version: 'test',
    request_network: null,
    confirmed_at: Date.parse('2025-12-10T12:00:00Z'),
  }));
  await db.insertInto('subscriber').values(rows).execute();
  return rows.map(({ id }) => id);
}
