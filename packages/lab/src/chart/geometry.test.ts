import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Run } from '../results.js';
import {
  alwaysOnCurves,
  alwaysUnderBars,
  bandOf,
  latestAt,
  levelTo,
  niceDomain,
  onOneGrid,
  pointsOf,
  sampleRows,
  spreadLabels,
  valueAt,
} from './geometry.js';
import { seriesAt, seriesOf } from './series.js';

const run = (seed: number, ...values: (readonly [step: number, score: number])[]): Run => ({
  arm: 'any',
  seed,
  metrics: {},
  seconds: 0,
  curve: values.map(([step, score]) => ({ step, metrics: { score } })),
});

describe('points', () => {
  it('are those at which the metric was measured', () => {
    const curve = [
      { step: 1, metrics: { score: 2 } },
      { step: 2, metrics: { loss: 1 } },
      { step: 3, metrics: { score: Number.NaN } },
    ];
    expect(pointsOf(curve, 'score')).toEqual([{ step: 1, value: 2 }]);
  });

  it('have values straight between them and none outside', () => {
    const points = [
      { step: 10, value: 1 },
      { step: 20, value: 3 },
    ];
    expect([5, 10, 15, 20, 25].map((step) => valueAt(points, step))).toEqual([undefined, 1, 2, 3, undefined]);
    expect([5, 10, 15, 20, 25].map((step) => latestAt(points, step))).toEqual([undefined, 1, 1, 3, 3]);
  });

  it('go on level where they end early, and only there', () => {
    const points = [
      { step: 1, value: 5 },
      { step: 3, value: 2 },
    ];
    expect(levelTo(points, 300)).toEqual([...points, { step: 300, value: 2 }]);
    expect(levelTo(points, 6)).toBe(points);
    expect(levelTo([], 6)).toEqual([]);
  });

  it('stand on one grid, with gaps where a line has none', () => {
    const lines = [[{ step: 2, value: 3 }], [{ step: 1, value: 4 }]];
    expect(onOneGrid(lines)).toEqual({
      steps: [1, 2],
      values: [
        [null, 3],
        [4, null],
      ],
    });
  });
});

describe('a band', () => {
  it('goes from the lowest to the highest seed over the steps of all', () => {
    const runs = [run(0, [1, 0], [3, 4]), run(1, [2, 4], [3, 6], [4, 9])];
    expect(bandOf(runs, 'score')).toEqual([
      { step: 2, value: 3, low: 2, high: 4 },
      { step: 3, value: 5, low: 4, high: 6 },
    ]);
  });

  it('is empty where nothing was measured', () => {
    expect(bandOf([run(0)], 'score')).toEqual([]);
  });
});

describe('a domain', () => {
  it('ends at round numbers', () => {
    expect(niceDomain([0.13, 9.7])).toEqual([0, 10]);
    expect(niceDomain([0.4, 0.6], alwaysUnderBars({ unit: 'fraction' }))).toEqual([0, 1]);
    expect(niceDomain([3, 4], alwaysUnderBars({ unit: 'number' }))).toEqual([0, 4]);
    expect(niceDomain([])).toEqual([0, 1]);
  });

  it('shows all that fractions can be, but not where their curves would be flat', () => {
    const domain = (...values: number[]) => niceDomain(values, alwaysOnCurves({ unit: 'fraction' }, values));
    expect([domain(), domain(0.1, 0.9)]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(domain(0.92, 0.96)).toEqual([0.92, 0.96]);
    expect(alwaysOnCurves({ unit: 'number' }, [0.1, 0.9])).toEqual([]);
  });

  it('has a finite length and holds its values, whatever they are', () => {
    const value = fc.double({ noNaN: true, min: -1e300, max: 1e300 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const [low, high] = niceDomain(values);
        expect(Number.isFinite(high - low)).toBe(true);
        expect(high).toBeGreaterThan(low);
        expect(low).toBeLessThanOrEqual(Math.min(...values));
        expect(high).toBeGreaterThanOrEqual(Math.max(...values));
      }),
    );
  });
});

describe('labels', () => {
  it('keep their order, their distance and their bounds where there is room', () => {
    const places = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(places, (wanted) => {
        const placed = spreadLabels(wanted, 18, 0, 200);
        const sorted = [...placed].sort((a, b) => a - b);
        sorted.forEach((place, i) => {
          if (i > 0) expect(place - sorted[i - 1]!).toBeGreaterThan(18 - 1e-9);
        });
        expect(sorted[0]).toBeGreaterThanOrEqual(0);
        expect(sorted.at(-1)).toBeLessThanOrEqual(200 + 1e-9);
        for (const [i, a] of wanted.entries())
          for (const [j, b] of wanted.entries()) if (a < b) expect(placed[i]).toBeLessThan(placed[j]!);
      }),
    );
  });
});

describe('labels without room', () => {
  it('overlap evenly', () => {
    expect(spreadLabels([0, 0, 0], 16, 0, 20)).toEqual([0, 10, 20]);
  });
});

describe('rows', () => {
  it('are sampled evenly with the first and the last', () => {
    expect(sampleRows([...Array(11).keys()], 3)).toEqual([0, 5, 10]);
    expect(sampleRows([1, 2], 3)).toEqual([1, 2]);
  });
});

describe('series', () => {
  it('are solid for the first method and grey for the first baseline', () => {
    const roles = ['ablation', 'baseline', 'method', 'method'] as const;
    expect(seriesOf(roles.map((role) => ({ role })))).toEqual([
      { color: 3, dash: [3, 3] },
      { color: 1, dash: [7, 4] },
      { color: 2, dash: [] },
      { color: 4, dash: [12, 3, 3, 3] },
    ]);
  });

  it('differ, however many there are in sensible numbers', () => {
    const distinct = (looks: readonly unknown[]) => new Set(looks.map((look) => JSON.stringify(look))).size;
    const arms = ['baseline', 'method', ...Array<'ablation'>(16).fill('ablation')] as const;
    expect(distinct(seriesOf(arms.map((role) => ({ role }))))).toBe(18);
    expect(distinct(Array.from({ length: 36 }, (_, i) => seriesAt(i)))).toBe(36);
  });
});
