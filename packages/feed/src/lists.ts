import {
  type Expression,
  expressionBuilder,
  type Kysely,
  type SelectQueryBuilder,
  type SqlBool,
} from 'kysely';
import { isDay, today } from './calendar.js';
import { chunks } from './database/chunks.js';
import type { Database } from './database/schema.js';
import { normaliseTitle } from './import/title.js';
import { selectPapers, toFeedPapers } from './papers.js';
import { daysOf, periodOf } from './period.js';
import type { DayList, DayOptions, ListQuery, PaperPage, Period, PeriodKind } from './types.js';
import { appearedIn } from './venues.js';

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
  for (const some of chunks(entries)) {
    await db
      .insertInto('daily_entry')
      .values(some)
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
  options: DayOptions = {},
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
    .$if(options.notHiddenBy !== undefined, (query) => query.where(isShownTo(options.notHiddenBy!)))
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

/** The condition that a reader did not hide a paper of the table `paper`. */
function isShownTo(accountId: string): Expression<SqlBool> {
  const is = expressionBuilder<Database, 'paper'>();
  const hidden = is
    .selectFrom('reading_entry')
    .select('paper_id')
    .where('account_id', '=', accountId)
    .where('state', '=', 'hidden');
  return is('paper.id', 'not in', hidden);
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

/** Venues with their number of papers, the latest first. */
export async function listVenues(db: Kysely<Database>): Promise<{ venue: string; count: number }[]> {
  const rows = await db
    .selectFrom('paper')
    .select(['venue', (query) => query.fn.countAll<number>().as('count')])
    .where('venue', 'is not', null)
    .groupBy('venue')
    .execute();
  const year = (venue: string) => venue.slice(-4);
  return rows
    .map(({ venue, count }) => ({ venue: venue ?? '', count }))
    .sort(
      (a, b) =>
        year(b.venue).localeCompare(year(a.venue)) || b.count - a.count || a.venue.localeCompare(b.venue),
    );
}

/** Tags with their number of papers, most first. */
export function listTags(
  db: Kysely<Database>,
  { limit = 50 }: { limit?: number } = {},
): Promise<{ tag: string; count: number }[]> {
  return db
    .selectFrom('paper_tag')
    .select(['tag', (query) => query.fn.countAll<number>().as('count')])
    .groupBy('tag')
    .orderBy('count', 'desc')
    .orderBy('tag')
    .limit(limit)
    .execute();
}

/** The week or month with papers that is shown for a name, with its neighbours. */
export async function findPeriod(
  db: Kysely<Database>,
  kind: PeriodKind,
  name: string = periodOf(kind, today()),
): Promise<Period | undefined> {
  const asked = daysOf(kind, name);
  if (!asked) {
    const expected = kind === 'week' ? 'a week as 2025-W09' : 'a month as 2025-02';
    throw new RangeError(`period: ${kind}: got ${JSON.stringify(name)}, expected ${expected}`);
  }
  const last = await nearestDay(db, 'max', '<=', asked.to, undefined);
  if (last === undefined) return undefined;
  const shown = periodOf(kind, last);
  const days = daysOf(kind, shown)!;
  const before = await nearestDay(db, 'max', '<', days.from, undefined);
  const after = await nearestDay(db, 'min', '>', days.to, undefined);
  return {
    name: shown,
    ...days,
    ...(before !== undefined && { previous: periodOf(kind, before) }),
    ...(after !== undefined && { next: periodOf(kind, after) }),
  };
}

const mostListed = 1000;

/**
 * Papers that a query names, in its order.
 * @throws RangeError for a day that is none, and a limit or offset out of range
 */
export async function listPapers(db: Kysely<Database>, query: ListQuery): Promise<PaperPage> {
  const { sort, limit = 50, offset = 0 } = query;
  refuseBadQuery(query, limit, offset);
  const total = await countPapers(db, query);
  if (total === 0) return { total, papers: [] };
  const page = await ordered(db.selectFrom('paper'), query)
    .select('paper.id')
    .orderBy('paper.id', sort === 'list' ? 'asc' : 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  const ids = page.map((row) => row.id);
  if (ids.length === 0) return { total, papers: [] };
  const papers = await toFeedPapers(db, await selectPapers(db).where('paper.id', 'in', ids).execute());
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  return { total, papers: ids.map((id) => byId.get(id)!) };
}

async function countPapers(db: Kysely<Database>, query: ListQuery): Promise<number> {
  const { listed, sort, family, author, tag, submittedBy } = query;
  const anyFact = [family, author, tag, submittedBy].some((fact) => fact !== undefined);
  // What stands on days is counted there, which saves a look at each paper.
  const counted =
    !anyFact && (listed !== undefined || sort === 'list')
      ? onDays(db.selectFrom('daily_entry'), listed).select((count) =>
          count.fn.count<number>('paper_id').distinct().as('total'),
        )
      : filtered(db.selectFrom('paper'), query).select((count) => count.fn.countAll<number>().as('total'));
  const { total } = await counted.executeTakeFirstOrThrow();
  return total;
}

/** Entries of some days; of all where none are named. */
const onDays = (
  entries: SelectQueryBuilder<Database, 'daily_entry', object>,
  listed: ListQuery['listed'],
): SelectQueryBuilder<Database, 'daily_entry', object> =>
  listed === undefined ? entries : entries.where('day', '>=', listed.from).where('day', '<=', listed.to);

function refuseBadQuery({ listed }: ListQuery, limit: number, offset: number): void {
  for (const name of ['from', 'to'] as const) {
    const day = listed?.[name];
    if (day !== undefined && !isDay(day)) {
      throw new RangeError(`list: listed.${name}: got ${JSON.stringify(day)}, expected a day as YYYY-MM-DD`);
    }
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > mostListed) {
    throw new RangeError(`list: limit: got ${limit}, expected an integer from 1 to ${mostListed}`);
  }
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new RangeError(`list: offset: got ${offset}, expected an integer from 0`);
  }
}

type Selection = SelectQueryBuilder<Database, 'paper', object>;

/** Papers that a query is of; what their order needs of the days' lists comes with `ordered`. */
function filtered(papers: Selection, query: ListQuery): Selection {
  const { listed, sort } = query;
  if (listed === undefined && sort !== 'list') return withFacts(papers, query);
  const ofDays = papers.where('paper.id', 'in', (inner) =>
    onDays(inner.selectFrom('daily_entry'), listed).select('paper_id'),
  );
  return withFacts(ofDays, query);
}

function withFacts(all: Selection, query: ListQuery): Selection {
  const { family, author, tag, venue, submittedBy, notHiddenBy, sort } = query;
  // What its authors have withdrawn does not trend.
  const papers = sort === 'trending' ? all.where('paper.withdrawn_on', 'is', null) : all;
  return papers
    .$if(venue !== undefined, (some) => some.where(appearedIn(venue!)))
    .$if(family !== undefined, (some) => some.where('paper.family', '=', family!))
    .$if(author !== undefined, (some) =>
      some.where('paper.id', 'in', (inner) =>
        inner.selectFrom('paper_author').select('paper_id').where('key', '=', normaliseTitle(author!)),
      ),
    )
    .$if(tag !== undefined, (some) =>
      some.where('paper.id', 'in', (inner) =>
        inner.selectFrom('paper_tag').select('paper_id').where('tag', '=', tag!),
      ),
    )
    .$if(notHiddenBy !== undefined, (some) => some.where(isShownTo(notHiddenBy!)))
    .$if(typeof submittedBy === 'string', (some) =>
      some.where('paper.id', 'in', (inner) =>
        inner
          .selectFrom('submission')
          .innerJoin('account', 'account.id', 'submission.account_id')
          .select('submission.paper_id')
          .where('account.name', '=', submittedBy!),
      ),
    )
    .$if(submittedBy === null, (some) =>
      some.where('paper.id', 'not in', (inner) => inner.selectFrom('submission').select('paper_id')),
    );
}

function ordered(papers: Selection, query: ListQuery): Selection {
  const { sort = 'newest' } = query;
  if (sort === 'list') return byDays(papers, query);
  const found = filtered(papers, query);
  const newest = (some: Selection) => some.orderBy('paper.published_on', (order) => order.desc().nullsLast());
  if (sort === 'votes') return newest(found.orderBy('paper.upvotes', 'desc'));
  if (sort === 'trending') return newest(found.orderBy('paper.trend', (order) => order.desc().nullsLast()));
  return newest(found);
}

/** Days newest first, each in its order; a paper of several days stands on the latest. Walks an index from its end. */
function byDays(papers: Selection, query: ListQuery): Selection {
  const { listed } = query;
  return withFacts(papers, query)
    .innerJoin('daily_entry', 'daily_entry.paper_id', 'paper.id')
    .$if(listed !== undefined, (days) =>
      days.where('daily_entry.day', '>=', listed!.from).where('daily_entry.day', '<=', listed!.to),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('daily_entry as later')
            .select('later.day')
            .whereRef('later.paper_id', '=', 'daily_entry.paper_id')
            .whereRef('later.day', '>', 'daily_entry.day')
            .$if(listed !== undefined, (days) => days.where('later.day', '<=', listed!.to)),
        ),
      ),
    )
    .orderBy('daily_entry.day', 'desc')
    .orderBy('daily_entry.position') as unknown as Selection;
}
