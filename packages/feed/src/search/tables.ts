import { type Generated, type Kysely, sql } from 'kysely';

/** The full-text tables of SQLite (FTS5); outside this folder nothing depends on the engine. */
export interface FullTextTables {
  /** Row numbers of the index by paper. */
  search_document: { number: Generated<number>; paper_id: string };
  /** What is searched and ranked: words reduced to their stems. */
  search_text: {
    rowid: number;
    title: string;
    summary: string;
    abstract: string;
    labels: string;
  };
  /** The same text with whole words, kept only for the list of words. */
  search_word: { rowid: number; text: string };
  /** Every word of `search_word` and in how many papers it stands. */
  search_vocabulary: { term: string; doc: number };
}

/**
 * Creates the full-text tables. Stems and whole words are apart because the beginning of a word need not
 * begin its stem (`quantizat`, whose word has the stem `quantiz`), so that a word half typed is completed
 * from the list of words first.
 */
export async function createFullTextTables(db: Kysely<unknown>): Promise<void> {
  await sql`create table search_document (
    number integer primary key,
    paper_id text not null unique references paper (id) on update cascade on delete cascade
  )`.execute(db);
  await sql`create virtual table search_text using fts5 (
    title, summary, abstract, labels, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '1 2 3'
  )`.execute(db);
  await sql`create virtual table search_word using fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'unicode61 remove_diacritics 2'
  )`.execute(db);
  await sql`create virtual table search_vocabulary using fts5vocab (search_word, row)`.execute(db);
}
