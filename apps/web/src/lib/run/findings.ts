import type { JudgedCondition, Metric, Results } from '@evenkeel/lab';
import { formatMetric } from '@evenkeel/lab';
import { meanLine, type Point, pointsOf } from './geometry.js';
import { type Line, lineStyles } from './lines.js';
import { headlineMetric } from './meta.js';
import { capitalized, formatSigned, formatSpread } from './words.js';

/** What a metric says about method and baseline, as the title of its chart. */
export function findingTitle({ arms }: Results, metric: Metric): string {
  const said = (['method', 'baseline'] as const).flatMap((role) => {
    const arm = arms.find((each) => each.role === role);
    const summary = arm?.metrics[metric.name];
    return arm && summary ? [`${arm.label} ${formatSpread(metric, summary, arm.runs.length)}`] : [];
  });
  return `${capitalized(metric.label)}: ${said.join(', ')}`;
}

/** Metrics that are drawn as bars: those of which more or less is better, the headline first. */
export function barMetrics(results: Results): Metric[] {
  const headline = headlineMetric(results);
  const judged = results.metrics.filter((metric) => metric.better !== 'neither');
  return judged.sort((a, b) => Number(b === headline) - Number(a === headline));
}

/** The learning curves of a metric: the mean over the seeds for each arm, with the seeds. */
export function recordedLines(
  { arms }: Results,
  metric: Metric,
): (Line & { readonly seeds: readonly (readonly Point[])[] })[] {
  const styles = lineStyles(arms);
  return arms.flatMap(({ name, label, runs }) => {
    const style = styles.get(name);
    const points = meanLine(runs, metric.name);
    if (!style || points.length === 0) return [];
    return { ...style, name, label, points, seeds: runs.map((run) => pointsOf(run.curve, metric.name)) };
  });
}

/** What was measured for a condition: `98.3 %`, or for a difference `+97.9 points`. */
export function measuredText({ condition, value }: JudgedCondition, metrics: readonly Metric[]): string {
  const metric = metrics.find(({ name }) => name === condition.metric);
  if (!metric) return String(value);
  return condition.minus === undefined ? formatMetric(value, metric) : formatSigned(metric, value);
}
