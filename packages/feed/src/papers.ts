import type { Kysely } from 'kysely';
import type { Database, PaperRow } from './database/schema.js';
import { isProvisionalId, parseArxivId, provisionalId } from './identifiers.js';
import { indexPaper, unindexPaper } from './search/fullText.js';
import type { FeedPaper } from './types.js';

/** Ids per query, well below the engines' limits on parameters. */
const chunkSize = 500;

type ListedPaperRow = PaperRow & { listed_on: string | null };

/** All papers, each with the latest day on whose list it stands; the caller filters and orders. */
export function selectPapers(db: Kysely<Database>) {
  return db
    .selectFrom('paper')
    .selectAll('paper')
    .select((query) =>
      query
        .selectFrom('daily_entry')
        .whereRef('daily_entry.paper_id', '=', 'paper.id')
        .select((entry) => entry.fn.max('daily_entry.day').as('listed_on'))
        .as('listed_on'),
    );
}

/** Rows of `selectPapers` as the rest of the world sees them, in the same order. */
export async function toFeedPapers(
  db: Kysely<Database>,
  rows: readonly ListedPaperRow[],
): Promise<FeedPaper[]> {
  const authors = await authorsOf(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => toFeedPaper(row, authors.get(row.id) ?? []));
}

function toFeedPaper(row: ListedPaperRow, authors: readonly string[]): FeedPaper {
  return {
    id: row.id,
    title: row.title,
    authors,
    upvotes: row.upvotes,
    commentCount: row.comment_count,
    ...(row.slug !== null && { slug: row.slug }),
    ...(!isProvisionalId(row.id) && { arxivId: row.id }),
    ...(row.published_on !== null && { publishedOn: row.published_on }),
    ...(row.author_count !== null && { authorCount: row.author_count }),
    ...(row.repository !== null && { repository: row.repository }),
    ...(row.family !== null && { family: row.family }),
    ...(row.summary !== null && { summary: row.summary }),
    ...(row.abstract !== null && { abstract: row.abstract }),
    ...(row.listed_on !== null && { listedOn: row.listed_on }),
  };
}

async function authorsOf(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, string[]>> {
  const authors = new Map<string, string[]>();
  for (let start = 0; start < ids.length; start += chunkSize) {
    const rows = await db
      .selectFrom('paper_author')
      .select(['paper_id', 'name'])
      .where('paper_id', 'in', ids.slice(start, start + chunkSize))
      .orderBy('paper_id')
      .orderBy('position')
      .execute();
    for (const { paper_id, name } of rows) authors.set(paper_id, [...(authors.get(paper_id) ?? []), name]);
  }
  return authors;
}

/** The id under which a paper is stored, from any id that leads to it. */
export async function resolveId(db: Kysely<Database>, id: string): Promise<string | undefined> {
  const known = parseArxivId(id) ?? id;
  const stored =
    (await db.selectFrom('paper').select('id').where('id', '=', known).executeTakeFirst()) ??
    (await db
      .selectFrom('paper_alias')
      .select('paper_id as id')
      .where('alias', '=', known)
      .executeTakeFirst()) ??
    (await db.selectFrom('paper').select('id').where('slug', '=', id).executeTakeFirst());
  return stored?.id;
}

export function paperById(db: Kysely<Database>, id: string): Promise<PaperRow | undefined> {
  return db.selectFrom('paper').selectAll().where('id', '=', id).executeTakeFirst();
}

export function paperBySlug(db: Kysely<Database>, slug: string): Promise<PaperRow | undefined> {
  return db.selectFrom('paper').selectAll().where('slug', '=', slug).executeTakeFirst();
}

/** The paper that has, or once had, this title in any spelling. */
export function paperByTitle(db: Kysely<Database>, title: string): Promise<PaperRow | undefined> {
  return db
    .selectFrom('paper')
    .innerJoin('paper_alias', 'paper_alias.paper_id', 'paper.id')
    .selectAll('paper')
    .where('paper_alias.alias', '=', provisionalId(title))
    .executeTakeFirst();
}

/** A paper of which only these two facts are known. */
export function newPaper(id: string, title: string): PaperRow {
  return {
    id,
    title,
    slug: null,
    published_on: null,
    author_count: null,
    repository: null,
    family: null,
    summary: null,
    abstract: null,
    upvotes: 0,
    comment_count: 0,
  };
}

/** Whether two rows say the same. */
export function samePaper(a: PaperRow, b: PaperRow): boolean {
  return (Object.keys(a) as (keyof PaperRow)[]).every((column) => a[column] === b[column]);
}

/** Inserts or replaces a paper, and keeps its search text and the way from its title up to date. */
export async function savePaper(db: Kysely<Database>, paper: PaperRow): Promise<void> {
  await db
    .insertInto('paper')
    .values(paper)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(paper))
    .execute();
  await addAlias(db, provisionalId(paper.title), paper.id);
  await indexPaper(db, paper);
}

/** Gives a paper another id; the old one keeps leading to it. */
export async function renamePaper(db: Kysely<Database>, paper: PaperRow, id: string): Promise<PaperRow> {
  await db.updateTable('paper').set({ id }).where('id', '=', paper.id).execute();
  await addAlias(db, paper.id, id);
  return { ...paper, id };
}

/**
 * Makes two records one: days, authors, ids and facts that `into` lacks move over, and `from` goes.
 * @returns the joined record; the caller saves it.
 */
export async function mergePapers(db: Kysely<Database>, from: PaperRow, into: PaperRow): Promise<PaperRow> {
  await moveReferences(db, from.id, into.id);
  await unindexPaper(db, from.id);
  await db.deleteFrom('paper').where('id', '=', from.id).execute();
  await addAlias(db, from.id, into.id);
  return {
    id: into.id,
    title: into.title,
    slug: into.slug ?? from.slug,
    published_on: into.published_on ?? from.published_on,
    author_count: into.author_count ?? from.author_count,
    repository: into.repository ?? from.repository,
    family: into.family ?? from.family,
    summary: into.summary ?? from.summary,
    abstract: into.abstract ?? from.abstract,
    upvotes: Math.max(into.upvotes, from.upvotes),
    comment_count: Math.max(into.comment_count, from.comment_count),
  };
}

async function moveReferences(db: Kysely<Database>, from: string, into: string): Promise<void> {
  await db.updateTable('paper_alias').set({ paper_id: into }).where('paper_id', '=', from).execute();
  const days = db.selectFrom('daily_entry').select('day').where('paper_id', '=', into);
  await db
    .updateTable('daily_entry')
    .set({ paper_id: into })
    .where('paper_id', '=', from)
    .where('day', 'not in', days)
    .execute();
  const authors = db.selectFrom('paper_author').select('position').where('paper_id', '=', into);
  await db
    .updateTable('paper_author')
    .set({ paper_id: into })
    .where('paper_id', '=', from)
    .where(({ not, exists }) => not(exists(authors)))
    .execute();
}

async function addAlias(db: Kysely<Database>, alias: string, paperId: string): Promise<void> {
  await db
    .insertInto('paper_alias')
    .values({ alias, paper_id: paperId })
    .onConflict((conflict) => conflict.column('alias').doNothing())
    .execute();
}
