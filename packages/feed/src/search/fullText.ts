import { type Kysely, sql } from 'kysely';
import type { Database, PaperRow } from '../database/schema.js';
import type { SearchHit } from '../types.js';
import { type QueryTerms, wordBeginning } from './query.js';

/** How much a match counts by where it stands: title, summary, abstract, labels. */
const weights = [10, 4, 2, 4].map((weight) => sql.lit(weight));
const snippetWords = 32;
const completionLimit = 40;
/** The stem of a word has its first three letters at least, so that shorter beginnings need no completion. */
const shortestCompleted = 4;

/** Around a matched word in a snippet; no stored text has control characters. */
const matchStart = '\u0001';
const matchEnd = '\u0002';

export interface FullTextHit {
  readonly paperId: string;
  readonly score: number;
  readonly snippet: SearchHit['snippet'];
}

/** Takes a paper's text into the index, in place of what stood there for it. */
export async function indexPaper(db: Kysely<Database>, paper: PaperRow): Promise<void> {
  await unindexPaper(db, paper.id);
  const { number: rowid } = await db
    .insertInto('search_document')
    .values({ paper_id: paper.id })
    .returning('number')
    .executeTakeFirstOrThrow();
  const { title, summary, abstract } = paper;
  const labels = [paper.family, paper.slug, paper.id].join(' ');
  const text = { title, summary: summary ?? '', abstract: abstract ?? '', labels };
  await db
    .insertInto('search_text')
    .values({ rowid, ...text })
    .execute();
  await db
    .insertInto('search_word')
    .values({ rowid, text: Object.values(text).join('\n') })
    .execute();
}

/** Takes a paper's text out of the index. */
export async function unindexPaper(db: Kysely<Database>, paperId: string): Promise<void> {
  const document = await db
    .deleteFrom('search_document')
    .where('paper_id', '=', paperId)
    .returning('number')
    .executeTakeFirst();
  if (!document) return;
  await db.deleteFrom('search_text').where('rowid', '=', document.number).execute();
  await db.deleteFrom('search_word').where('rowid', '=', document.number).execute();
}

/**
 * The expression of FTS5 for a query: all terms, the last word also as the beginning of a word.
 * Every term stands in quotes, so that no character of it is syntax.
 */
export async function matchExpression(
  db: Kysely<Database>,
  { terms, prefix }: QueryTerms,
  operator: 'AND' | 'OR',
): Promise<string> {
  const parts = terms.map(quoted);
  const last = terms.at(-1);
  if (prefix && last !== undefined) parts[parts.length - 1] = await beginningExpression(db, last);
  return parts.join(` ${operator} `);
}

async function beginningExpression(db: Kysely<Database>, term: string): Promise<string> {
  const { head, beginning } = wordBeginning(term);
  const words = beginning.length < shortestCompleted ? [] : await wordsBeginning(db, beginning);
  return `(${[`${quoted(term)}*`, ...words.map((word) => quoted(head + word))].join(' OR ')})`;
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

/** Number of papers that an expression matches, and `limit` of them from `offset`, best first. */
export async function matchPapers(
  db: Kysely<Database>,
  expression: string,
  options: { family: string | undefined; except: readonly string[]; limit: number; offset: number },
): Promise<{ total: number; hits: FullTextHit[] }> {
  const { family, except, limit, offset } = options;
  const matches = db
    .selectFrom('search_text')
    .innerJoin('search_document', 'search_document.number', 'search_text.rowid')
    .innerJoin('paper', 'paper.id', 'search_document.paper_id')
    .where(sql<boolean>`search_text match ${expression}`)
    .$if(family !== undefined, (query) => query.where('paper.family', '=', family ?? null))
    .$if(except.length > 0, (query) => query.where('paper.id', 'not in', except));
  const { total } = await matches
    .select((query) => query.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const ranked = await matches
    .select([
      'search_text.rowid',
      'paper.id',
      sql<number>`bm25(search_text, ${sql.join(weights)})`.as('rank'),
    ])
    .orderBy('rank')
    .orderBy('paper.id')
    .limit(limit)
    .offset(offset)
    .execute();
  const snippets = await snippetsOf(
    db,
    expression,
    ranked.map((row) => row.rowid),
  );
  const hits = ranked.map((row) => ({
    paperId: row.id,
    score: -row.rank,
    snippet: snippets.get(row.rowid) ?? [],
  }));
  return { total, hits };
}

/** Passages are cut out only for the rows of one answer: for all matches it would cost a second read of each. */
async function snippetsOf(
  db: Kysely<Database>,
  expression: string,
  rowids: readonly number[],
): Promise<Map<number, SearchHit['snippet']>> {
  if (rowids.length === 0) return new Map();
  const passage = sql<string>`snippet(search_text, -1, ${matchStart}, ${matchEnd}, '…', ${sql.lit(snippetWords)})`;
  const rows = await db
    .selectFrom('search_text')
    .select(['rowid', passage.as('passage')])
    .where(sql<boolean>`search_text match ${expression}`)
    .where('rowid', 'in', rowids)
    .execute();
  return new Map(rows.map((row) => [row.rowid, toPieces(row.passage)]));
}

function toPieces(passage: string): SearchHit['snippet'] {
  return passage.split(matchStart).flatMap((part, index) => {
    if (index === 0) return piece(part, false);
    const end = part.indexOf(matchEnd);
    return [...piece(part.slice(0, end), true), ...piece(part.slice(end + 1), false)];
  });
}

function piece(text: string, match: boolean): { text: string; match: boolean }[] {
  return text === '' ? [] : [{ text, match }];
}
