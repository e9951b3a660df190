import type { JudgedCondition, Metric, Results } from '@evenkeel/lab';
import {
  capitalized,
  formatMean,
  formatMeasured,
  formatMetric,
  shownMetrics,
  summarize,
} from '@evenkeel/lab';
import { type BandPoint, bandOf } from '@evenkeel/lab/chart';
import { recordedValues } from './compare.js';
import { type Line, lineStyles } from './lines.js';
import { headlineMetric } from './meta.js';
import { writing } from './words.js';

/** What a metric says about method and baseline and how far they are apart, as the title of its chart. */
export function findingTitle(results: Results, metric: Metric): string {
  const sides = (['method', 'baseline'] as const).flatMap((role) => {
    const arm = results.arms.find((each) => each.role === role && each.metrics[metric.name]);
    return arm ? [arm] : [];
  });
  const said = sides.map(
    ({ label, metrics }) => `${label} ${formatMetric(metrics[metric.name]!.mean, metric)}`,
  );
  const title = `${capitalized(metric.label)}: ${said.join(', ')}`;
  const [method, baseline] = sides;
  const differences = method && baseline ? recordedValues(results, metric, method.name, baseline.name) : [];
  if (differences.length === 0) return title;
  return `${title} (${formatMean(summarize(differences), differences.length, writing(metric, { signed: true }))})`;
}

/** Metrics that are drawn as bars: those of which more or less is better, the headline first. */
export function barMetrics(results: Results): Metric[] {
  const headline = headlineMetric(results);
  const judged = shownMetrics(results.metrics).filter((metric) => metric.better !== 'neither');
  return judged.sort((a, b) => Number(b === headline) - Number(a === headline));
}

/** A line with the band that the seeds lie in. */
export interface BandLine extends Line {
  readonly points: readonly BandPoint[];
}

/** The learning curves of a metric: for each arm the mean over the seeds, in the band from the least to the greatest. */
export function recordedLines({ arms }: Results, metric: Metric): BandLine[] {
  const styles = lineStyles(arms);
  return arms.flatMap(({ name, label, runs }) => {
    const style = styles.get(name);
    const points = bandOf(runs, metric.name);
    return style && points.length > 0 ? [{ ...style, name, label, points }] : [];
  });
}

/** What was measured for a condition and how sure it is. */
export function measuredText(condition: JudgedCondition, metrics: readonly Metric[]): string {
  const metric = metrics.find(({ name }) => name === condition.condition.metric);
  return formatMeasured(condition, metric ?? { unit: 'number' });
}
