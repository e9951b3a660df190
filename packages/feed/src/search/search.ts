import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { paperByTitle, resolveId, selectPapers, toFeedPapers } from '../papers.js';
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
    except: named,
    limit: Math.max(0, limit - Math.max(0, named.length - offset)),
    offset: Math.max(0, offset - named.length),
  });
  const best = hits[0]?.score ?? 0;
  const leading = named.map((paperId, index) => ({
    paperId,
    score: best + named.length - index,
    snippet: [{ text, match: true }],
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

async function namedPapers(db: Kysely<Database>, text: string, family?: string): Promise<string[]> {
  if (text === '') return [];
  const ids = [await resolveId(db, text), (await paperByTitle(db, text))?.id];
  const distinct = [...new Set(ids)].filter((id) => id !== undefined);
  if (family === undefined || distinct.length === 0) return distinct;
  const inFamily = await db
    .selectFrom('paper')
    .select('id')
    .where('id', 'in', distinct)
    .where('family', '=', family)
    .execute();
  return distinct.filter((id) => inFamily.some((row) => row.id === id));
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
