import { bitmap, imageBitmap } from '../chart/bitmap.js';
import { sampleRows } from '../chart/geometry.js';
import { seriesAt } from '../chart/series.js';
import type { Exhibit, HeatMapExhibit, ImageExhibit, LinesExhibit } from '../exhibit.js';
import { formatMetric } from '../format.js';
import type { Results } from '../results.js';
import { dataTable, lineChart, lineRows, mostRows } from './chart.js';
import { type Html, html } from './html.js';
import { formatTick } from './numbers.js';

const number = { unit: 'number' } as const;
const write = (value: number): string => formatMetric(value, number);
const tick = (value: number): string => formatTick(value, number);

/** What the arms had to show, those with the same title side by side. */
export function exhibitsSection({ arms }: Results): Html | undefined {
  const shown = arms.flatMap(({ label, runs }) =>
    runs.flatMap(({ seed, exhibits = [] }) => exhibits.map((exhibit) => ({ label, seed, exhibit }))),
  );
  const titles = [...new Set(shown.map(({ exhibit }) => exhibit.title))];
  if (titles.length === 0) return undefined;
  return html`<section><h2>To look at</h2>${titles.map((title) => {
    const figures = shown
      .filter(({ exhibit }) => exhibit.title === title)
      .map(({ label, seed, exhibit }) => exhibitFigure(exhibit, `${label}, seed ${seed}`));
    return html`<h3>${title}</h3><div class="pair">${figures}</div>`;
  })}</section>`;
}

function exhibitFigure(exhibit: Exhibit, caption: string): Html {
  return html`<figure><figcaption>${caption}</figcaption>${bodyOf(exhibit, `${exhibit.title}: ${caption}`)}</figure>`;
}

function bodyOf(exhibit: Exhibit, description: string): Html {
  switch (exhibit.kind) {
    case 'text':
      return html`<pre>${exhibit.text}</pre>`;
    case 'image':
      return image(exhibit, description);
    case 'heat map':
      return heatMap(exhibit, description);
    case 'lines':
      return lines(exhibit, description);
  }
}

function image(exhibit: ImageExhibit, description: string): Html {
  const { width, height } = exhibit;
  return html`<img class="pixels" src="${imageBitmap(exhibit)}" alt="${description}" width="${width}" height="${height}" style="aspect-ratio:${width}/${height}">`;
}

function heatMap({ rowAxis, columnAxis, values }: HeatMapExhibit, description: string): Html {
  const all = values.flat();
  const [low, high] = extent(all);
  const color = colorsBetween(low, high);
  const columns = values[0]!.length;
  const address = bitmap(columns, values.length, (row, column) => color(values[row]![column]!));
  const steps = 64;
  const scale = bitmap(steps, 1, (_, column) => color(low + (high - low) * (column / (steps - 1))));
  return html`<p class="axis">${rowAxis} (down), ${columnAxis} (across)</p>
<img class="pixels" src="${address}" alt="${description}: ${values.length} rows, ${columns} columns, ${write(low)} to ${write(high)}" width="${columns}" height="${values.length}" style="aspect-ratio:${columns}/${values.length}">
<p class="scale"><span>${write(low)}</span><img src="${scale}" alt="from low to high" width="${steps}" height="1"><span>${write(high)}</span></p>
${heatTable(values, rowAxis, columnAxis)}`;
}

/** Both as row and as column numbers count from 1. Large matrices are sampled evenly. */
function heatTable(values: HeatMapExhibit['values'], rowAxis: string, columnAxis: string): Html {
  const rows = sampleRows([...values.keys()], mostRows);
  const columns = sampleRows([...values[0]!.keys()], mostRows);
  const isWhole = rows.length === values.length && columns.length === values[0]!.length;
  return dataTable(
    `${rowAxis} (down) by ${columnAxis} (across)${isWhole ? '' : ', evenly sampled'}`,
    ['', ...columns.map((column) => String(column + 1))],
    rows.map((row) => [String(row + 1), ...columns.map((column) => write(values[row]![column]!))]),
  );
}

function extent(values: readonly number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

type Color = readonly [number, number, number];

const sequential: readonly Color[] = [
  [243, 246, 245],
  [108, 196, 220],
  [10, 95, 120],
  [8, 34, 43],
];
const diverging: readonly Color[] = [
  [154, 63, 43],
  [239, 155, 132],
  [243, 246, 245],
  [108, 196, 220],
  [10, 95, 120],
];

/** Colours for values between two ends; where there are both signs, two hues that meet at 0. */
function colorsBetween(low: number, high: number): (value: number) => Color {
  if (low < 0 && high > 0) {
    const most = Math.max(-low, high);
    return (value) => colorAt(diverging, 0.5 + value / most / 2);
  }
  // Halves, because the difference of very large numbers has no bounds.
  const half = high / 2 - low / 2;
  return (value) => colorAt(sequential, half > 0 ? (value / 2 - low / 2) / half : 0.5);
}

function colorAt(colors: readonly Color[], part: number): Color {
  const place = Math.min(Math.max(part, 0), 1) * (colors.length - 1);
  const first = Math.min(Math.floor(place), colors.length - 2);
  const [from, to] = [colors[first]!, colors[first + 1]!];
  const mixed = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - first));
  return [mixed(0), mixed(1), mixed(2)];
}

function lines({ title, xAxis, yAxis, lines: given }: LinesExhibit, description: string): Html {
  const chartLines = given.map(({ label, points }, i) => ({
    label,
    series: seriesAt(i),
    points: points.map(([x, y]) => ({ x, y })),
  }));
  if (chartLines.every(({ points }) => points.length === 0)) return html`<p class="note">No points.</p>`;
  return html`${lineChart({ description, xAxis, yAxis, lines: chartLines, tick })}
${dataTable(title, [xAxis, ...chartLines.map(({ label }) => label)], lineRows(chartLines, write))}`;
}
