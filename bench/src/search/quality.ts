import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Feed, type FeedLocation, openFeed } from '@evenkeel/feed';
import { catalogueDay, papers } from '@evenkeel/methods/papers';
import { type JudgedQuery, judgedQueries, knownAuthors, type QueryKind, queryKinds } from './judged.js';

export const ways = ['words', 'meaning', 'both'] as const;

export type Way = (typeof ways)[number];

export interface Quality {
  readonly queries: number;
  /** Gains of the first ten hits, discounted by rank, as a share of the best possible: 1 is perfect. */
  readonly ndcg: number;
  /** One divided by the rank of the first hit that answers, 0 where none of ten does; the mean of it. */
  readonly mrr: number;
}

/** How well each way of searching answers, in all and by kind of query. */
export interface QualityReport {
  /** Name of the model by which meanings were compared. */
  readonly model: string;
  readonly ways: Readonly<
    Record<Way, { readonly all: Quality; readonly kinds: Readonly<Record<QueryKind, Quality>> }>
  >;
}

const depth = 10;
/** By how much words and meaning together may fall below either alone. */
const tolerance = 0.02;

/** Whether words and meaning together find less than either alone. */
export const fallsBelow = ({ ways: { words, meaning, both } }: QualityReport): boolean =>
  (['ndcg', 'mrr'] as const).some(
    (figure) => both.all[figure] < Math.max(words.all[figure], meaning.all[figure]) - tolerance,
  );

/** Measures the search over the built-in papers with a model; undefined where it is not there. */
export async function measureQuality(
  searchModel: NonNullable<FeedLocation['searchModel']>,
): Promise<QualityReport | undefined> {
  const dataDir = mkdtempSync(join(tmpdir(), 'evenkeel-quality-'));
  const feed = await openFeed({ dataDir, searchModel });
  try {
    await feed.addCatalogue(papers, catalogueDay);
    await feed.importSavedPage(new TextEncoder().encode(JSON.stringify(authorItems())), {
      savedOn: catalogueDay,
      name: 'authors.json',
    });
    const { model } = await feed.updateSearch();
    if (!model || (searchModel === 'best' && model.id.startsWith('lsa-'))) return undefined;
    const entries = [];
    for (const way of ways) entries.push([way, await qualityOf(feed, way)] as const);
    return { model: model.name, ways: Object.fromEntries(entries) as unknown as QualityReport['ways'] };
  } finally {
    await feed.close();
    rmSync(dataDir, { recursive: true });
  }
}

function authorItems(): object[] {
  return Object.entries(knownAuthors).map(([slug, names]) => {
    const paper = papers.find((each) => each.slug === slug)!;
    return { id: paper.arxivId, title: paper.title, authors: names.map((name) => ({ name })) };
  });
}

async function qualityOf(feed: Feed, way: Way) {
  const scores: { kind: QueryKind; ndcg: number; reciprocal: number }[] = [];
  for (const query of judgedQueries) {
    const { hits } = await feed.search(query.text, { by: way, limit: depth });
    const slugs = hits.map(({ paper }) => paper.slug ?? paper.id);
    scores.push({ kind: query.kind, ndcg: ndcgOf(query, slugs), reciprocal: reciprocalRank(query, slugs) });
  }
  const mean = (of: typeof scores): Quality => ({
    queries: of.length,
    ndcg: of.reduce((sum, { ndcg }) => sum + ndcg, 0) / of.length,
    mrr: of.reduce((sum, { reciprocal }) => sum + reciprocal, 0) / of.length,
  });
  const kinds = queryKinds.map(
    (kind) => [kind, mean(scores.filter((score) => score.kind === kind))] as const,
  );
  return { all: mean(scores), kinds: Object.fromEntries(kinds) as Record<QueryKind, Quality> };
}

const gainAt = (grade: number, index: number): number => (2 ** grade - 1) / Math.log2(index + 2);

export function ndcgOf({ relevant }: JudgedQuery, slugs: readonly string[]): number {
  const gain = slugs
    .slice(0, depth)
    .reduce((sum, slug, index) => sum + gainAt(relevant[slug] ?? 0, index), 0);
  const best = Object.values(relevant)
    .sort((a, b) => b - a)
    .slice(0, depth)
    .reduce<number>((sum, grade, index) => sum + gainAt(grade, index), 0);
  return gain / best;
}

export function reciprocalRank({ relevant }: JudgedQuery, slugs: readonly string[]): number {
  const rank = slugs.slice(0, depth).findIndex((slug) => (relevant[slug] ?? 0) >= 2);
  return rank < 0 ? 0 : 1 / (rank + 1);
}
