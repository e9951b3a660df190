import type { Kysely } from 'kysely';
import { isDay, today } from './calendar.js';
import type { Database } from './database/schema.js';
import { selectPapers, toFeedPapers } from './papers.js';
import type { DayList, FeedPaper } from './types.js';

/** Rows per insert, well below the engines' limits on parameters. */
const chunkSize = 500;

/** Ids of the papers on a day's list, in its order. */
export async function dayOrder(db: Kysely<Database>, day: string): Promise<string[]> {
  const rows = await db
    .selectFrom('daily_entry')
    .select('paper_id')
    .where('day', '=', day)
    .orderBy('position')
    .orderBy('paper_id')
    .execute();
  return rows.map((row) => row.paper_id);
}

/** Lists papers on a day in this order; `ids` names every paper that already stands there. */
export async function setDayOrder(db: Kysely<Database>, day: string, ids: readonly string[]): Promise<void> {
  const entries = ids.map((paper_id, position) => ({ day, paper_id, position }));
  for (let start = 0; start < entries.length; start += chunkSize) {
    await db
      .insertInto('daily_entry')
      .values(entries.slice(start, start + chunkSize))
      .onConflict((conflict) =>
        conflict
          .columns(['day', 'paper_id'])
          .doUpdateSet((update) => ({ position: update.ref('excluded.position') })),
      )
      .execute();
  }
}

/**
 * The list of a day, or of the last earlier day that has one.
 * @throws RangeError for a date that is no day.
 */
export async function dayList(
  db: Kysely<Database>,
  date: string = today(),
  options: { family?: string } = {},
): Promise<DayList | undefined> {
  if (!isDay(date)) {
    throw new RangeError(`day: date: got ${JSON.stringify(date)}, expected a day as YYYY-MM-DD`);
  }
  const shown = await nearestDay(db, 'max', '<=', date, options.family);
  if (shown === undefined) return undefined;
  const previous = await nearestDay(db, 'max', '<', shown, options.family);
  const next = await nearestDay(db, 'min', '>', shown, options.family);
  const rows = await selectPapers(db)
    .innerJoin('daily_entry as shown', 'shown.paper_id', 'paper.id')
    .where('shown.day', '=', shown)
    .$if(options.family !== undefined, (query) => query.where('paper.family', '=', options.family ?? null))
    .orderBy('shown.position')
    .orderBy('paper.id')
    .execute();
  return {
    date: shown,
    ...(previous !== undefined && { previous }),
    ...(next !== undefined && { next }),
    papers: await toFeedPapers(db, rows),
  };
}

async function nearestDay(
  db: Kysely<Database>,
  which: 'min' | 'max',
  side: '<' | '<=' | '>',
  date: string,
  family: string | undefined,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('daily_entry')
    .select((query) => query.fn[which]<string | null>('daily_entry.day').as('day'))
    .where('daily_entry.day', side, date)
    .$if(family !== undefined, (query) =>
      query.innerJoin('paper', 'paper.id', 'daily_entry.paper_id').where('paper.family', '=', family ?? null),
    )
    .executeTakeFirst();
  return row?.day ?? undefined;
}

/** Days that have a list, newest first. */
export function listedDays(db: Kysely<Database>): Promise<{ date: string; count: number }[]> {
  return db
    .selectFrom('daily_entry')
    .select(['day as date', (query) => query.fn.countAll<number>().as('count')])
    .groupBy('day')
    .orderBy('day', 'desc')
    .execute();
}

/** Papers of a family, newest first; those without a date last. */
export async function familyList(db: Kysely<Database>, family: string): Promise<FeedPaper[]> {
  const rows = await selectPapers(db)
    .where('family', '=', family)
    .orderBy((query) => query.fn.coalesce('published_on', query.val('')), 'desc')
    .orderBy('paper.id')
    .execute();
  return toFeedPapers(db, rows);
}

/** Families with their number of papers, by name. */
export async function listFamilies(db: Kysely<Database>): Promise<{ family: string; count: number }[]> {
  const rows = await db
    .selectFrom('paper')
    .select(['family', (query) => query.fn.countAll<number>().as('count')])
    .where('family', 'is not', null)
    .groupBy('family')
    .orderBy('family')
    .execute();
  return rows.flatMap(({ family, count }) => (family === null ? [] : [{ family, count }]));
}
