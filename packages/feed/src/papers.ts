import type { Kysely } from 'kysely';
import { chunks } from './database/chunks.js';
import type {
  Database,
  PaperAliasTable,
  PaperAuthorTable,
  PaperRow,
  PaperTagTable,
} from './database/schema.js';
import { isProvisionalId, objectId, parseArxivId, provisionalId } from './identifiers.js';
import { normaliseTitle } from './import/title.js';
import { importedFacts } from './imported.js';
import { moveMarks } from './people/merge.js';
import { fullTextOf } from './search/fullText.js';
import { trendKeyOf } from './trending.js';
import type { FeedPaper } from './types.js';

/** They have many columns. */
const papersPerInsert = 50;

type ListedPaperRow = PaperRow & {
  listed_on: string | null;
  submitter_id: string | null;
  submitter_name: string | null;
  submitter_full_name: string | null;
};

/** All papers, each with the latest day on whose list it stands and who put it there; the caller filters and orders. */
export function selectPapers(db: Kysely<Database>) {
  return db
    .selectFrom('paper')
    .leftJoin('submission', 'submission.paper_id', 'paper.id')
    .leftJoin('account', 'account.id', 'submission.account_id')
    .selectAll('paper')
    .select(['account.id as submitter_id', 'account.name as submitter_name'])
    .select('account.full_name as submitter_full_name')
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
  const ids = rows.map((row) => row.id);
  const authors = await authorsOf(db, ids);
  const tags = await tagsOf(db, ids);
  return rows.map((row) => toFeedPaper(row, authors.get(row.id) ?? [], tags.get(row.id) ?? []));
}

/** Papers by their ids; those that are not here are left out. */
export async function papersById(
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FeedPaper>> {
  const papers = new Map<string, FeedPaper>();
  for (const some of chunks(ids)) {
    const rows = await selectPapers(db).where('paper.id', 'in', some).execute();
    for (const paper of await toFeedPapers(db, rows)) papers.set(paper.id, paper);
  }
  return papers;
}

function toFeedPaper(row: ListedPaperRow, authors: readonly string[], tags: FeedPaper['tags']): FeedPaper {
  return {
    id: row.id,
    title: row.title,
    authors,
    tags,
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
    ...(row.version !== null && { version: row.version }),
    ...(row.updated_on !== null && { updatedOn: row.updated_on }),
    ...(row.withdrawn_on !== null && { withdrawnOn: row.withdrawn_on }),
    ...(row.note !== null && { note: row.note }),
    ...(row.journal_ref !== null && { journalReference: row.journal_ref }),
    ...(row.doi !== null && { doi: row.doi }),
    ...(row.venue !== null && { venue: row.venue }),
    ...(row.project_page !== null && { projectPage: row.project_page }),
    ...(row.stars !== null && { stars: row.stars }),
    ...(row.ai_summary !== null && { aiSummary: row.ai_summary }),
    ...importedFacts(row.extra),
    ...(row.submitter_id !== null && {
      submittedBy: {
        id: row.submitter_id,
        name: row.submitter_name ?? '',
        fullName: row.submitter_full_name ?? '',
      },
    }),
  };
}

/** Values of each paper, of a query that is made for some of the ids. */
async function gather<Row extends { paper_id: string }, Value>(
  ids: readonly string[],
  select: (some: readonly string[]) => Promise<Row[]>,
  valueFrom: (row: Row) => Value,
): Promise<Map<string, Value[]>> {
  const gathered = new Map<string, Value[]>();
  for (const some of chunks(ids)) {
    for (const row of await select(some)) {
      const values = gathered.get(row.paper_id);
      if (values) values.push(valueFrom(row));
      else gathered.set(row.paper_id, [valueFrom(row)]);
    }
  }
  return gathered;
}

export function authorsOf(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, string[]>> {
  const query = db
    .selectFrom('paper_author')
    .select(['paper_id', 'name'])
    .orderBy('paper_id')
    .orderBy('position');
  return gather(
    ids,
    (some) => query.where('paper_id', 'in', some).execute(),
    (row) => row.name,
  );
}

function tagsOf(db: Kysely<Database>, ids: readonly string[]) {
  const query = db
    .selectFrom('paper_tag')
    .select(['paper_id', 'tag', 'kind'])
    .orderBy('paper_id')
    .orderBy('tag');
  return gather(
    ids,
    (some) => query.where('paper_id', 'in', some).execute(),
    ({ tag, kind }) => ({ tag, kind }),
  );
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
    about: null,
    upvotes: 0,
    comment_count: 0,
    own_upvotes: 0,
    own_comments: 0,
    version: null,
    updated_on: null,
    withdrawn_on: null,
    note: null,
    journal_ref: null,
    doi: null,
    venue: null,
    project_page: null,
    stars: null,
    ai_summary: null,
    extra: null,
    trend: null,
  };
}

/** Whether two rows say the same. */
export function samePaper(a: PaperRow, b: PaperRow): boolean {
  return (Object.keys(a) as (keyof PaperRow)[]).every((column) => a[column] === b[column]);
}

/**
 * Inserts or replaces a paper and keeps the way from its title up to date. The caller indexes its text.
 * @param authors in place of those it has; they stay where none are given
 */
export async function savePaper(
  db: Kysely<Database>,
  paper: PaperRow,
  authors?: readonly string[],
): Promise<void> {
  await db
    .insertInto('paper')
    .values(paper)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(paper))
    .execute();
  await addAliases(db, aliasesOf(paper));
  if (authors) {
    await db.deleteFrom('paper_author').where('paper_id', '=', paper.id).execute();
    await addAuthors(db, authorRows(paper.id, authors));
  }
}

/** Inserts papers that are not there yet, all at once. The caller indexes their texts. */
export async function insertPapers(
  db: Kysely<Database>,
  papers: readonly { readonly paper: PaperRow; readonly authors: readonly string[] }[],
): Promise<void> {
  for (const some of chunks(papers, papersPerInsert)) {
    await db
      .insertInto('paper')
      .values(some.map(({ paper }) => paper))
      .execute();
  }
  await addAliases(
    db,
    papers.flatMap(({ paper }) => aliasesOf(paper)),
  );
  await addAuthors(
    db,
    papers.flatMap(({ paper, authors }) => authorRows(paper.id, authors)),
  );
}

const authorRows = (paperId: string, names: readonly string[]): PaperAuthorTable[] =>
  names.map((name, position) => ({ paper_id: paperId, position, name, key: normaliseTitle(name) }));

async function addAuthors(db: Kysely<Database>, rows: readonly PaperAuthorTable[]): Promise<void> {
  for (const some of chunks(rows)) await db.insertInto('paper_author').values(some).execute();
}

/** Adds tags to papers; those they have stay. */
export async function addTags(db: Kysely<Database>, rows: readonly PaperTagTable[]): Promise<void> {
  for (const some of chunks(rows)) {
    await db
      .insertInto('paper_tag')
      .values(some)
      .onConflict((conflict) => conflict.columns(['paper_id', 'tag']).doNothing())
      .execute();
  }
}

/** Gives a paper another id; the old one keeps leading to it. */
export async function renamePaper(db: Kysely<Database>, paper: PaperRow, id: string): Promise<PaperRow> {
  await db.updateTable('paper').set({ id }).where('id', '=', paper.id).execute();
  await addAliases(db, [
    { alias: paper.id, paper_id: id },
    { alias: objectId(id), paper_id: id },
  ]);
  return { ...paper, id };
}

/**
 * Makes two records one: days, authors, ids, versions, facts that `into` lacks, and what readers did with it move over,
 * and `from` goes.
 * @returns the joined record; the caller saves it.
 */
export async function mergePapers(db: Kysely<Database>, from: PaperRow, into: PaperRow): Promise<PaperRow> {
  await moveReferences(db, from.id, into.id);
  const own = await moveMarks(db, from.id, into.id);
  await fullTextOf(db).unindexPaper(db, from.id);
  await db.deleteFrom('paper').where('id', '=', from.id).execute();
  await addAliases(db, [{ alias: from.id, paper_id: into.id }]);
  const filled = Object.fromEntries(
    (Object.keys(into) as (keyof PaperRow)[]).map((column) => [column, into[column] ?? from[column]]),
  ) as unknown as PaperRow;
  return {
    ...filled,
    ...own,
    upvotes: own.own_upvotes + Math.max(into.upvotes - into.own_upvotes, from.upvotes - from.own_upvotes),
    comment_count:
      own.own_comments +
      Math.max(into.comment_count - into.own_comments, from.comment_count - from.own_comments),
    trend: await trendKeyOf(db, into.id),
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
  const tags = db.selectFrom('paper_tag').select('tag').where('paper_id', '=', into);
  await db
    .updateTable('paper_tag')
    .set({ paper_id: into })
    .where('paper_id', '=', from)
    .where('tag', 'not in', tags)
    .execute();
  const versions = db.selectFrom('paper_version').select('version').where('paper_id', '=', into);
  await db
    .updateTable('paper_version')
    .set({ paper_id: into })
    .where('paper_id', '=', from)
    .where('version', 'not in', versions)
    .execute();
  await db.updateTable('trend_event').set({ paper_id: into }).where('paper_id', '=', from).execute();
}

/** The ways that always lead to a paper: from its title, and from its name in Hugging Face's API. */
const aliasesOf = ({ id, title }: PaperRow): PaperAliasTable[] => [
  { alias: provisionalId(title), paper_id: id },
  { alias: objectId(id), paper_id: id },
];

async function addAliases(db: Kysely<Database>, rows: readonly PaperAliasTable[]): Promise<void> {
  for (const some of chunks(rows)) {
    await db
      .insertInto('paper_alias')
      .values(some)
      .onConflict((conflict) => conflict.column('alias').doNothing())
      .execute();
  }
}
