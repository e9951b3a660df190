import { scaleLinear } from 'd3-scale';
import { alwaysUnderBars, niceDomain } from '../chart/geometry.js';
import { seriesOf } from '../chart/series.js';
import type { Metric } from '../experiment.js';
import { capitalized, formatInterval, formatMean, formatMetric } from '../format.js';
import type { Results } from '../results.js';
import { shownMetrics } from '../shownMetrics.js';
import { acrossTicks, dataTable } from './chart.js';
import { type Html, html } from './html.js';
import { axisLabel, formatTick, rounded } from './numbers.js';

const rowHeight = 20;
const barHeight = 14;
const middle = rowHeight / 2;

/** What every arm reached in every metric: the one drawn first while training comes first. */
export function barsSection(results: Results): Html | undefined {
  const main = results.curves[0];
  const metrics = shownMetrics(results.metrics).sort(
    (a, b) => Number(b.name === main) - Number(a.name === main),
  );
  const figures = metrics.map((metric) => barFigure(results, metric));
  if (figures.length === 0) return undefined;
  return html`<section><h2>Final values</h2>
<p class="note">Bar: mean over the seeds. Line: its 95 % interval. Dots: the seeds.</p>
<div class="pair">${figures}</div></section>`;
}

function barFigure({ arms, seeds }: Results, metric: Metric): Html {
  const series = seriesOf(arms);
  const bars = arms.flatMap(({ label, role, metrics, runs }, i) => {
    const summary = metrics[metric.name];
    const values = seeds.map((seed) => runs.find((run) => run.seed === seed)?.metrics[metric.name]);
    return summary ? [{ label, role, summary, values, color: series[i]!.color }] : [];
  });
  const all = bars.flatMap(({ summary: { mean, interval }, values }) => [
    mean,
    interval.low,
    interval.high,
    ...values.flatMap((value) => value ?? []),
  ]);
  const domain = niceDomain(all, alwaysUnderBars(metric));
  const x = scaleLinear(domain, [0, 100]).clamp(true);
  const share = (value: number) => `${rounded(x(value))}%`;
  const write = (value: number) => formatMetric(value, metric);
  const rows = bars.map(({ label, role, summary: { mean, interval }, values, color }) => {
    const said = formatMean({ mean, interval }, values.length, write);
    const dots = values.flatMap((value) => (value === undefined ? [] : [value]));
    return html`<li><span>${label} <i>${role}</i></span>
<svg width="100%" height="${rowHeight}" role="img" aria-label="${label}: ${said}"><line class="zero" x1="${share(0)}" x2="${share(0)}" y1="0" y2="${rowHeight}"/><rect class="f${color}" x="${rounded(Math.min(x(0), x(mean)))}%" y="${middle - barHeight / 2}" width="${rounded(Math.abs(x(mean) - x(0)))}%" height="${barHeight}"/><line class="interval" x1="${share(interval.low)}" x2="${share(interval.high)}" y1="${middle}" y2="${middle}"/>${dots.map((value) => html`<circle cx="${share(value)}" cy="${middle}" r="3"/>`)}</svg>
<b>${write(mean)}</b></li>`;
  });
  return html`<figure><figcaption>${capitalized(metric.label)}</figcaption>
<p class="axis">${axisLabel(metric)}${betterText(metric)}</p>
<ul class="bars">${rows}<li aria-hidden="true"><svg width="100%" height="18">${acrossTicks(x, 12, (value) => formatTick(value, metric))}</svg></li></ul>
${dataTable(
  `${axisLabel(metric)} by arm`,
  ['Arm', 'Mean', '95 % interval', 'Standard deviation', ...seeds.map((seed) => `Seed ${seed}`)],
  bars.map(({ label, summary: { mean, std, interval }, values }) => [
    label,
    write(mean),
    formatInterval(interval, write, ''),
    write(std),
    ...values.map((value) => (value === undefined ? '–' : write(value))),
  ]),
)}</figure>`;
}

const betterText = ({ better }: Metric): string =>
  better === 'neither' ? '' : better === 'higher' ? ', higher is better' : ', lower is better';
