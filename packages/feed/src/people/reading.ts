import type { Kysely } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { normaliseTitle } from '../import/title.js';
import { papersById } from '../papers.js';
import { actorOf } from './accounts.js';
import { cleanText, newId, paperIdOf, refuse, timeOf } from './common.js';
import type { Follow, People, ReadingEntry, ReadingState } from './types.js';

const states: readonly ReadingState[] = ['unread', 'read', 'hidden'];
const mostEntries = 10_000;
const mostFollows = 100;

type Reading = Pick<People, 'setReading' | 'dropReading' | 'readingList' | 'follow' | 'unfollow' | 'follows'>;

/** Ids of the papers on an account's list that a search finds by words or meaning, best first. */
export type ListFinder = (query: string, accountId: string) => Promise<readonly string[]>;

/** The reading list of each account, with notes that nobody else sees, and what it follows. */
export function readingOf(db: Kysely<Database>, find: ListFinder, clock: () => number): Reading {
  return {
    setReading: (accountId, paperId, change) => setReading(db, accountId, paperId, change, clock()),
    async dropReading(accountId, paperId) {
      const id = await paperIdOf(db, paperId);
      await db
        .deleteFrom('reading_entry')
        .where('account_id', '=', accountId)
        .where('paper_id', '=', id)
        .execute();
    },
    async readingList(accountId, { state, query = '' } = {}) {
      const entries = await readingList(db, accountId, state);
      const words = wordsOf(query);
      if (words.length === 0) return entries;
      const byPaper = new Map(entries.map((entry) => [entry.paper.id, entry]));
      const found = (await find(query, accountId)).flatMap((id) => byPaper.get(id) ?? []);
      const others = entries.filter((entry) => !found.includes(entry) && hasWords(entry, words));
      return [...found, ...others];
    },
    follow: (accountId, kind, value) => follow(db, accountId, kind, value, clock()),
    async unfollow(accountId, id) {
      await db.deleteFrom('follow').where('id', '=', id).where('account_id', '=', accountId).execute();
    },
    follows: (accountId) => followsOf(db, accountId),
  };
}

async function setReading(
  db: Kysely<Database>,
  accountId: string,
  anyId: string,
  change: { state?: ReadingState; note?: string },
  now: number,
): Promise<void> {
  const { state } = change;
  if (state !== undefined && !states.includes(state)) {
    refuse('bad input', `State: expected ${states.join(', ')}.`);
  }
  const note =
    change.note === undefined
      ? undefined
      : cleanText(change.note, { name: 'Note', most: 10_000, lines: true });
  return write(db, async (transaction) => {
    await actorOf(transaction, accountId);
    const paperId = await paperIdOf(transaction, anyId);
    const { count } = await transaction
      .selectFrom('reading_entry')
      .select((all) => all.fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow();
    if (count >= mostEntries) refuse('too many', `A reading list has at most ${mostEntries} papers.`);
    await transaction
      .insertInto('reading_entry')
      .values({
        account_id: accountId,
        paper_id: paperId,
        state: state ?? 'unread',
        note: note ?? '',
        added_at: now,
      })
      .onConflict((conflict) =>
        conflict.columns(['account_id', 'paper_id']).doUpdateSet((old) => ({
          state: state ?? old.ref('reading_entry.state'),
          note: note ?? old.ref('reading_entry.note'),
        })),
      )
      .execute();
  });
}

async function readingList(
  db: Kysely<Database>,
  accountId: string,
  state: ReadingState | undefined,
): Promise<ReadingEntry[]> {
  const rows = await db
    .selectFrom('reading_entry')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(state !== undefined, (select) => select.where('state', '=', state!))
    .orderBy('added_at', 'desc')
    .orderBy('paper_id')
    .execute();
  const papers = await papersById(
    db,
    rows.map((row) => row.paper_id),
  );
  return rows.flatMap((row) => {
    const paper = papers.get(row.paper_id);
    if (!paper) return [];
    return [{ paper, state: row.state, note: row.note, addedAt: timeOf(row.added_at) }];
  });
}

const wordsOf = (query: string): string[] => query.split(/\s+/).map(normaliseTitle).filter(Boolean);

function hasWords({ paper, note }: ReadingEntry, words: readonly string[]): boolean {
  const texts = [paper.title, paper.abstract ?? '', paper.summary ?? '', note, ...paper.authors];
  const text = texts.map(normaliseTitle).join(' ');
  return words.every((word) => text.includes(word));
}

async function follow(
  db: Kysely<Database>,
  accountId: string,
  kind: Follow['kind'],
  text: string,
  now: number,
): Promise<void> {
  if (!['author', 'family', 'search'].includes(kind)) {
    refuse('bad input', 'Follow: expected an author, a family or a search.');
  }
  const value = cleanText(text, { name: 'Follow', most: 250 }).replace(/\s+/g, ' ');
  if (normaliseTitle(value) === '') refuse('bad input', 'Follow: expected letters or digits.');
  return write(db, async (transaction) => {
    await actorOf(transaction, accountId);
    if ((await followsOf(transaction, accountId)).length >= mostFollows) {
      refuse('too many', `You can follow at most ${mostFollows}.`);
    }
    await transaction
      .insertInto('follow')
      .values({ id: newId(), account_id: accountId, kind, value, created_at: now })
      .onConflict((conflict) => conflict.columns(['account_id', 'kind', 'value']).doNothing())
      .execute();
  });
}

async function followsOf(db: Kysely<Database>, accountId: string): Promise<Follow[]> {
  return db
    .selectFrom('follow')
    .select(['id', 'kind', 'value'])
    .where('account_id', '=', accountId)
    .orderBy('kind')
    .orderBy('value')
    .execute();
}
