import type { Metric, Results } from '@evenkeel/lab';
import { papers } from '@evenkeel/methods/papers';
import type { Site } from '@evenkeel/web/server';
import { recordedValues } from '../run/compare.js';
import { headlineMetric } from '../run/meta.js';
import { standingOf } from './cards.js';

/** Baseline and method of a recorded result, in the metric that its first tested claim is about. */
export interface Comparison {
  readonly metric: Metric;
  readonly baseline: { readonly label: string; readonly mean: number };
  readonly method: { readonly label: string; readonly mean: number };
  /** Method minus baseline, one for each seed. */
  readonly differences: readonly number[];
}

/** Every built-in paper with its verdict and what it rests on, in the order of the registry. */
export async function listVerdicts({ results, feed }: Site) {
  return Promise.all(
    papers.map(async ({ slug, title, family, arxivId }) => {
      const recorded = await results.of(slug);
      const claim = recorded?.claims.find(({ verdict }) => verdict !== 'not tested here');
      return {
        id: (await feed.paper(slug))?.id ?? arxivId ?? slug,
        title,
        family,
        standing: await standingOf({ results, feed }, slug),
        claim: claim?.statement,
        comparison: recorded && headlineComparison(recorded),
      };
    }),
  );
}

/**
 * What the first comparison among the claims compares; without one, the first method with the first baseline in the
 * most important metric. Undefined where the two were not both measured.
 */
export function headlineComparison(results: Results): Comparison | undefined {
  const compared = results.claims
    .flatMap((claim) => claim.conditions.map(({ condition }) => condition))
    .find(({ minus }) => minus !== undefined);
  const withRole = (role: string) => results.arms.find((arm) => arm.role === role)?.name;
  const method = compared?.arm ?? withRole('method');
  const baseline = compared?.minus ?? withRole('baseline');
  const metric = results.metrics.find(({ name }) => name === compared?.metric) ?? headlineMetric(results);
  if (!metric || method === undefined || baseline === undefined) return undefined;
  const sideOf = (name: string) => {
    const arm = results.arms.find((each) => each.name === name);
    const mean = arm?.metrics[metric.name]?.mean;
    return arm && mean !== undefined ? { label: arm.label, mean } : undefined;
  };
  const sides = { baseline: sideOf(baseline), method: sideOf(method) };
  const differences = recordedValues(results, metric, method, baseline);
  if (!sides.baseline || !sides.method || differences.length === 0) return undefined;
  return { metric, baseline: sides.baseline, method: sides.method, differences };
}
