import type { Exhibit } from '@evenkeel/lab';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticResults } from '../run/testing/synthetic.js';
import { groupExhibits, joinedLines, recordedExhibits } from './group.js';
import { shadedCells, shadeOf, shadingOf } from './heatMap.js';

const words = (title: string, text = ''): Exhibit => ({ kind: 'text', title, text });

describe('groups of exhibits', () => {
  it('stand by title, with the arms that show it side by side', () => {
    const groups = groupExhibits([
      { name: 'a', label: 'A', exhibits: [words('first'), words('second')] },
      { name: 'b', label: 'B', exhibits: [words('third'), words('first', 'other')] },
    ]);
    expect(groups.map(({ title, items }) => [title, ...items.map(({ arm }) => arm)])).toEqual([
      ['first', 'a', 'b'],
      ['second', 'a'],
      ['third', 'b'],
    ]);
    expect(groups[0]!.items[1]).toEqual({ arm: 'b', label: 'B', exhibit: words('first', 'other') });
  });

  it('come from the one seed that recorded results keep', () => {
    const results = syntheticResults();
    expect(groupExhibits(recordedExhibits(results))).toEqual([]);
    const arms = results.arms.map((arm) => ({
      ...arm,
      runs: arm.runs.map((run, i) => (i === 0 ? { ...run, exhibits: [words('shown')] } : run)),
    }));
    expect(groupExhibits(recordedExhibits({ ...results, arms }))[0]!.items).toHaveLength(3);
  });
});

describe('lines of several arms', () => {
  const item = (arm: string, lines: number, yAxis = 'y') => ({
    arm,
    label: arm.toUpperCase(),
    exhibit: {
      kind: 'lines',
      title: 'shown',
      xAxis: 'x',
      yAxis,
      lines: Array.from({ length: lines }, (_, i) => ({ label: `line ${i}`, points: [[i, 2] as const] })),
    } as const,
  });

  it('join in one chart where each arm has one, over the same axes', () => {
    expect(joinedLines([item('a', 1), item('b', 1)])).toEqual({
      ...item('a', 1).exhibit,
      lines: [
        { label: 'A', points: [[0, 2]] },
        { label: 'B', points: [[0, 2]] },
      ],
    });
  });

  it('stay apart elsewhere', () => {
    const words = { arm: 'c', label: 'C', exhibit: { kind: 'text', title: 'shown', text: '' } } as const;
    expect(joinedLines([item('a', 1)])).toBeUndefined();
    expect(joinedLines([item('a', 1), item('b', 2)])).toBeUndefined();
    expect(joinedLines([item('a', 1), item('b', 1, 'z')])).toBeUndefined();
    expect(joinedLines([item('a', 1), item('b', 1), words])).toBeUndefined();
  });
});

describe('a heat map', () => {
  it('goes from the least to the greatest value, or around 0', () => {
    expect(shadingOf([[2, 4]])).toEqual({ low: 2, high: 4, diverging: false });
    expect(shadingOf([[-1, 4]])).toEqual({ low: -4, high: 4, diverging: true });
    expect(shadeOf(-4, { low: -4, high: 4, diverging: true })).toEqual({ opacity: 1, below: true });
    expect(shadeOf(3, { low: 3, high: 3, diverging: false })).toEqual({ opacity: 0.5, below: false });
  });

  it('joins neighbours of one shade', () => {
    expect(
      shadedCells([
        [0, 0, 1],
        [1, 0, 0],
      ]),
    ).toEqual([
      { opacity: 0, below: false, path: 'M0 0h2v1h-2zM1 1h2v1h-2z' },
      { opacity: 1, below: false, path: 'M2 0h1v1h-1zM0 1h1v1h-1z' },
    ]);
  });

  it('covers every cell once', () => {
    const maps = fc.integer({ min: 1, max: 8 }).chain((columns) =>
      fc.array(
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: columns, maxLength: columns }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
    );
    fc.assert(
      fc.property(maps, (values) => {
        const covered = shadedCells(values).flatMap(({ path }) =>
          [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)].flatMap(([, x, y, length]) =>
            Array.from({ length: Number(length) }, (_, i) => `${Number(x) + i} ${y}`),
          ),
        );
        const cells = values.flatMap((row, y) => row.map((_, x) => `${x} ${y}`));
        expect(covered.sort()).toEqual(cells.sort());
      }),
    );
  });
});
