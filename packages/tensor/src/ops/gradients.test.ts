import { describe, expect, it } from 'vitest';
import {
  abs,
  grad,
  matMul,
  max,
  maximum,
  normal,
  pow,
  randomKey,
  relu,
  type Shape,
  softmax,
  splitKey,
  sum,
  type Tensor,
  tensor,
} from '../index.js';
import { type Differentiable, gradientError, secondGradientError } from '../testing/gradients.js';

// Each rule is checked in rules.test.ts; here are forms that a rule takes, chains of rules, and choices.

async function check(fn: Differentiable, ...inputs: Tensor[]): Promise<void> {
  expect(await gradientError(fn, inputs)).toBeLessThan(1e-6);
  expect(await secondGradientError(fn, inputs)).toBeLessThan(1e-6);
}

const keys = splitKey(randomKey(7), 8);
const anywhere = (shape: Shape, key = 0) => normal(keys[key]!, shape, { dtype: 'float64' });

describe('first and second derivatives agree with central differences', () => {
  const product = (a: Tensor, b: Tensor) => matMul(a, b);
  it('matMul in all four orientations and with batches', async () => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const [a, b] = [transposeA ? [3, 2] : [2, 3], transposeB ? [4, 3] : [3, 4]];
        await check((x, y) => matMul(x, y, { transposeA, transposeB }), anywhere(a), anywhere(b, 2));
        const batched = [anywhere([2, 1, ...a]), anywhere([3, ...b], 2)] as const;
        await check((x, y) => matMul(x, y, { transposeA, transposeB }), ...batched);
      }
    }
    await check(product, anywhere([2, 2, 3]), anywhere([3, 2], 2));
    await check(product, anywhere([3]), anywhere([3], 2));
    await check(product, anywhere([2, 3]), anywhere([3], 2));
    await check(product, anywhere([3]), anywhere([2, 3, 2], 2));
  });

  it('attention, end to end', async () => {
    const attention = (q: Tensor, k: Tensor, v: Tensor) =>
      matMul(softmax(matMul(q, k, { transposeB: true }).mul(0.7)), v);
    await check(attention, anywhere([2, 3, 2]), anywhere([2, 3, 2], 2), anywhere([2, 3, 2], 4));
  });
});

describe('where derivatives are a matter of choice', () => {
  const gradientOf = async (fn: (x: Tensor) => Tensor, at: number[]) => {
    return [...(await grad((x: Tensor) => sum(fn(x)))(tensor(at)).data())];
  };

  it('relu has slope 0 at 0, and abs too', async () => {
    expect(await gradientOf(relu, [-1, 0, 1])).toEqual([0, 0, 1]);
    expect(await gradientOf(abs, [-1, 0, 1])).toEqual([-1, 0, 1]);
  });

  it('maximum shares between equals, max among ties', async () => {
    expect(await gradientOf((x) => maximum(x, 1), [0, 1, 2])).toEqual([0, 0.5, 1]);
    expect(await gradientOf((x) => max(x), [3, 1, 3])).toEqual([0.5, 0, 0.5]);
  });

  it('0 to a power that is learned has a finite slope', async () => {
    const slope = grad((b: Tensor) => sum(pow(tensor([0, 2]), b)))(tensor([2, 2]));
    const [zero, two] = await slope.data();
    expect(zero).toBe(0);
    expect(Number(two)).toBeCloseTo(4 * Math.LN2, 5);
  });
});
