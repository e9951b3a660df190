import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { chunks } from '../database/chunks.js';
import type { Database, PaperRow } from '../database/schema.js';
import { authorsOf } from '../papers.js';
import { fullTextOf } from './fullText.js';

/** What the words of a paper are compared by: none of its text is lost. */
export interface PaperText {
  readonly paperId: string;
  readonly title: string;
  readonly summary: string;
  readonly abstract: string;
  /** Names by which it is known here. */
  readonly labels: string;
  readonly authors: string;
  readonly about: string;
}

/**
 * Takes the texts of papers into the index, in place of what stood there for them. What they meant before counts no more.
 * Once for all papers of a transaction: between other changes SQLite would write its index anew for each of them.
 */
export async function indexPapers(db: Kysely<Database>, ids: readonly string[]): Promise<void> {
  for (const some of chunks(ids)) {
    const papers = await db.selectFrom('paper').selectAll().where('id', 'in', some).execute();
    const authors = await authorsOf(db, some);
    await fullTextOf(db).indexPapers(
      db,
      papers.map((paper) => textOf(paper, authors.get(paper.id) ?? [])),
    );
    await forgetMeanings(db, papers);
  }
}

/** Forgets the vectors of earlier texts. */
async function forgetMeanings(db: Kysely<Database>, papers: readonly PaperRow[]): Promise<void> {
  const digests = new Map(papers.map((paper) => [paper.id, digestOf(meaningOf(paper))]));
  const vectors = await db
    .selectFrom('paper_vector')
    .select(['number', 'paper_id', 'digest'])
    .where('paper_id', 'in', [...digests.keys()])
    .execute();
  const old = vectors.filter(({ paper_id, digest }) => digest !== digests.get(paper_id));
  for (const some of chunks(old.map(({ number }) => number))) {
    await db.deleteFrom('paper_vector').where('number', 'in', some).execute();
  }
}

function textOf(paper: PaperRow, authors: readonly string[]): PaperText {
  const { title, summary, abstract, about, family, slug, id, venue } = paper;
  return {
    paperId: id,
    title,
    summary: summary ?? '',
    abstract: abstract ?? '',
    labels: [family, slug, id, venue].filter((label) => label !== null).join(' '),
    authors: authors.join(', '),
    about: about ?? '',
  };
}

/** What a model reads of a paper: the title first, since some read no more than some hundred words. */
export const meaningOf = ({
  title,
  summary,
  abstract,
  about,
}: Pick<PaperRow, 'title' | 'summary' | 'abstract' | 'about'>): string =>
  [title, summary, abstract, about].filter(Boolean).join('. ');

/** By which a changed text is recognised. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
