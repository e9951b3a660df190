import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { niceDomain, sampleRows, spreadLabels } from '../chart/geometry.js';
import type { Series } from '../chart/series.js';
import { type Content, type Html, html } from './html.js';
import { rounded } from './numbers.js';

/** A line of a chart, with what lies around it where it is the mean of several. */
export interface ChartLine {
  readonly label: string;
  readonly series: Series;
  readonly points: readonly {
    readonly x: number;
    readonly y: number;
    readonly low?: number;
    readonly high?: number;
  }[];
}

export interface LineChart {
  /** The whole chart in words, for those who cannot see it. */
  readonly description: string;
  readonly xAxis: string;
  readonly yAxis: string;
  readonly lines: readonly ChartLine[];
  /** What stands on the value axis in any case. */
  readonly always?: readonly number[];
  /** Where the horizontal axis starts; with the first point when left out. */
  readonly xFrom?: number;
  readonly tick: (value: number) => string;
}

/** Pixels from one label to the next. */
const labelGap = 18;
const leastHeight = 220;

/**
 * Lines with their names at their ends, on narrow screens below. Across, places are shares of the width, which the page does not know before it is
 * shown; up and down they are pixels, so that writing keeps its size on every screen.
 */
export function lineChart({ description, xAxis, yAxis, lines, always, xFrom, tick }: LineChart): Html {
  const drawn = lines.filter(({ points }) => points.length > 0);
  const height = Math.max(leastHeight, drawn.length * labelGap);
  const all = drawn.flatMap(({ points }) => points);
  const yDomain = niceDomain(
    all.flatMap(({ y, low = y, high = y }) => [y, low, high]),
    always,
  );
  const x = scaleLinear(xDomain(all, xFrom), [0, 100]).clamp(true);
  const y = scaleLinear(yDomain, [height, 0]).clamp(true);
  const labels = spreadLabels(
    drawn.map(({ points }) => y(points.at(-1)!.y)),
    labelGap,
    labelGap / 2,
    height - labelGap / 2,
  );
  return html`<p class="axis">${yAxis}</p>
<div class="chart"><svg class="ticks" width="56" height="${height + 24}" aria-hidden="true">${y
    .ticks(5)
    .map((value) => html`<text x="48" y="${rounded(y(value))}" dy="0.35em">${tick(value)}</text>`)}</svg>
<svg class="plot" width="100%" height="${height + 24}" role="img" aria-label="${description}">${y
    .ticks(5)
    .map(
      (value) =>
        html`<line class="grid" x1="0" x2="100%" y1="${rounded(y(value))}" y2="${rounded(y(value))}"/>`,
    )}
<svg viewBox="0 0 100 ${height}" preserveAspectRatio="none" width="100%" height="${height}">${drawn.map((each) => drawing(each, x, y))}</svg>${acrossTicks(x, height + 18, plainTick, 3)}</svg>
<div class="ends">${drawn.map(
    ({ label, series }, i) =>
      html`<span class="end c${series.color}" style="top:${rounded(labels[i]! - labelGap / 2)}px">${label}</span><span class="room">${label}</span>`,
  )}</div></div>
<p class="axis across">${xAxis}</p>
<ul class="legend">${drawn.map(({ label, series }) => html`<li class="c${series.color}"><svg width="28" height="8" aria-hidden="true"><line class="line s${series.color}" x1="1" x2="27" y1="4" y2="4" stroke-dasharray="${series.dash.join(' ')}"/></svg>${label}</li>`)}</ul>`;
}

type Scale = (value: number) => number;

function drawing({ series, points }: ChartLine, x: Scale, y: Scale): Html {
  type Place = ChartLine['points'][number];
  const across = (point: Place) => rounded(x(point.x));
  const path = line<Place>(across, (point) => rounded(y(point.y)))([...points]);
  const band = area<Place>(
    across,
    (point) => rounded(y(point.low ?? point.y)),
    (point) => rounded(y(point.high ?? point.y)),
  )([...points]);
  const isBand = points.some(({ low, high }) => low !== high);
  // A path of one point has no length: round ends make it a dot.
  return html`${isBand ? html`<path class="band f${series.color}" d="${band ?? ''}"/>` : undefined}<path class="line s${series.color}" d="${path ?? ''}" stroke-dasharray="${series.dash.join(' ')}"/>`;
}

/** Numbers below a plot whose width is not known: those near its ends stay inside. */
export function acrossTicks(
  x: ReturnType<typeof scaleLinear<number, number>>,
  y: number,
  tick: (value: number) => string,
  count = 4,
): Html[] {
  return x.ticks(count).map((value) => {
    const place = x(value);
    const anchor = place < 5 ? 'start' : place > 95 ? 'end' : 'middle';
    return html`<text x="${rounded(place)}%" y="${y}" text-anchor="${anchor}">${tick(value)}</text>`;
  });
}

function plainTick(value: number): string {
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential() : String(Number(value.toPrecision(6)));
  return text.replaceAll('-', '−').replace('e+', 'e');
}

/** From the first to the last point, without round numbers at the ends, so that lines reach their names. */
function xDomain(points: readonly { readonly x: number }[], from: number | undefined): [number, number] {
  const places = points.map(({ x }) => x);
  if (from !== undefined) places.push(from);
  const [low, high] = [Math.min(...places), Math.max(...places)];
  return high - low > 0 && Number.isFinite(high - low) ? [low, high] : niceDomain(places);
}

/** A table that is folded away behind a chart. */
export function dataTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Content[])[],
): Html {
  return html`<details><summary>Data table</summary><div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>`)}</tbody></table></div></details>`;
}

/** Rows of a data table; longer ones are sampled evenly. */
export const mostRows = 30;

/** The lines of a chart as rows of a data table: one for each place across, at most `mostRows` of them. */
export function lineRows(lines: readonly ChartLine[], write: (value: number) => string): string[][] {
  const places = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const values = lines.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  return sampleRows(places, mostRows).map((x) => [
    plainTick(x),
    ...values.map((line) => {
      const point = line.get(x);
      if (!point) return '–';
      const { y, low = y, high = y } = point;
      return low === high ? write(y) : `${write(y)} (${write(low)} to ${write(high)})`;
    }),
  ]);
}
