import { onTestFinished } from 'vitest';
import { openFeed } from '../feed.js';
import type { Account } from '../people/types.js';
import type { Feed } from '../types.js';
import { cataloguePaper, temporaryLocation } from './temporaryFeed.js';

export const adminAddress = 'admin@example.org';
const dayLength = 86_400_000;

export interface PeopleFeed {
  readonly feed: Feed;
  readonly location: Awaited<ReturnType<typeof temporaryLocation>>;
  /** Moves the clock on. */
  pass(milliseconds: number): void;
  /** Signs somebody in, by a link as it would be mailed. */
  join(email: string): Promise<Account>;
  /** The same, ten days ago: their votes count in full. */
  joinEarlier(email: string): Promise<Account>;
}

/** A feed with the papers `one` (2501.00001, by Ada Lovelace and Alan Turing) and `two` (2501.00002), and a clock of its own. */
export async function peopleFeed(): Promise<PeopleFeed> {
  const location = await temporaryLocation();
  let now = Date.parse('2025-06-01T12:00:00Z');
  const feed = await openFeed(location, { admins: [adminAddress], clock: () => now });
  onTestFinished(() => feed.close());
  await feed.addCatalogue(
    [
      cataloguePaper({ slug: 'one', arxivId: '2501.00001', title: 'Boats & 50% "sails"' }),
      cataloguePaper({ slug: 'two', arxivId: '2501.00002', title: '=SUM(1) of ships' }),
    ],
    '2025-06-01',
  );
  const item = {
    paper: {
      id: '2501.00001',
      title: 'Boats & 50% "sails"',
      authors: [{ name: 'Ada Lovelace' }, { name: 'Alan Turing' }],
    },
  };
  await feed.importSavedPage(new TextEncoder().encode(JSON.stringify([item])), {
    savedOn: '2025-06-01',
    name: 'daily.json',
  });
  const join = async (email: string): Promise<Account> => {
    const link = await feed.people.requestSignIn(email);
    const session = await feed.people.signIn(link!.secret);
    return (await feed.people.session(session!))!;
  };
  return {
    feed,
    location,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    join,
    async joinEarlier(email) {
      now -= 10 * dayLength;
      try {
        return await join(email);
      } finally {
        now += 10 * dayLength;
      }
    },
  };
}
