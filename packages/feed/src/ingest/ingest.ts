import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { dayInNewYork, isDay } from '../calendar.js';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { ImportError } from '../errors.js';
import { parseArxivId } from '../identifiers.js';
import type { IngestOptions, IngestReport, IngestSource, Problem } from '../types.js';
import { isArxivCategory } from './arxivAtom.js';
import { inTurn } from './pace.js';
import { longestQuery, type Page, pageOf, type State } from './pages.js';
import { type Requester, realClock } from './request.js';
import { type Change, storePapers } from './storePapers.js';

const mostIds = 10_000;
const mostCategories = 20;

/** A list that was through: arXiv's lists change once a day, at midnight in New York. */
interface Through {
  readonly through?: string | undefined;
  /** Entries that were asked for at the most. */
  readonly most?: number | undefined;
}

/**
 * Takes papers in from arXiv, page by page. Each page is stored with the place where the list goes on, so that an
 * ingestion that is stopped at any moment goes on there when it is begun again, with nothing lost or doubled. A query
 * and a day's announcements that were through on the same day are not asked for again.
 * @throws ImportError for a bad source, and when it does not answer after five tries
 */
export async function ingest(
  db: Kysely<Database>,
  given: IngestSource,
  options: IngestOptions = {},
): Promise<IngestReport> {
  const source = checked(given);
  const key = keyOf(source);
  const { clock = realClock, signal, onWait, random = Math.random } = options;
  const requester: Requester = {
    clock,
    signal,
    onWait,
    random,
    turn: (request) => inTurn(db, 'arxiv', { clock, signal, onWait }, request),
  };
  const count: Record<Change, number> = { added: 0, updated: 0, unchanged: 0 };
  const problems: Problem[] = [];
  const begun = await stateOf(db, key);
  const most = options.limit ?? longestQuery;
  if (begun?.through === dayInNewYork(clock.now()) && (begun.most ?? 0) >= most)
    return { ...count, resumed: false, upToDate: true, problems };
  const resumed = begun !== undefined && (begun.done > 0 || begun.ids !== undefined);
  let beyond: number | undefined;
  let state: State | undefined = begun ?? { done: 0 };
  while (state) {
    options.signal?.throwIfAborted();
    const page: Page = await pageOf(requester, source, state, options);
    // What came to the beginning of a list while it was stopped has not been asked for yet.
    const isThrough = !page.more && !resumed;
    const after = isThrough ? { ...page.after, ...throughOf(source, clock.now(), most) } : page.after;
    await write(db, async (transaction) => {
      for (const { change } of await storePapers(transaction, page.records)) count[change]++;
      await saveState(transaction, key, after, clock.now());
    });
    problems.push(...page.problems);
    options.onProgress?.({ done: page.done, total: page.total, ...count });
    beyond = page.beyond;
    state = page.more ? page.after : undefined;
  }
  return { ...count, resumed, upToDate: false, ...(beyond !== undefined && { beyond }), problems };
}

const throughOf = ({ kind }: IngestSource, now: number, most: number): Through =>
  kind === 'query' || kind === 'announced' ? { through: dayInNewYork(now), most } : {};

/** A source with its ids as they are stored. @throws ImportError for a bad one, before anything is asked */
function checked(source: IngestSource): IngestSource {
  const refuse = (name: string, got: unknown, expected: string): never => {
    throw new ImportError(`ingest: ${name}: got ${JSON.stringify(got)}, expected ${expected}`);
  };
  switch (source.kind) {
    case 'query':
      if (source.query.trim() === '' || !/^[\x20-\x7e]*$/.test(source.query))
        refuse('query', source.query, 'ASCII such as cat:cs.LG');
      return source;
    case 'harvest':
      if (!/^[a-z-]+(?::[\w-]+){0,2}$/i.test(source.set)) refuse('set', source.set, 'a set such as cs:cs:LG');
      if (source.from !== undefined && !isDay(source.from))
        refuse('from', source.from, 'a day as YYYY-MM-DD');
      return source;
    case 'announced': {
      const { categories } = source;
      if (categories.length === 0 || categories.length > mostCategories)
        refuse('categories', categories.length, `1 to ${mostCategories} categories`);
      const wrong = categories.find((category) => !isArxivCategory(category));
      if (wrong !== undefined) refuse('categories', wrong, 'a category such as cs.LG');
      return source;
    }
    case 'ids': {
      const { ids } = source;
      if (ids.length === 0 || ids.length > mostIds) refuse('ids', ids.length, `1 to ${mostIds} ids`);
      const known = ids.map((id) => parseArxivId(id) ?? refuse('ids', id, 'an arXiv id such as 2501.04697'));
      return { kind: 'ids', ids: [...new Set(known)] };
    }
  }
}

function keyOf(source: IngestSource): string {
  switch (source.kind) {
    case 'query':
      return `query ${source.query}`;
    case 'harvest':
      return `harvest ${source.set}${source.versions ? ' with versions' : ''}`;
    case 'announced':
      return `announced ${source.categories.join('+')}`;
    case 'ids':
      return `ids ${createHash('sha256').update(source.ids.join()).digest('hex')}`;
  }
}

async function stateOf(db: Kysely<Database>, key: string): Promise<(State & Through) | undefined> {
  const row = await db.selectFrom('ingest_state').select('state').where('key', '=', key).executeTakeFirst();
  return row && (JSON.parse(row.state) as State & Through);
}

async function saveState(
  db: Kysely<Database>,
  key: string,
  state: State & Through,
  now: number,
): Promise<void> {
  const values = { state: JSON.stringify(state), updated_at: new Date(now).toISOString() };
  await db
    .insertInto('ingest_state')
    .values({ key, ...values })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
    .execute();
}
