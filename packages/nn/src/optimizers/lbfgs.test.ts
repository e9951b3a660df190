import { tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { lbfgs } from '../index.js';

const valley = ({ a, b }: { a: ReturnType<typeof tensor>; b: ReturnType<typeof tensor> }) =>
  b.sub(a.square()).square().mul(100).add(a.sub(1).square()).sum();

describe('lbfgs', () => {
  it('finds the end of a bent valley', async () => {
    const params = { a: tensor([-1.2], 'float64'), b: tensor([1], 'float64') };
    const found = await lbfgs(valley, params, { tolerance: 1e-9 });
    expect(found.converged).toBe(true);
    expect(found.steps).toBeLessThan(60);
    expect(await found.params.a.item()).toBeCloseTo(1, 9);
    expect(await found.params.b.item()).toBeCloseTo(1, 9);
    expect(await params.a.item()).toBe(-1.2);
  });

  it('solves least squares as the normal equations do', async () => {
    const x = tensor(
      [
        [1, 2],
        [3, 1],
        [-1, 2],
        [0.5, -2],
      ],
      'float64',
    );
    const y = tensor([[1], [2], [0], [-1]], 'float64');
    const found = await lbfgs(
      (w: typeof x) => x.matMul(w).sub(y).square().sum(),
      tensor([[10], [-10]], 'float64'),
      { tolerance: 1e-10 },
    );
    // XᵀX = [[11.25, 2], [2, 13]], Xᵀy = [6.5, 6].
    const determinant = 11.25 * 13 - 4;
    const [first, second] = Array.from(await found.params.data(), Number);
    expect(first).toBeCloseTo((6.5 * 13 - 2 * 6) / determinant, 10);
    expect(second).toBeCloseTo((11.25 * 6 - 2 * 6.5) / determinant, 10);
    expect(found.steps).toBeLessThan(12);
  });

  it('stops where float32 has nothing smaller, and after the steps', async () => {
    const params = { a: tensor([-1.2]), b: tensor([1]) };
    const found = await lbfgs(valley, params, { tolerance: 0, steps: 200 });
    expect(found.loss).toBeLessThan(1e-8);
    expect(found.params.a.dtype).toBe('float32');
    const short = await lbfgs(valley, params, { steps: 3 });
    expect([short.steps, short.converged]).toEqual([3, false]);
  });

  it('says after each step what the loss is there', async () => {
    const params = { a: tensor([-1.2], 'float64'), b: tensor([1], 'float64') };
    const seen: { step: number; loss: number }[] = [];
    const found = await lbfgs(valley, params, { onStep: (at) => seen.push(at) });
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: found.steps }, (_, i) => i + 1));
    expect(seen.at(-1)!.loss).toBe(found.loss);
    for (let i = 1; i < seen.length; i++) expect(seen[i]!.loss).toBeLessThan(seen[i - 1]!.loss);
  });

  it('refuses what it cannot minimize', async () => {
    const one = tensor([1], 'float64');
    await expect(lbfgs((x: typeof one) => x.div(0).sum(), one)).rejects.toThrow(
      'lbfgs: the loss is Infinity at the beginning',
    );
    await expect(lbfgs(valley, { a: one, b: tensor([1], 'int32') })).rejects.toThrow(
      'lbfgs: parameters must be floats, got Tensor(int32 [1])',
    );
    await expect(lbfgs(valley, { a: one, b: one }, { history: 0 })).rejects.toThrow('lbfgs: history must be');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(lbfgs(valley, { a: one, b: one.mul(2) }, { signal })).rejects.toThrow('enough');
  });
});
