import type { Metric } from '@evenkeel/lab';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanLine, onOneGrid, pointsOf, sampleRows, spreadLabels, valueAt, valueDomain } from './geometry.js';

const fraction: Metric = { name: 'score', label: 'score', unit: 'fraction', better: 'higher' };
const number: Metric = { name: 'loss', label: 'loss', unit: 'number', better: 'lower' };
const run = (seed: number, values: readonly [step: number, score: number][]) => ({
  arm: 'a',
  seed,
  metrics: {},
  seconds: 1,
  curve: values.map(([step, score]) => ({ step, metrics: { score } })),
});

describe('valueDomain', () => {
  it('shows all of 0 to 100 % for fractions', () => {
    expect(valueDomain(fraction, [0.97, 0.98])).toEqual([0, 1]);
  });

  it('puts round ends around other values, and 0 on the axis of bars', () => {
    expect(valueDomain(number, [1.02, 1.98])).toEqual([1, 2]);
    expect(valueDomain(number, [1.02, 1.98], true)).toEqual([0, 2]);
  });

  it('contains every value and has a length, whatever the values are', () => {
    const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(values, fc.boolean(), fc.constantFrom(fraction, number), (some, fromZero, metric) => {
        const [low, high] = valueDomain(metric, some, fromZero);
        expect(high).toBeGreaterThan(low);
        // To what can be drawn: d3 takes the smallest of numbers for 0.
        const slack = 1e-9 * (high - low);
        for (const value of some) {
          expect(value).toBeGreaterThanOrEqual(low - slack);
          expect(value).toBeLessThanOrEqual(high + slack);
        }
      }),
      {
        examples: [
          [[5e-324], false, number],
          [[0, 5e-324], true, number],
          [[1, 1 + 1e-15], false, number],
        ],
      },
    );
  });
});

describe('lines', () => {
  it('leave out steps at which the metric was not measured', () => {
    const curve = [
      { step: 1, metrics: { score: 0.1 } },
      { step: 2, metrics: {} },
      { step: 3, metrics: { score: Number.NaN } },
    ];
    expect(pointsOf(curve, 'score')).toEqual([{ step: 1, value: 0.1 }]);
  });

  it('go straight between their points and nowhere outside them', () => {
    const points = [
      { step: 10, value: 0 },
      { step: 20, value: 1 },
    ];
    expect([5, 10, 15, 20, 25].map((step) => valueAt(points, step))).toEqual([
      undefined,
      0,
      0.5,
      1,
      undefined,
    ]);
  });

  it('average over seeds that were measured at different steps', () => {
    const runs = [
      run(0, [
        [0, 0],
        [10, 1],
      ]),
      run(1, [
        [0, 1],
        [5, 1],
        [10, 0],
      ]),
    ];
    expect(meanLine(runs, 'score')).toEqual([
      { step: 0, value: 0.5 },
      { step: 5, value: 0.75 },
      { step: 10, value: 0.5 },
    ]);
  });

  it('stand on one grid, with gaps where a line has no point', () => {
    const lines = [[{ step: 1, value: 3 }], [{ step: 2, value: 4 }]];
    expect(onOneGrid(lines)).toEqual({
      steps: [1, 2],
      values: [
        [3, null],
        [null, 4],
      ],
    });
  });
});

describe('sampleRows', () => {
  it('keeps the first and the last row', () => {
    const rows = Array.from({ length: 200 }, (_, i) => i);
    const sampled = sampleRows(rows, 26);
    expect([sampled.length, sampled[0], sampled.at(-1)]).toEqual([26, 0, 199]);
  });

  it('keeps all rows where they are few', () => {
    expect(sampleRows([1, 2], 26)).toEqual([1, 2]);
  });
});

describe('spreadLabels', () => {
  it('leaves labels alone that are far enough apart', () => {
    expect(spreadLabels([80, 10, 40], 16, 0, 100)).toEqual([80, 10, 40]);
  });

  it('keeps order, distance and limits', () => {
    const wanted = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(wanted, (positions) => {
        const placed = spreadLabels(positions, 16, 0, 200);
        const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!);
        for (const position of placed) {
          expect(position).toBeGreaterThanOrEqual(0);
          expect(position).toBeLessThanOrEqual(200);
        }
        for (let i = 1; i < order.length; i++) {
          expect(placed[order[i]!]! - placed[order[i - 1]!]!).toBeGreaterThan(16 - 1e-9);
        }
      }),
    );
  });

  it('lets labels overlap evenly where there is no room', () => {
    expect(spreadLabels([0, 0, 0], 16, 0, 20)).toEqual([0, 10, 20]);
  });
});
