import type { Run } from '@evenkeel/lab';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBoard } from './board.js';
import { syntheticExperiment } from './testing/synthetic.js';

const climb = { experiment: syntheticExperiment(), runs: [] };
const stroll = { experiment: syntheticExperiment({ slug: 'stroll' }), runs: [] };
const task = (seed: number, arm = 'ladder', paper = 'climb') => ({ paper, arm, seed });
const run = (seed: number, seconds: number, arm = 'ladder'): Run => ({
  arm,
  seed,
  seconds,
  metrics: {},
  curve: [],
});

describe('the board', () => {
  it('shows for each experiment what is done and what goes on', () => {
    const board = createBoard([climb, stroll], 2);
    board.started(task(3), 1000);
    board.started(task(3, 'slope'), 1000);
    board.progressed(task(3), { step: 4, steps: 10, metrics: { height: 2, score: 0.36 } });
    expect(board.lines(5000, 200, 10)).toEqual([
      'climb   0/6  4 s  ladder arm, seed 3: step 4 of 10, score 36.0 %; slope arm, seed 3: starting',
      'stroll  0/6  waiting',
    ]);
  });

  it('expects from finished runs how long the others take', () => {
    const board = createBoard([climb], 2);
    board.started(task(3), 0);
    board.finished(task(3), run(3, 10), 10_000);
    board.started(task(4), 10_000);
    board.progressed(task(4), { step: 1, steps: 2, metrics: {} });
    // 5 s of the run under way and 10 s for each of the four others, in two lanes.
    expect(board.lines(15_000, 60, 1)[0]).toMatch(/^climb {2}1\/6 {2}15 s, about 23 s to go {2}ladder/);
  });

  it('tells failed runs and the outcome, and stops the clock', () => {
    const board = createBoard([{ ...climb, runs: [run(3, 1), run(4, 1)] }], 1);
    board.started(task(5), 0);
    board.failed(task(5), 2000);
    expect(board.lines(9000, 80, 1)[0]).toMatch(/^climb {2}2\/6 {2}1 failed {2}2 s/);
    board.ended('climb', '◐ partly', 3000);
    expect(board.lines(9000, 80, 1)[0]).toContain('◐ partly  3 s');
  });

  it('shows those under way first where there are more than lines', () => {
    const slugs = ['a', 'b', 'c', 'd'];
    const board = createBoard(
      slugs.map((slug) => ({ experiment: syntheticExperiment({ slug }), runs: [] })),
      1,
    );
    board.started(task(3, 'ladder', 'd'), 0);
    expect(board.lines(0, 80, 3).map((line) => line.split('  ')[0])).toEqual([
      'd',
      'a',
      'and 2 more: 2 waiting',
    ]);
  });

  it('never has more or longer lines than there is room for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 1e9 }),
        (width, count, now) => {
          const board = createBoard([climb, stroll], 3);
          board.started(task(3), 0);
          board.progressed(task(3), { step: 1, steps: 3, metrics: { score: Number.NaN } });
          const lines = board.lines(now, width, count);
          expect(lines.length).toBeLessThanOrEqual(count);
          for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
