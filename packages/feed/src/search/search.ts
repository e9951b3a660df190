import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { normaliseTitle } from '../import/title.js';
import { paperById, paperByTitle, resolveId, selectPapers, toFeedPapers } from '../papers.js';
import type { SearchHit, SearchResult } from '../types.js';
import { type FullTextHit, matchExpression, matchPapers } from './fullText.js';
import { cleanQuery, queryTerms } from './query.js';

const defaultLimit = 20;
const largestLimit = 120;

/**
 * Papers for a query, best first: the paper that the query names exactly (arXiv id, slug or title), then
 * those with all its words, or with some where none has all.
 * @throws RangeError for a limit outside 1 to 120, or an offset that is negative or no integer.
 */
export async function search(
  db: Kysely<Database>,
  query: string,
  options: { family?: string; limit?: number; offset?: number } = {},
): Promise<SearchResult> {
  const { family, limit = defaultLimit, offset = 0 } = options;
  refuseBadPage(limit, offset);
  const text = cleanQuery(query);
  const named = await namedPapers(db, text, family);
  const { total, hits } = await wordMatches(db, text, {
    family,
    except: named.map((paper) => paper.id),
    limit: Math.max(0, limit - Math.max(0, named.length - offset)),
    offset: Math.max(0, offset - named.length),
  });
  const best = hits[0]?.score ?? 0;
  const leading = named.map(({ id, match }, index) => ({
    paperId: id,
    score: best + named.length - index,
    snippet: [{ text: match, match: true }],
  }));
  return {
    query: text,
    total: named.length + total,
    hits: await withPapers(db, [...leading.slice(offset, offset + limit), ...hits]),
    index: 'full-text',
  };
}

function refuseBadPage(limit: number, offset: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > largestLimit) {
    throw new RangeError(`search: limit: got ${limit}, expected an integer from 1 to ${largestLimit}`);
  }
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new RangeError(`search: offset: got ${offset}, expected an integer from 0`);
  }
}

/** The papers whose id, slug or title the query is, at most one each, and what of them it matched. */
async function namedPapers(
  db: Kysely<Database>,
  text: string,
  family: string | undefined,
): Promise<{ id: string; match: string }[]> {
  if (normaliseTitle(text) === '') return [];
  const byTitle = await paperByTitle(db, text);
  const id = await resolveId(db, text);
  const byId = id === undefined || id === byTitle?.id ? undefined : await paperById(db, id);
  return [byId && { paper: byId, match: text }, byTitle && { paper: byTitle, match: byTitle.title }]
    .filter((named) => named !== undefined)
    .filter((named) => family === undefined || named.paper.family === family)
    .map(({ paper, match }) => ({ id: paper.id, match }));
}

async function wordMatches(
  db: Kysely<Database>,
  text: string,
  options: Parameters<typeof matchPapers>[2],
): Promise<{ total: number; hits: FullTextHit[] }> {
  const query = queryTerms(text);
  if (query.terms.length === 0) return { total: 0, hits: [] };
  const all = await matchPapers(db, await matchExpression(db, query, 'AND'), options);
  if (all.total > 0 || options.except.length > 0 || query.quoted) return all;
  return matchPapers(db, await matchExpression(db, query, 'OR'), options);
}

async function withPapers(db: Kysely<Database>, found: readonly FullTextHit[]): Promise<SearchHit[]> {
  if (found.length === 0) return [];
  const ids = found.map((hit) => hit.paperId);
  const papers = await toFeedPapers(db, await selectPapers(db).where('paper.id', 'in', ids).execute());
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  return found.flatMap(({ paperId, score, snippet }) => {
    const paper = byId.get(paperId);
    return paper ? [{ paper, score, snippet }] : [];
  });
}
