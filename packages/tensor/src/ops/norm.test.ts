import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  batchNormInference,
  cast,
  evaluate,
  grad,
  groupNorm,
  layerNorm,
  normal,
  ones,
  randomKey,
  rmsNorm,
  type Shape,
  splitKey,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const keys = splitKey(randomKey(9), 3);
const random = (shape: Shape, key = 0) => normal(keys[key]!, shape, { dtype: 'float64' });
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);

async function expectClose(actual: Tensor, expected: readonly number[], digits: number): Promise<void> {
  const got = await numbers(actual);
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, digits);
  });
}

const average = (of: readonly number[]) => of.reduce((a, b) => a + b, 0) / of.length;

/** Normalizes the elements of each set, by plain loops. */
function normalizedByLoops(x: readonly number[], setOf: (i: number) => number, epsilon: number): number[] {
  return x.map((value, i) => {
    const set = x.filter((_, j) => setOf(j) === setOf(i));
    const mean = average(set);
    return (value - mean) / Math.sqrt(average(set.map((each) => (each - mean) ** 2)) + epsilon);
  });
}

const unit = (channels: number) => ({
  mean: zeros([channels], 'float64'),
  variance: ones([channels], 'float64'),
});

describe('normalization', () => {
  it('agrees with plain loops in both dtypes', async () => {
    const x = random([2, 4, 3]);
    const flat = await numbers(x);
    const layer = normalizedByLoops(flat, (i) => Math.floor(i / 3), 1e-5);
    const group = normalizedByLoops(flat, (i) => Math.floor(i / 6), 1e-5);
    const batch = normalizedByLoops(flat, (i) => Math.floor(i / 3) % 4, 1e-5);
    const root = flat.map((value, i) => {
      const row = flat.slice(i - (i % 3), i - (i % 3) + 3);
      return value / Math.sqrt(average(row.map((each) => each ** 2)) + 0.1);
    });
    for (const [dtype, digits] of [
      ['float64', 12],
      ['float32', 4],
    ] as const) {
      const input = cast(x, dtype);
      const statistics = { mean: zeros([4], dtype), variance: ones([4], dtype) };
      await expectClose(layerNorm(input), layer, digits);
      await expectClose(rmsNorm(input, { epsilon: 0.1 }), root, digits);
      await expectClose(groupNorm(input, 2), group, digits);
      await expectClose(batchNorm(input, statistics).output, batch, digits);
    }
  });

  it('moves running statistics towards the batch, and evaluates with them', async () => {
    const x = tensor([[1], [3], [8]], 'float64');
    const { running } = batchNorm(x, unit(1), { momentum: 0.25 });
    await expectClose(running.mean, [1], 12);
    await expectClose(running.variance, [0.75 + 0.25 * 13], 12);
    const scale = tensor([2], 'float64');
    const evaluated = batchNormInference(x, running, { scale, shift: scale, epsilon: 0 });
    await expectClose(
      evaluated,
      [2, 6, 16].map((value) => (value - 2) / 2 + 2),
      12,
    );
    const slope = grad((each: Tensor) => sum(batchNorm(each, unit(1)).running.variance))(x);
    expect(await numbers(slope)).toEqual([0, 0, 0]);
  });

  it('has right first and second derivatives', { timeout: 60_000 }, async () => {
    const fixed = { mean: random([2], 1), variance: ones([2], 'float64') };
    await evaluate(fixed);
    const variants: Record<string, [(x: Tensor, scale: Tensor, shift: Tensor) => Tensor, Shape]> = {
      layerNorm: [(x, scale, shift) => layerNorm(x, { scale, shift }), [3, 2]],
      'layerNorm of one element': [(x, scale, shift) => layerNorm(x, { axis: 1, scale, shift }), [2, 1, 2]],
      'layerNorm of nothing': [(x, scale, shift) => layerNorm(x, { scale, shift }), [0, 2]],
      rmsNorm: [(x, scale, shift) => rmsNorm(x, { axis: [0, 1], scale, shift }), [3, 2]],
      groupNorm: [(x, scale, shift) => groupNorm(x, 1, { scale, shift }), [2, 2, 3]],
      batchNorm: [(x, scale, shift) => batchNorm(x, fixed, { scale, shift }).output, [3, 2, 2]],
      batchNormInference: [(x, scale, shift) => batchNormInference(x, fixed, { scale, shift }), [2, 2]],
    };
    for (const [name, [fn, shape]] of Object.entries(variants)) {
      const inputs = [random(shape), random([2], 1), random([2], 2)];
      expect(await gradientError(fn, inputs), `${name}: first`).toBeLessThan(1e-6);
      expect(await secondGradientError(fn, inputs), `${name}: second`).toBeLessThan(1e-6);
    }
  });

  it('turns constant elements into zeros', async () => {
    expect(await numbers(layerNorm(tensor([[2, 2, 2]])))).toEqual([0, 0, 0]);
    expect(await numbers(rmsNorm(zeros([1, 2])))).toEqual([0, 0]);
  });

  const x = zeros([2, 4, 3]);
  const statistics = { mean: zeros([4]), variance: ones([4]) };
  it.each<[() => unknown, string]>([
    [
      () => layerNorm(x, { scale: zeros([4]) }),
      'layerNorm: scale: shapes do not broadcast: [2, 4, 3] and [4]',
    ],
    [() => layerNorm(x, { shift: zeros([5, 2, 4, 3]) }), 'layerNorm: shift: [5, 2, 4, 3] does not broadcast'],
    [() => layerNorm(x, { axis: 3 }), 'layerNorm: axis 3 is outside'],
    [() => rmsNorm(x, { epsilon: -1 }), 'rmsNorm: epsilon: got -1'],
    [() => rmsNorm(zeros([2], 'int32')), 'rmsNorm: expected float32 or float64'],
    [() => groupNorm(x, 3), 'groupNorm: groups: got 3, expected a divisor of 4 channels'],
    [() => groupNorm(x, 2, { scale: zeros([3]) }), 'groupNorm: scale: got [3], expected [4]'],
    [() => groupNorm(zeros([2]), 1), 'groupNorm: expected [n, c, …], got [2]'],
    [
      () => batchNorm(zeros([1, 4]), statistics),
      'batchNorm: expected at least two elements a channel, got 1',
    ],
    [
      () => batchNorm(x, { ...statistics, mean: zeros([3]) }),
      'batchNorm: running mean: got [3], expected [4]',
    ],
    [() => batchNorm(x, statistics, { momentum: 2 }), 'batchNorm: momentum: got 2'],
    [() => batchNormInference(zeros([2, 3]), statistics), 'running mean: got [4], expected [3]'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
