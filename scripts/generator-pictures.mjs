// Draws docs/images/generators.svg from the generators themselves: node scripts/generator-pictures.mjs
import { writeFileSync } from 'node:fs';
import {
  expertLoads,
  gaussianRing,
  itemCatalogue,
  landCover,
  noisyRectangles,
  noisySteps,
  pointClouds,
  sequenceLengths,
} from '@evenkeel/nn';

const side = 160;
const gap = 24;
const colors = ['#4477aa', '#cc6677', '#228833', '#aa8800', '#66aacc', '#aa3377', '#777777', '#ee8866'];
const round = (x) => Math.round(x * 10) / 10;
const range = (count) => Array.from({ length: count }, (_, i) => i);

/** A function from numbers between `low` and `high` to pixels of a panel; upwards where `flip` says so. */
const scale =
  (low, high, flip = false) =>
  (x) => {
    const share = (x - low) / (high - low);
    return round(side * (flip ? 1 - share : share));
  };

const dot = (x, y, color) => `<circle cx="${x}" cy="${y}" r="1.6" fill="${color}"/>`;
const line = (points, color) =>
  `<polyline points="${points.map(([x, y]) => `${x},${y}`).join(' ')}" fill="none" stroke="${color}" stroke-width="1.2"/>`;
const pixels = (size, colorAt) =>
  range(size * size)
    .map((i) => {
      const [x, y, length] = [(i % size) * (side / size), Math.floor(i / size) * (side / size), side / size];
      return `<rect x="${round(x)}" y="${round(y)}" width="${round(length + 0.1)}" height="${round(length + 0.1)}" fill="${colorAt(i)}"/>`;
    })
    .join('');
const byte = (x) => Math.round(255 * Math.min(Math.max(x, 0), 1));
const grey = (x) => `rgb(${byte(x)},${byte(x)},${byte(x)})`;

function ring() {
  const { inputs, labels } = gaussianRing({ seed: 0, samples: 400 }).columns;
  const [x, y] = [scale(-2.5, 2.5), scale(-2.5, 2.5, true)];
  return range(400)
    .map((i) => dot(x(inputs.data[2 * i]), y(inputs.data[2 * i + 1]), colors[labels.data[i]]))
    .join('');
}

function clouds() {
  const { sources, targets } = pointClouds({ seed: 0 }).columns;
  const [x, y] = [scale(-3, 4), scale(-3, 4, true)];
  const dots = ({ data }, color) => range(24).map((i) => dot(x(data[2 * i]), y(data[2 * i + 1]), color));
  return [...dots(sources, colors[0]), ...dots(targets, colors[1])].join('');
}

function steps() {
  const { clean, noisy } = noisySteps({ seed: 0, samples: 1 }).columns;
  const [x, y] = [scale(0, 255), scale(-0.3, 1.3, true)];
  const curve = ({ data }, color) =>
    line(
      Array.from(data, (value, i) => [x(i), y(value)]),
      color,
    );
  return curve(noisy, colors[4]) + curve(clean, colors[1]);
}

function rectangles() {
  const { noisy } = noisyRectangles({ seed: 4, samples: 1, size: 20, noise: 0.05 }).columns;
  return pixels(20, (i) => grey(noisy.data[i]));
}

function land() {
  const { images } = landCover({ seed: 2, train: 1, test: 1, lines: 3, tint: 0.5 }).train.columns;
  const level = (i, channel) => byte(0.4 + images.data[channel * 256 + i] / 10);
  return pixels(16, (i) => `rgb(${level(i, 0)},${level(i, 1)},${level(i, 2)})`);
}

function popularity() {
  const { popularities, seen } = itemCatalogue({ seed: 0 }).items.columns;
  const order = range(1000).sort((a, b) => popularities.data[b] - popularities.data[a]);
  const [x, y] = [scale(0, 3), scale(0, 3.2, true)];
  const place = (rank, count) => [x(Math.log10(rank + 1)), y(Math.log10(count))];
  const logged = order.flatMap((item, rank) =>
    seen.data[item] > 0 && (rank < 40 || rank % 9 === 0)
      ? [dot(...place(rank, seen.data[item]), colors[4])]
      : [],
  );
  const law = [0, 250].map((rank) => place(rank, 4000 * popularities.data[order[rank]]));
  return logged.join('') + line(law, colors[1]);
}

function loads() {
  const { data } = expertLoads({ seed: 0, layers: 1, devices: 1, drift: 0.15, tokens: 8192 }).columns.loads;
  const shown = range(105).flatMap((i) => Array.from(data.subarray(32 * i, 32 * i + 8)));
  const [x, y] = [scale(0, 104), scale(0, Math.max(...shown), true)];
  return range(8)
    .map((expert) =>
      line(
        range(105).map((i) => [x(i), y(data[32 * i + expert])]),
        colors[expert],
      ),
    )
    .join('');
}

function lengths() {
  const logs = Array.from(sequenceLengths({ seed: 0 }), Math.log2);
  const bins = range(22).map((bin) => logs.filter((log) => Math.floor(2 * (log - 6)) === bin).length);
  const [x, y] = [scale(0, 23), scale(0, Math.max(...bins), true)];
  return bins
    .map(
      (count, i) =>
        `<rect x="${x(i)}" y="${y(count)}" width="6" height="${round(side - y(count))}" fill="${colors[0]}"/>`,
    )
    .join('');
}

const panels = [
  ['gaussianRing', ring()],
  ['pointClouds', clouds()],
  ['noisySteps', steps()],
  ['noisyRectangles, small', rectangles()],
  ['landCover, much clearer', land()],
  ['itemCatalogue: log by rank', popularity()],
  ['expertLoads, more drift', loads()],
  ['sequenceLengths, logarithmic', lengths()],
];

const columns = 4;
const [width, height] = [columns * (side + gap) + gap, 2 * (side + 2 * gap) + gap / 2];
const shown = panels.map(([title, content], i) => {
  const [x, y] = [gap + (i % columns) * (side + gap), 2 * gap + Math.floor(i / columns) * (side + 2 * gap)];
  return `<g transform="translate(${x} ${y})"><text y="-8">${title}</text><rect width="${side}" height="${side}" fill="none" stroke="#888"/>${content}</g>`;
});
writeFileSync(
  new URL('../docs/images/generators.svg', import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#888">\n${shown.join('\n')}\n</svg>\n`,
);
