import { alwaysOnCurves, bandOf } from '../chart/geometry.js';
import { seriesOf } from '../chart/series.js';
import type { Metric } from '../experiment.js';
import { capitalized, formatMetric } from '../format.js';
import type { Results } from '../results.js';
import { type ChartLine, dataTable, lineChart, lineRows } from './chart.js';
import { type Html, html } from './html.js';
import { axisLabel, formatTick } from './numbers.js';

/** The learning curves of every metric that has any: the mean of each arm, and a band from its lowest to its highest seed. */
export function curvesSection(results: Results): Html | undefined {
  const figures = results.curves.flatMap((name) => {
    const metric = results.metrics.find((each) => each.name === name);
    return metric ? (curveFigure(results, metric) ?? []) : [];
  });
  if (figures.length === 0) return undefined;
  return html`<section><h2>Learning curves</h2>
<p class="note">Line: mean over the seeds. Band: from the lowest to the highest seed.</p>
${figures}</section>`;
}

function curveFigure({ arms }: Results, metric: Metric): Html | undefined {
  const series = seriesOf(arms);
  const lines = arms.flatMap(({ label, runs }, i): ChartLine[] => {
    const band = bandOf(runs, metric.name);
    const points = band.map(({ step, value, low, high }) => ({ x: step, y: value, low, high }));
    return points.length > 0 ? [{ label, series: series[i]!, points }] : [];
  });
  if (lines.length === 0) return undefined;
  const write = (value: number) => formatMetric(value, metric);
  const reached = lines.flatMap(({ points }) => points.flatMap(({ y, low = y, high = y }) => [low, high]));
  const ends = lines.map(({ label, points }) => `${label} ${write(points.at(-1)!.y)}`);
  return html`<figure><figcaption>${capitalized(metric.label)} while training</figcaption>
${lineChart({
  description: `${capitalized(metric.label)} by training step. In the end: ${ends.join(', ')}.`,
  xAxis: 'Training step',
  yAxis: axisLabel(metric),
  lines,
  always: alwaysOnCurves(metric, reached),
  xFrom: 0,
  tick: (value) => formatTick(value, metric),
})}
${dataTable(
  `${axisLabel(metric)}: mean over the seeds (lowest to highest)`,
  ['Step', ...lines.map(({ label }) => label)],
  lineRows(lines, write),
)}</figure>`;
}
