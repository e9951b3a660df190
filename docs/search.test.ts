import { beforeAll, describe, expect, it } from 'vitest';
import { judgedQueries } from '../bench/src/search/judged.js';
import { fallsBelow, measureQuality, type QualityReport, ways } from '../bench/src/search/quality.js';
import { tableRows } from './pages.js';

const figures = tableRows('guide/search.md').filter((row) => 'nDCG@10' in row);

describe.each(['corpus', 'best'] as const)('the search with the model %s', (model) => {
  let report: QualityReport | undefined;

  beforeAll(async () => {
    report = await measureQuality(model);
    if (!report) console.warn('model-embeddings-en is not installed: the search is measured without it.');
  }, 120_000);

  it('finds by words and meaning about as well as by either alone, or better', () => {
    if (!report) return expect(model).toBe('best');
    expect(fallsBelow(report)).toBe(false);
    expect(report.ways.both.all.queries).toBe(judgedQueries.length);
    expect(report.ways.both.all.ndcg).toBeGreaterThan(0.9);
  });

  it('is as good as the page says', () => {
    if (!report) return expect(model).toBe('best');
    const rows = figures.filter((row) => row.model === report!.model);
    expect(rows).toHaveLength(ways.length);
    ways.forEach((way, index) => {
      const { all, kinds } = report!.ways[way];
      const row = rows[index]!;
      expect(row.by).toBe(way === 'both' ? 'words and meaning' : way);
      const measured = { 'nDCG@10': all.ndcg, MRR: all.mrr };
      for (const [name, value] of Object.entries(measured)) {
        expect(Math.abs(Number(row[name]) - value), `${way}: ${name}`).toBeLessThan(0.02);
      }
      for (const [kind, { ndcg }] of Object.entries(kinds)) {
        expect(Math.abs(Number(row[kind]) - ndcg), `${way}: ${kind}`).toBeLessThan(0.05);
      }
    });
  });
});
