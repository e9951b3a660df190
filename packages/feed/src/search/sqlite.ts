import { CompiledQuery, type Kysely, sql } from 'kysely';
import { stemmer } from 'stemmer';
import type { Database } from '../database/schema.js';
import type { PaperText } from './document.js';
import { isFiltered, passes } from './filter.js';
import type { FullText, MatchOptions, Operator, Snippet, Word, WordQuery } from './fullText.js';
import { matchEnd, matchStart, snippetPieces, snippetWords } from './passage.js';
import { type QueryTerms, wordBeginning } from './query.js';

/** Full text in SQLite, by FTS5. */
export const sqliteFullText: FullText = {
  createTables,
  tune,
  indexPapers,
  unindexPaper: (db, paperId) => unindexPapers(db, [paperId]),
  hasMatch,
  countMatches,
  matchPapers,
  matchesAmong,
  snippetsOf,
  vocabulary,
  revision,
};

/** How much a match counts by where it stands: title, summary, abstract, labels, authors, about. */
const weights = [10, 4, 2, 4, 6, 2].map((weight) => sql.lit(weight));
const completionLimit = 40;
/**
 * Papers with all words of a query that are ranked: to rank more takes too long, and says little where the words stand
 * nearly everywhere. The newest in the index come first then.
 */
const mostRanked = 5000;
/** The stem of a word has its first three letters at least, so that shorter beginnings need no completion. */
const shortestCompleted = 4;

const insertText =
  'insert into search_text (rowid, title, summary, abstract, labels, authors, about) values (?, ?, ?, ?, ?, ?, ?)';
const insertWords = 'insert into search_word (rowid, text) values (?, ?)';

async function indexPapers(db: Kysely<Database>, texts: readonly PaperText[]): Promise<void> {
  if (texts.length === 0) return;
  const ids = texts.map(({ paperId }) => paperId);
  await unindexPapers(db, ids);
  const documents = await db
    .insertInto('search_document')
    .values(ids.map((paper_id) => ({ paper_id })))
    .returning(['number', 'paper_id'])
    .execute();
  const numbers = new Map(documents.map(({ number, paper_id }) => [paper_id, number]));
  // One by one: for several rows of one statement SQLite would write its index out before them.
  for (const { paperId, ...text } of texts) {
    const rowid = numbers.get(paperId)!;
    const { title, summary, abstract, labels, authors, about } = text;
    const values = [title, summary, abstract, labels, authors, about];
    await db.executeQuery(CompiledQuery.raw(insertText, [rowid, ...values]));
    await db.executeQuery(CompiledQuery.raw(insertWords, [rowid, values.join('\n')]));
  }
}

async function unindexPapers(db: Kysely<Database>, ids: readonly string[]): Promise<void> {
  const documents = await db
    .deleteFrom('search_document')
    .where('paper_id', 'in', ids)
    .returning('number')
    .execute();
  if (documents.length === 0) return;
  const numbers = documents.map(({ number }) => number);
  await db.deleteFrom('search_text').where('rowid', 'in', numbers).execute();
  await db.deleteFrom('search_word').where('rowid', 'in', numbers).execute();
}

/** A query as SQLite is asked it. */
interface Prepared {
  readonly expression: string;
  /** Whether so many papers match that those with the rarest words cannot be told soon. */
  readonly common: boolean;
}

/** Of the queries of one search, which asks for more than their matches. */
const preparedQueries = new WeakMap<QueryTerms, Partial<Record<Operator, Promise<Prepared>>>>();

function prepare(db: Kysely<Database>, { terms, operator }: WordQuery): Promise<Prepared> {
  const known = preparedQueries.get(terms) ?? {};
  preparedQueries.set(terms, known);
  known[operator] ??= prepareNow(db, terms, operator);
  return known[operator];
}

async function prepareNow(db: Kysely<Database>, terms: QueryTerms, operator: Operator): Promise<Prepared> {
  const expression = await matchExpression(db, terms, operator);
  // What has one of the words is told apart by how many of them: there the rank is needed.
  if (operator === 'OR') return { expression, common: false };
  const row = await db
    .selectFrom('search_text')
    .select('rowid')
    .where(sql<boolean>`search_text match ${expression}`)
    .orderBy('rowid', 'desc')
    .limit(1)
    .offset(mostRanked)
    .executeTakeFirst();
  return { expression, common: row !== undefined };
}

/**
 * The expression of FTS5 for a query: all terms, the last word also as the beginning of a word.
 * Every term stands in quotes, so that no character of it is syntax.
 */
async function matchExpression(
  db: Kysely<Database>,
  { terms, prefix }: QueryTerms,
  operator: Operator,
): Promise<string> {
  const parts = terms.map(quoted);
  const last = terms.at(-1);
  if (prefix && last !== undefined) parts[parts.length - 1] = await beginningExpression(db, last);
  return parts.join(` ${operator} `);
}

async function beginningExpression(db: Kysely<Database>, term: string): Promise<string> {
  const { head, beginning } = wordBeginning(term);
  if (beginning.length < shortestCompleted) return `(${quoted(term)}*)`;
  const words = await wordsBeginning(db, beginning);
  const byStem = new Map(words.map((word) => [stemmer(word), word]));
  byStem.delete(stemmer(beginning));
  const forms = [quoted(term), ...[...byStem.values()].map((word) => quoted(head + word))];
  // To go through all stems that begin so takes long, and is only needed where there are more words.
  if (words.length === completionLimit) forms.push(`${quoted(term)}*`);
  return `(${forms.join(' OR ')})`;
}

/** The words of the index that begin like this, those of most papers first. */
async function wordsBeginning(db: Kysely<Database>, beginning: string): Promise<string[]> {
  const rows = await db
    .selectFrom('search_vocabulary')
    .select('term')
    .where('term', '>=', beginning)
    .where('term', '<', `${beginning}\u{10ffff}`)
    .orderBy('doc', 'desc')
    .limit(completionLimit)
    .execute();
  return rows.map((row) => row.term);
}

function quoted(term: string): string {
  return `"${term.replaceAll('"', '""')}"`;
}

/** The rows of the index that match an expression and pass the filter. */
function matches(db: Kysely<Database>, expression: string, { filter }: WordQuery) {
  return db
    .selectFrom('search_text')
    .innerJoin('search_document', 'search_document.number', 'search_text.rowid')
    .where(sql<boolean>`search_text match ${expression}`)
    .$if(isFiltered(filter), (query) =>
      query.innerJoin('paper', 'paper.id', 'search_document.paper_id').where(passes(db, filter)),
    );
}

async function hasMatch(db: Kysely<Database>, query: WordQuery): Promise<boolean> {
  const { expression } = await prepare(db, query);
  const row = await matches(db, expression, query).select('search_text.rowid').limit(1).executeTakeFirst();
  return row !== undefined;
}

async function countMatches(db: Kysely<Database>, query: WordQuery): Promise<number> {
  const { expression } = await prepare(db, query);
  const rows = isFiltered(query.filter)
    ? matches(db, expression, query)
    : db.selectFrom('search_text').where(sql<boolean>`search_text match ${expression}`);
  const { total } = await rows
    .select((count) => count.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

async function matchPapers(
  db: Kysely<Database>,
  query: WordQuery,
  { except, limit, offset, titles }: MatchOptions,
): Promise<string[]> {
  const { expression, common } = await prepare(db, query);
  const rows = await matches(db, titles ? `{title} : (${expression})` : expression, query)
    .$if(except.length > 0, (some) => some.where('search_document.paper_id', 'not in', except))
    .select('search_document.paper_id')
    // From the end of the index, which is gone through only as far as it is needed.
    .$if(common, (some) => some.orderBy('search_text.rowid', 'desc'))
    .$if(!common, (some) =>
      some.orderBy(sql`bm25(search_text, ${sql.join(weights)})`).orderBy('search_document.paper_id'),
    )
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map((row) => row.paper_id);
}

async function matchesAmong(
  db: Kysely<Database>,
  query: WordQuery,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { expression, common } = await prepare(db, query);
  const rows = await matches(db, expression, query)
    .select('search_document.paper_id')
    .where(isAmong(db, ids, common))
    .execute();
  return new Set(rows.map((row) => row.paper_id));
}

/**
 * Of few matches, all are gone through once, for which the plus stands, which changes nothing else; where there are many,
 * each of the papers is looked up.
 */
function isAmong(db: Kysely<Database>, ids: readonly string[], common: boolean) {
  const numbers = db.selectFrom('search_document').select('number').where('paper_id', 'in', ids);
  return common
    ? sql<boolean>`search_text.rowid in ${numbers}`
    : sql<boolean>`+search_text.rowid in ${numbers}`;
}

/** Passages are cut out only for the papers of one answer: for all matches it would cost a second read of each. */
async function snippetsOf(
  db: Kysely<Database>,
  query: WordQuery,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Snippet>> {
  if (ids.length === 0) return new Map();
  const { expression, common } = await prepare(db, query);
  const passage = sql<string>`snippet(search_text, -1, ${matchStart}, ${matchEnd}, '…', ${sql.lit(snippetWords)})`;
  const rows = await matches(db, expression, query)
    .select(['search_document.paper_id', passage.as('passage')])
    .where(isAmong(db, ids, common))
    .execute();
  return new Map(rows.map((row) => [row.paper_id, snippetPieces(row.passage)]));
}

async function vocabulary(db: Kysely<Database>, limit: number): Promise<Word[]> {
  const rows = await db
    .selectFrom('search_vocabulary')
    .select(['term as word', 'doc as papers'])
    .orderBy('doc', 'desc')
    .orderBy('term')
    .limit(limit)
    .execute();
  return rows;
}

async function revision(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('search_document')
    .select((query) => query.fn.max<number | null>('number').as('number'))
    .executeTakeFirst();
  return row?.number ?? 0;
}

/** Bytes of the index that are held in memory before they are written: those of an import are written at once. */
const heldBytes = 2 ** 24;

async function tune(db: Kysely<unknown>): Promise<void> {
  for (const table of ['search_text', 'search_word']) {
    await sql`insert into ${sql.table(table)} (${sql.ref(table)}, rank) values ('hashsize', ${sql.lit(heldBytes)})`.execute(
      db,
    );
  }
}

/**
 * Creates the full-text tables. Stems and whole words are apart because the beginning of a word need not
 * begin its stem (`quantizat`, whose word has the stem `quantiz`), so that a word half typed is completed
 * from the list of words first.
 */
async function createTables(db: Kysely<unknown>): Promise<void> {
  await sql`create table search_document (
    number integer primary key autoincrement,
    paper_id text not null unique references paper (id) on update cascade on delete cascade
  )`.execute(db);
  await sql`create virtual table search_text using fts5 (
    title, summary, abstract, labels, authors, about, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '1 2 3'
  )`.execute(db);
  await sql`create virtual table search_word using fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'unicode61 remove_diacritics 2'
  )`.execute(db);
  await sql`create virtual table search_vocabulary using fts5vocab (search_word, row)`.execute(db);
}
