import { buildResults } from '../buildResults.js';
import { type Exhibit, encodePixels } from '../exhibit.js';
import type { Experiment, Outcome, Progress } from '../experiment.js';
import type { Results } from '../results.js';
import { collect, example } from './example.js';

/** One exhibit of every kind. */
export const exhibits: readonly Exhibit[] = [
  { kind: 'text', title: 'A sample', text: 'To be, or <not> to be & "so on".\n'.repeat(8) },
  {
    kind: 'image',
    title: 'A picture',
    width: 16,
    height: 12,
    channels: 3,
    pixels: encodePixels(Uint8Array.from({ length: 16 * 12 * 3 }, (_, i) => (i * 37) % 256)),
  },
  {
    kind: 'image',
    title: 'In grey',
    width: 2,
    height: 1,
    channels: 1,
    pixels: encodePixels(Uint8Array.of(0, 255)),
  },
  {
    kind: 'heat map',
    title: 'Loads',
    rowAxis: 'Expert',
    columnAxis: 'Step',
    values: Array.from({ length: 6 }, (_, row) =>
      Array.from({ length: 40 }, (_, column) => Math.sin(row + column / 5)),
    ),
  },
  {
    kind: 'lines',
    title: 'Paths',
    xAxis: 'Time (s)',
    yAxis: 'Place',
    lines: ['left', 'middle', 'right'].map((label, i) => ({
      label,
      points: Array.from({ length: 50 }, (_, t) => [t / 10, (i - 1) * Math.sqrt(t)] as const),
    })),
  },
];

/** Results with several arms and metrics of every unit, with bands and with every kind of exhibit. */
export async function richResults(): Promise<Results> {
  const labels = ['Plain training', 'The method of the paper', 'Method without its second term', 'Half'];
  const arms = labels.map((label, i): Experiment<number>['arms'][number] => ({
    name: `arm${i}`,
    label,
    role: i === 0 ? 'baseline' : i === 1 ? 'method' : 'ablation',
    description: `arm number ${i}`,
    live: true,
    async *run({ seed }): AsyncGenerator<Progress, Outcome, void> {
      const reached = (part: number) => ({
        score: (0.5 + 0.1 * i + 0.03 * Math.sin(7 * seed + i)) * (1 - Math.exp(-4 * part)),
        loss: 2.3 * Math.exp(-part * (1 + i / 3)) + 0.05 * Math.cos(3 * seed),
        size: 1e6 * (4 - i),
        time: 0.012 * (i + 1),
      });
      for (let step = 1; step <= 40; step++) {
        const { score, loss } = reached(step / 40);
        yield { step: 10 * step, steps: 400, metrics: { score, loss } };
      }
      return { metrics: reached(1), exhibits: i < 2 ? exhibits : [] };
    },
  }));
  const experiment = example({
    question: 'Which one climbs higher, and what does it cost?',
    data: { description: 'Two moons, 400 points, half of them held out.', load: () => 0 },
    arms,
    metrics: [
      { name: 'score', label: 'held-out accuracy', unit: 'fraction', better: 'higher' },
      { name: 'loss', label: 'loss', unit: 'number', better: 'lower' },
      { name: 'size', label: 'size', unit: 'bytes', better: 'lower' },
      { name: 'time', label: 'time of a step', unit: 'seconds', better: 'neither' },
    ],
    claims: [
      {
        statement: 'The method learns more.',
        conditions: [
          { metric: 'score', arm: 'arm1', minus: 'arm0', over: 'mean', atLeast: 0.05 },
          { metric: 'loss', arm: 'arm1', over: 'every-seed', atMost: 0.7 },
        ],
      },
      {
        statement: 'Its second term matters.',
        conditions: [{ metric: 'score', arm: 'arm1', minus: 'arm2', over: 'mean', atLeast: 0.1 }],
      },
      { statement: 'It scales.', notTested: 'Too large for one machine.' },
    ],
    curves: ['score', 'loss'],
  });
  const { runs } = await collect(experiment);
  return buildResults(experiment, runs, {
    machine: { processor: 'A processor', cores: 2, system: 'any' },
    versions: { evenkeel: '0.1.0', node: '20.0.0' },
    finishedAt: '2026-01-31T12:34:56.000Z',
  });
}
