import { describe, expect, it } from 'vitest';
import {
  type AttentionOptions,
  add,
  attention,
  broadcastTo,
  expandAxis,
  grad,
  greater,
  matMul,
  normal,
  randomKey,
  reshape,
  type Shape,
  softmax,
  sum,
  type Tensor,
  tensor,
  triangle,
  where,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (shape: Shape, key = 0) => normal(randomKey(key), shape, { dtype: 'float64' });
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);
const expectClose = async (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  const expected = await numbers(b);
  (await numbers(a)).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 12);
  });
};

/** Step by step, with a key and a value for each head. */
function plainly(query: Tensor, key: Tensor, value: Tensor, scale: number, allowed?: Tensor): Tensor {
  const scores = matMul(query, key, { transposeB: true }).mul(scale);
  return matMul(softmax(allowed ? where(allowed, scores, -1e30) : scores), value);
}

describe('attention', () => {
  const [query, key, value] = [random([2, 4, 3, 5]), random([2, 4, 6, 5], 1), random([2, 4, 6, 2], 2)];

  it('is the softmax of products', async () => {
    await expectClose(attention(query, key, value), plainly(query, key, value, 1 / Math.sqrt(5)));
    const bias = random([4, 1, 6], 3);
    const biased = softmax(add(matMul(query, key, { transposeB: true }).mul(0.3), bias));
    await expectClose(attention(query, key, value, { scale: 0.3, bias }), matMul(biased, value));
  });

  it('hides later keys from earlier queries, the last of which sees all', async () => {
    const allowed = triangle(3, 6, 3);
    await expectClose(
      attention(query, key, value, { causal: true }),
      plainly(query, key, value, 5 ** -0.5, allowed),
    );
    const mask = greater(random([2, 1, 3, 6], 4), -0.5);
    await expectClose(attention(query, key, value, { mask }), plainly(query, key, value, 5 ** -0.5, mask));
  });

  it('shares keys and values between neighbouring heads', async () => {
    const [few, fewValues] = [random([2, 2, 6, 5], 1), random([2, 2, 6, 2], 2)];
    const copied = (x: Tensor) =>
      reshape(broadcastTo(expandAxis(x, 2), [2, 2, 2, ...x.shape.slice(2)]), [2, 4, ...x.shape.slice(2)]);
    for (const options of [{}, { causal: true }]) {
      await expectClose(
        attention(query, few, fewValues, options),
        attention(query, copied(few), copied(fewValues), options),
      );
    }
  });

  it('gives zeros and no derivative to queries that see nothing', async () => {
    const [q, k, v] = [random([1, 3, 2]), random([1, 2, 2], 1), random([1, 2, 2], 2)];
    const cases: AttentionOptions[] = [
      { causal: true },
      {
        mask: tensor([
          [false, false],
          [true, false],
          [true, true],
        ]),
      },
    ];
    for (const options of cases) {
      const result = await numbers(attention(q, k, v, options));
      expect(result.slice(0, 2).map(Math.abs)).toEqual([0, 0]);
      expect(result.slice(2, 4)).toEqual((await numbers(v)).slice(0, 2));
      const slopes = await numbers(grad((each: Tensor) => sum(attention(each, k, v, options)))(q));
      expect(slopes.slice(0, 2).map(Math.abs)).toEqual([0, 0]);
      expect(slopes.every(Number.isFinite)).toBe(true);
    }
  });

  it('has right first and second derivatives', { timeout: 60_000 }, async () => {
    const mask = tensor([
      [true, false, true],
      [false, false, false],
    ]);
    const inputs = [random([2, 2, 2]), random([1, 3, 2], 1), random([1, 3, 2], 2), random([2, 3], 3)];
    for (const options of [{}, { causal: true }, { mask }]) {
      const fn = (q: Tensor, k: Tensor, v: Tensor, bias: Tensor) => attention(q, k, v, { ...options, bias });
      const check = fn as (...x: Tensor[]) => Tensor;
      expect(await gradientError(check, inputs)).toBeLessThan(1e-6);
      expect(await secondGradientError(check, inputs)).toBeLessThan(1e-6);
    }
  });

  const x = zeros([2, 3, 4]);
  it.each<[() => unknown, string]>([
    [
      () => attention(zeros([3, 4]), x, x),
      'attention: expected [..., heads, length, size]: query, key and value are [3, 4], [2, 3, 4], [2, 3, 4]',
    ],
    [() => attention(x, zeros([2, 3, 5]), x), 'attention: queries and keys differ in size'],
    [() => attention(x, x, zeros([2, 4, 4])), 'attention: there is not one value for each key'],
    [
      () => attention(zeros([3, 3, 4]), x, x),
      'attention: the heads of queries are no multiple of those of keys',
    ],
    [() => attention(x, x, x, { mask: zeros([3, 3]) }), 'attention: mask: expected bool, got float32'],
    [
      () => attention(x, x, x, { bias: zeros([5, 3]) }),
      'attention: bias: shapes do not broadcast: [5, 3] and [2, 3, 3]',
    ],
    [() => attention(x, zeros([2, 3, 4], 'float64'), x), 'attention: dtypes differ: float32 and float64'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
