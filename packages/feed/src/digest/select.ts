import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { normaliseTitle } from '../import/title.js';
import { listPapers } from '../lists.js';
import { trendOf } from '../trending.js';
import type { FeedPaper } from '../types.js';
import { writtenDay } from './sentences.js';
import type { Choices, IssueContent, IssuePaper, Topics } from './types.js';

/** Papers of an issue, and of each saved search in it, at the most. */
const mostPapers = 10;
const mostHits = 5;
/** Trending papers beyond the lists, at the most, and the score from which a paper is called trending. */
const mostTrending = 3;
const trendingFrom = 0.5;

/** What there is to tell of some days; issues of many subscribers are chosen from it. */
export interface Offer {
  readonly from: string;
  readonly to: string;
  /** On the lists of those days, latest first. */
  readonly listed: readonly FeedPaper[];
  readonly trending: readonly { readonly paper: FeedPaper; readonly score: number }[];
  readonly find: PaperFinder;
}

/** Papers that a saved search finds by its words, listed or published on a day or later, best first. */
export type PaperFinder = (query: string, since: string) => Promise<readonly FeedPaper[]>;

/** What decides which papers an issue has. */
export type Wishes = Pick<Choices, 'topics' | 'trending'>;

/** @param now milliseconds since 1970 */
export async function loadOffer(
  db: Kysely<Database>,
  { from, to, now, find }: { from: string; to: string; now: number; find: PaperFinder },
): Promise<Offer> {
  const { papers } = await listPapers(db, { listed: { from, to }, sort: 'list', limit: 1000 });
  const { papers: movers } = await listPapers(db, { sort: 'trending', limit: 30 });
  const scored = await Promise.all(
    movers.map(async (paper) => ({ paper, score: (await trendOf(db, paper.id, now)).score })),
  );
  const trending = scored.filter(({ score, paper }) => score >= trendingFrom && !paper.withdrawnOn);
  return { from, to, listed: papers.filter(({ withdrawnOn }) => !withdrawnOn), trending, find };
}

/**
 * Chooses an issue: new papers on the lists that fit the topics, those that trend first; then papers that trend
 * elsewhere; then what is new in saved searches. No paper is told of twice.
 * @param told ids of papers that earlier issues had
 */
export async function chooseIssue(
  offer: Offer,
  { topics, trending }: Wishes,
  told: ReadonlySet<string>,
): Promise<IssueContent & { readonly hasNews: boolean }> {
  const seen = new Set(told);
  const scores = new Map(offer.trending.map(({ paper, score }) => [paper.id, score]));
  const reasonOf = (paper: FeedPaper) => reason(paper, topics, scores.get(paper.id), offer);
  const fresh = offer.listed.filter((paper) => !seen.has(paper.id) && fits(paper, topics));
  const ordered = fresh
    .map((paper, position) => ({ paper, position, score: scores.get(paper.id) ?? 0 }))
    .sort((a, b) => b.score - a.score || a.position - b.position)
    .map(({ paper }) => paper);
  const papers = ordered.slice(0, mostPapers);
  for (const { id } of ordered) seen.add(id);
  const room = trending ? Math.min(mostTrending, mostPapers - papers.length) : 0;
  const movers = offer.trending
    .map(({ paper }) => paper)
    .filter((paper) => !seen.has(paper.id) && fits(paper, topics))
    .slice(0, room);
  for (const { id } of movers) seen.add(id);
  const searches = await newHits(offer, topics, seen);
  const cited = (paper: FeedPaper): IssuePaper => ({ id: paper.id, reason: reasonOf(paper) });
  return {
    papers: [...papers, ...movers].map(cited),
    more: ordered.length - papers.length,
    searches,
    hasNews: papers.length > 0 || searches.length > 0,
  };
}

/** Hits of saved searches that were listed or published within the days of the offer. */
async function newHits(
  offer: Offer,
  { searches }: Topics,
  seen: Set<string>,
): Promise<IssueContent['searches']> {
  const sections: { query: string; papers: IssuePaper[] }[] = [];
  for (const query of searches) {
    const isUntold = ({ id, withdrawnOn }: FeedPaper) => !seen.has(id) && !withdrawnOn;
    const papers = (await offer.find(query, offer.from)).filter(isUntold).slice(0, mostHits);
    for (const { id } of papers) seen.add(id);
    if (papers.length === 0) continue;
    const because = `New for your search “${query}”`;
    sections.push({ query, papers: papers.map(({ id }) => ({ id, reason: because })) });
  }
  return sections;
}

/** Whether a paper is about one of the topics; without topics every paper is, with searches alone they decide. */
function fits(paper: FeedPaper, topics: Topics): boolean {
  if (Object.values(topics).every((each) => each.length === 0)) return true;
  return followed(paper, topics) !== undefined;
}

function followed(paper: FeedPaper, { families, tags, authors }: Topics): string | undefined {
  if (paper.family !== undefined && families.includes(paper.family)) return paper.family;
  const tag = paper.tags.find((each) => tags.includes(each.tag));
  if (tag) return tag.tag;
  const names = new Set(authors.map(normaliseTitle));
  return paper.authors.find((name) => names.has(normaliseTitle(name)));
}

function reason(paper: FeedPaper, topics: Topics, score: number | undefined, offer: Offer): string {
  const topic = followed(paper, topics);
  const trend = score !== undefined && `trending with a score of ${score.toFixed(1)}`;
  if (topic) return `You follow “${topic}”${trend ? `; ${trend}` : ''}`;
  if (trend) return `${trend.charAt(0).toUpperCase()}${trend.slice(1)}`;
  return `On the list of ${writtenDay(paper.listedOn ?? offer.to)}`;
}
