import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/schema.js';
import type { PaperText } from './document.js';
import { isFiltered, passes } from './filter.js';
import type { FullText, MatchOptions, Operator, Snippet, Word, WordQuery } from './fullText.js';
import { matchEnd, matchStart, snippetPieces, snippetWords } from './passage.js';
import { type QueryTerms, wordBeginning } from './query.js';

/** Full text in PostgreSQL, by `tsvector`. */
export const postgresFullText: FullText = {
  createTables,
  tune: async () => undefined,
  indexPapers,
  unindexPaper,
  hasMatch,
  countMatches,
  matchPapers,
  matchesAmong,
  snippetsOf,
  vocabulary,
  revision,
};

/** How much a match counts where it stands, in PostgreSQL's order D to A: abstract and about, labels and authors, summary, title. */
const weights = sql`'{0.1, 0.3, 0.3, 1}'::real[]`;

/**
 * Creates the table and two configurations of our own: stems without accents, of all words (names such as "The Pile"
 * consist of words that PostgreSQL's own English leaves out), and whole words without accents.
 */
async function createTables(db: Kysely<unknown>): Promise<void> {
  await sql`create extension if not exists unaccent`.execute(db);
  await sql`create text search dictionary evenkeel_stem (template = snowball, language = english)`.execute(
    db,
  );
  for (const [name, dictionary] of [
    ['evenkeel_stems', 'evenkeel_stem'],
    ['evenkeel_words', 'simple'],
  ] as const) {
    await sql`create text search configuration ${sql.id(name)} (copy = simple)`.execute(db);
    await sql`alter text search configuration ${sql.id(name)}
      alter mapping for asciiword, word, numword, hword, hword_part, hword_asciipart, hword_numpart, asciihword,
        numhword, int, uint, float, version with unaccent, ${sql.id(dictionary)}`.execute(db);
  }
  await sql`create table search_vector (
    paper_id text primary key references paper (id) on update cascade on delete cascade,
    number bigserial not null unique,
    stems tsvector not null,
    words tsvector not null
  )`.execute(db);
  await sql`create index search_vector_stems on search_vector using gin (stems)`.execute(db);
  await sql`create index search_vector_words on search_vector using gin (words)`.execute(db);
}

/**
 * Papers with all words of a query that are ranked: to rank more takes too long, and says little where the words stand
 * nearly everywhere. The newest in the index come first then.
 */
const mostRanked = 5000;
/** Papers by which it is told how many have some words. */
const sampled = 500;
/** The newest papers, whose words are known: counting those of all takes very long. */
const vocabularyPapers = 20_000;
/** Of those that are common, papers in whose titles the words are looked for. */
const titlesRead = 1000;

/** Of a match's place, the most telling first. */
const weightNames = 'ABCD';

/** Words alone: the parser would take numbers, addresses and hyphenated words for other kinds of tokens. */
const wordsOnly = (text: string): string => text.replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ');

async function indexPapers(db: Kysely<Database>, texts: readonly PaperText[]): Promise<void> {
  if (texts.length === 0) return;
  const parts = texts.map(({ title, summary, labels, authors, abstract, about }) =>
    [title, summary, `${labels} ${authors}`, `${abstract} ${about}`].map(wordsOnly),
  );
  const columns = [...weightNames].map((_, place) => parts.map((each) => each[place]!));
  const weighted = [...weightNames].map(
    (weight, place) =>
      sql`setweight(to_tsvector('evenkeel_stems', ${sql.ref(`text.part${place}`)}), ${sql.lit(weight)})`,
  );
  await sql`
    insert into search_vector (paper_id, stems, words)
    select paper_id, ${sql.join(weighted, sql` || `)}, to_tsvector('evenkeel_words', concat_ws(' ', part0, part1, part2, part3))
    from unnest(${texts.map(({ paperId }) => paperId)}::text[], ${sql.join(columns.map((column) => sql`${column}::text[]`))})
      as text (paper_id, part0, part1, part2, part3)
    on conflict (paper_id) do update
      set stems = excluded.stems, words = excluded.words, number = excluded.number`.execute(db);
}

async function unindexPaper(db: Kysely<Database>, paperId: string): Promise<void> {
  await db.deleteFrom('search_vector').where('paper_id', '=', paperId).execute();
}

/** Queries of the terms: stems for all of them, and whole words that begin like the last where it may be half typed. */
function queriesOf({ terms, prefix }: QueryTerms, operator: Operator) {
  const stems = terms.map((term) => sql`phraseto_tsquery('evenkeel_stems', ${wordsOnly(term)})`);
  const last = terms.at(-1);
  const begun = prefix && last !== undefined ? beginningQuery(last) : undefined;
  const conditions = stems.map((query, index) =>
    index === stems.length - 1 && begun
      ? sql<boolean>`(stems @@ ${query} or words @@ ${begun})`
      : sql<boolean>`stems @@ ${query}`,
  );
  return {
    matches: sql.join<boolean>(conditions, operator === 'AND' ? sql` and ` : sql` or `),
    stems: sql`(${sql.join(stems, sql` || `)})`,
    begun,
  };
}

/** Words that begin with what stands last in a term, after the words before it. */
function beginningQuery(term: string): RawBuilder<unknown> | undefined {
  const { head, beginning } = wordBeginning(term);
  if (beginning === '') return undefined;
  const last = sql`(${`'${beginning}':*`})::tsquery`;
  const before = wordsOnly(head).trim();
  return before === '' ? last : sql`(phraseto_tsquery('evenkeel_words', ${before}) <-> ${last})`;
}

/** The rows of the index that match and pass the filter. */
function matching(db: Kysely<Database>, { terms, operator, filter }: WordQuery) {
  return db
    .selectFrom('search_vector')
    .where(sql<boolean>`(${queriesOf(terms, operator).matches})`)
    .$if(isFiltered(filter), (query) =>
      query.innerJoin('paper', 'paper.id', 'search_vector.paper_id').where(passes(db, filter)),
    );
}

async function hasMatch(db: Kysely<Database>, query: WordQuery): Promise<boolean> {
  // Through the index all matches are found before the first is told.
  if (query.operator === 'AND' && !isFiltered(query.filter) && (await newestOf(db, query)).found > 0)
    return true;
  const row = await matching(db, query).select('search_vector.paper_id').limit(1).executeTakeFirst();
  return row !== undefined;
}

async function countMatches(db: Kysely<Database>, query: WordQuery): Promise<number> {
  const { total } = await matching(db, query)
    .select((count) => count.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

/** What the newest papers tell of a query. */
interface Newest {
  /** Of the newest, how many have all words. */
  readonly found: number;
  /** In the whole index, nearly. */
  readonly papers: number;
}

/** Of the queries of one search, which asks more than once. */
const knownNewest = new WeakMap<QueryTerms, Promise<Newest>>();

function newestOf(db: Kysely<Database>, { terms }: WordQuery): Promise<Newest> {
  const newest = knownNewest.get(terms) ?? countNewest(db, terms);
  knownNewest.set(terms, newest);
  return newest;
}

async function countNewest(db: Kysely<Database>, terms: QueryTerms): Promise<Newest> {
  const { rows } = await sql<Newest>`
    select count(*) as found, (select reltuples from pg_class where oid = 'search_vector'::regclass) as papers
    from (select stems, words from search_vector order by number desc limit ${sql.lit(sampled)}) as newest
    where ${queriesOf(terms, 'AND').matches}`.execute(db);
  return rows[0]!;
}

/**
 * Whether so many papers have all words of a query, by the newest of them, that those with the rarest cannot be told soon.
 * What has one of the words is told apart by how many of them: there the rank is needed.
 */
async function isCommon(db: Kysely<Database>, query: WordQuery): Promise<boolean> {
  if (query.operator === 'OR') return false;
  const { found, papers } = await newestOf(db, query);
  return (found / sampled) * papers > mostRanked;
}

async function matchPapers(db: Kysely<Database>, query: WordQuery, options: MatchOptions): Promise<string[]> {
  const { except, limit, offset, titles = false } = options;
  if (await isCommon(db, query)) return newestMatches(db, query, options);
  const { stems, begun } = queriesOf(query.terms, query.operator);
  const rank = begun
    ? sql<number>`ts_rank_cd(${weights}, stems, ${stems}) + ts_rank(${weights}, words, ${begun})`
    : sql<number>`ts_rank_cd(${weights}, stems, ${stems})`;
  const rows = await matching(db, query)
    .$if(titles, (some) => some.where(sql<boolean>`(${titleCondition(query)})`))
    .$if(except.length > 0, (some) => some.where('search_vector.paper_id', 'not in', except))
    .select(['search_vector.paper_id', rank.as('rank')])
    .orderBy('rank', 'desc')
    .orderBy('search_vector.paper_id')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map((row) => row.paper_id);
}

/** From the end of the index, which is gone through as far as it is needed; titles, as far as there is time for. */
async function newestMatches(
  db: Kysely<Database>,
  query: WordQuery,
  { except, limit, offset, titles = false }: MatchOptions,
): Promise<string[]> {
  const rows = await db
    .selectFrom(
      matching(db, query)
        .$if(except.length > 0, (some) => some.where('search_vector.paper_id', 'not in', except))
        .select(['search_vector.paper_id', 'search_vector.number', 'search_vector.stems'])
        .orderBy('search_vector.number', 'desc')
        .limit(titles ? titlesRead : limit + offset)
        .as('newest'),
    )
    .select('paper_id')
    .$if(titles, (some) => some.where(sql<boolean>`(${titleCondition(query)})`))
    .orderBy('number', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map((row) => row.paper_id);
}

/** Whether the terms stand in the title; a word half typed counts where its beginning is a stem's. */
function titleCondition({ terms: { terms, prefix }, operator }: WordQuery): RawBuilder<boolean> {
  const conditions = terms.map((term, index) => {
    const whole = sql<boolean>`ts_filter(stems, '{a}') @@ phraseto_tsquery('evenkeel_stems', ${wordsOnly(term)})`;
    const begun = prefix && index === terms.length - 1 ? beginningQuery(term) : undefined;
    return begun ? sql<boolean>`(${whole} or ts_filter(stems, '{a}') @@ ${begun})` : whole;
  });
  return sql.join<boolean>(conditions, operator === 'AND' ? sql` and ` : sql` or `);
}

async function matchesAmong(
  db: Kysely<Database>,
  query: WordQuery,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await matching(db, query)
    .select('search_vector.paper_id')
    .where('search_vector.paper_id', 'in', ids)
    .execute();
  return new Set(rows.map((row) => row.paper_id));
}

async function vocabulary(db: Kysely<Database>, limit: number): Promise<Word[]> {
  const { rows } = await sql<Word>`
    select word, ndoc as papers
    from ts_stat(${`select words from search_vector order by number desc limit ${vocabularyPapers}`})
    order by ndoc desc, word limit ${limit}`.execute(db);
  return rows;
}

async function revision(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('search_vector')
    .select((query) => query.fn.max<number | null>('number').as('number'))
    .executeTakeFirst();
  return row?.number ?? 0;
}

// PostgreSQL leaves out what looks like tags and entities, so that their characters stand aside as private ones.
const markup = '<>&';
const privateStart = 0xe000;
const hideMarkup = (text: string): string =>
  text.replace(/[<>&]/g, (each) => String.fromCharCode(privateStart + markup.indexOf(each)));
const showMarkup = (text: string): string =>
  text.replace(/[\ue000-\ue002]/g, (each) => markup.charAt(each.charCodeAt(0) - privateStart));

/** The title where it matches whole, else the best passage of summary, abstract or our own words. */
async function snippetsOf(
  db: Kysely<Database>,
  query: WordQuery,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Snippet>> {
  const found = await matchesAmong(db, query, ids);
  if (found.size === 0) return new Map();
  const { stems, begun } = queriesOf(query.terms, query.operator);
  const headline = begun ? sql`(${stems} || ${begun})` : stems;
  const papers = await db
    .selectFrom('paper')
    .select(['id', 'title', 'summary', 'abstract', 'about'])
    .where('id', 'in', [...found])
    .execute();
  const passages = papers.flatMap(({ id, title, summary, abstract, about }) =>
    [title, summary, abstract, about].flatMap((text) =>
      text === null ? [] : [{ id, text: hideMarkup(text) }],
    ),
  );
  const options = `StartSel="${matchStart}", StopSel="${matchEnd}", MaxWords=${snippetWords}, MinWords=${snippetWords / 2}, ShortWord=0`;
  const { rows } = await sql<{ passage: string }>`
    select ts_headline('evenkeel_stems', passage, ${headline}, ${options}) as passage
    from unnest(${passages.map(({ text }) => text)}::text[]) with ordinality as passages (passage, place)
    order by place`.execute(db);
  const snippets = new Map<string, string>();
  for (const [index, { passage }] of rows.entries()) {
    const { id } = passages[index]!;
    const best = snippets.get(id);
    if (best === undefined || matchesIn(passage) > matchesIn(best)) snippets.set(id, passage);
  }
  return new Map([...snippets].map(([id, passage]) => [id, snippetPieces(showMarkup(passage))]));
}

const matchesIn = (passage: string): number => passage.split(matchStart).length - 1;
