import type { Options } from '../options.js';
import { type LatencyReport, measureLatency } from '../search/latency.js';
import { fallsBelow, measureQuality, type QualityReport, ways } from '../search/quality.js';
import { formatTable } from '../table.js';

/** Milliseconds in which as-you-type answers, at the 95th percentile. */
const goal = 50;

/** How well the search finds the built-in papers, and how fast it is among 10,000 made-up ones. */
export async function search(options: Options): Promise<{ results: unknown; failed: boolean }> {
  const qualities: QualityReport[] = [];
  for (const model of ['corpus', 'best'] as const) {
    const quality = await measureQuality(model);
    if (quality) qualities.push(quality);
  }
  for (const quality of qualities) process.stdout.write(`\n${qualityTable(quality)}\n`);
  const latency = await measureLatency(options.quick ? 1000 : 10_000, options.quick ? 50 : 200);
  process.stdout.write(`\n${latencyTable(latency)}\n`);
  const poor = qualities.filter(fallsBelow);
  for (const { model } of poor)
    process.stdout.write(`${model}: words and meaning are below one of them alone\n`);
  const slow = latency.latencies.some(({ p95 }) => p95 > goal);
  if (slow) process.stdout.write(`some queries take more than ${goal} ms at the 95th percentile\n`);
  return { results: { qualities, latency }, failed: poor.length > 0 || slow };
}

function qualityTable(report: QualityReport): string {
  const kinds = Object.keys(report.ways.both.kinds) as (keyof typeof report.ways.both.kinds)[];
  return formatTable([
    [`  ${report.model}`, 'nDCG@10', 'MRR', ...kinds],
    ...ways.map((way) => [
      `  by ${way}`,
      report.ways[way].all.ndcg.toFixed(3),
      report.ways[way].all.mrr.toFixed(3),
      ...kinds.map((kind) => report.ways[way].kinds[kind].ndcg.toFixed(3)),
    ]),
  ]);
}

function latencyTable({
  papers,
  importSeconds,
  updateSeconds,
  longestPause,
  latencies,
}: LatencyReport): string {
  const rows = latencies.map(({ kind, p50, p95 }) => [`  ${kind}`, p50.toFixed(1), p95.toFixed(1)]);
  return `${formatTable([[`  ms among ${papers} papers`, 'p50', 'p95'], ...rows])}
  taken in in ${importSeconds.toFixed(1)} s, read in ${updateSeconds.toFixed(1)} s with pauses of ${longestPause.toFixed(0)} ms at the most`;
}
