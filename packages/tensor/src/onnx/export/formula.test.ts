import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  axesOf,
  evaluateFormula,
  formatFormula,
  formulaOf,
  mostAxes,
  trialLengths,
  usualTrial,
} from './formula.js';

const formulas = fc.integer({ min: 0, max: 3 }).chain((axes) =>
  fc.record({
    axes: fc.constant(axes),
    formula: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2 ** axes, maxLength: 2 ** axes }),
  }),
);

const trialsOf = (axes: number) => Array.from({ length: axes }, (_, axis) => usualTrial(axis));

describe('formulas', () => {
  it('are found from their values', () => {
    fc.assert(
      fc.property(formulas, ({ axes, formula }) => {
        const values = trialLengths(trialsOf(axes)).map((lengths) => evaluateFormula(formula, lengths));
        expect(formulaOf(values, trialsOf(axes))).toEqual(formula);
      }),
    );
  });

  it('are not found where there is none', () => {
    const values = (fn: (length: number) => number) =>
      trialLengths(trialsOf(1)).map(([length]) => fn(length!));
    expect(
      formulaOf(
        values((n) => n * n),
        trialsOf(1),
      ),
    ).toBeUndefined();
    expect(
      formulaOf(
        values((n) => Math.floor(n / 16)),
        trialsOf(1),
      ),
    ).toBeUndefined();
    expect(
      formulaOf(
        values((n) => 1 / n),
        trialsOf(1),
      ),
    ).toBeUndefined();
    expect(
      formulaOf(
        values((n) => 3 * n - 1),
        trialsOf(1),
      ),
    ).toEqual([-1, 3]);
  });

  it('try lengths that all differ', () => {
    const lengths = trialLengths(trialsOf(mostAxes));
    expect(lengths).toHaveLength(2 ** mostAxes + 1);
    expect(new Set(lengths.flat()).size).toBe(3 * mostAxes);
  });

  it('name the axes of an entry', () => {
    expect([0, 1, 2, 3, 5].map(axesOf)).toEqual([[], [0], [1], [0, 1], [0, 2]]);
  });

  it('are written as they are read', () => {
    const shown = (formula: number[]) => formatFormula(formula, ['batch', 'length']);
    expect(shown([7, 0, 0, 0])).toBe(7);
    expect(shown([0, 1, 0, 0])).toBe('batch');
    expect(shown([1, 0, 0, 2])).toBe('2*batch*length + 1');
    expect(shown([0, -1, 3, 0])).toBe('3*length + -1*batch');
  });
});
