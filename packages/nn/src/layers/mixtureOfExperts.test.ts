import {
  flatten,
  foldIn,
  grad,
  leavesOf,
  normal,
  oneHot,
  randomKey,
  slice,
  softmax,
  type Tensor,
  tensor,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Linear, MixtureOfExperts, type Router, topKRouter } from '../index.js';

const dtype = 'float64';
const linear = (key: Tensor) => new Linear(key, 3, 2, { dtype });
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

async function expectClose(a: Tensor, b: Tensor) {
  expect(a.shape).toEqual(b.shape);
  const [left, right] = [await numbers(a), await numbers(b)];
  expect(Math.max(...left.map((each, i) => Math.abs(each - right[i]!)))).toBeLessThan(1e-12);
}

/** Everyone to expert 0. */
const crowd: Router = (scores) => ({
  experts: tensor(
    Array.from({ length: scores.length(0) }, () => [0]),
    'int32',
  ),
  weights: tensor(
    Array.from({ length: scores.length(0) }, () => [1]),
    dtype,
  ),
});

describe('MixtureOfExperts', () => {
  it('with one expert is the expert', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 6 }), async (seed, n) => {
        const layer = new MixtureOfExperts(randomKey(seed), 3, 1, linear, { dtype });
        const x = normal(foldIn(randomKey(seed), 1), [2, n, 3], { dtype });
        await expectClose(layer.call(x)[0], layer.experts[0]!.call(x));
      }),
      { numRuns: 10 },
    ));

  it('with room for all gives what all experts give, weighted, and the same gradients', async () => {
    const layer = new MixtureOfExperts(randomKey(0), 3, 4, linear, { router: topKRouter(2), dtype });
    const x = normal(randomKey(1), [9, 3], { dtype });
    const dense = (each: typeof layer) => {
      const { experts, weights } = topKRouter(2)(each.gate.call(x));
      const shares = oneHot(experts, 4, dtype)
        .mul(weights.reshape([9, 2, 1]))
        .sum({ axis: 1 });
      return each.experts
        .map((expert, i) =>
          expert.call(x).mul(shares.matMul(oneHot(tensor([i], 'int32'), 4, dtype).reshape([4, 1]))),
        )
        .reduce((total, answer) => total.add(answer));
    };
    const [output, { load, dropped, scores }] = layer.call(x);
    await expectClose(output, dense(layer));
    expect(scores.shape).toEqual([9, 4]);
    expect((await numbers(load)).reduce((total, each) => total + each)).toBe(18);
    expect(await dropped.item()).toBe(0);
    const sparse = leavesOf(grad((each: typeof layer) => each.call(x)[0].square().sum())(layer));
    const whole = leavesOf(grad((each: typeof layer) => dense(each).square().sum())(layer));
    for (const [i, slope] of sparse.entries()) await expectClose(slope, whole[i]!);
  });

  it('counts what finds no room, later tokens first, and gives zeros for it', async () => {
    const layer = new MixtureOfExperts(randomKey(0), 3, 2, linear, { router: crowd, capacity: 1, dtype });
    const x = normal(randomKey(1), [6, 3], { dtype });
    const [output, { load, dropped }] = layer.call(x);
    expect(await numbers(load)).toEqual([6, 0]);
    expect(await dropped.item()).toBe(3);
    const kept = tensor([[1], [1], [1], [0], [0], [0]], dtype);
    await expectClose(output, layer.experts[0]!.call(x).mul(kept));
  });

  it("sends tokens nowhere whose numbers are no expert's", async () => {
    const scattered: Router = () => ({
      experts: tensor(
        [
          [0, -1],
          [2, 1],
          [-2147483648, 2147483647],
          [1, 0],
        ],
        'int32',
      ),
      weights: tensor(
        [
          [0.5, 0.5],
          [2, 3],
          [1, 1],
          [4, 5],
        ],
        dtype,
      ),
    });
    const layer = new MixtureOfExperts(randomKey(0), 3, 2, linear, { router: scattered, dtype });
    const x = normal(randomKey(1), [4, 3], { dtype });
    const [output, { load, dropped }] = layer.call(x);
    expect(await numbers(load)).toEqual([2, 2]);
    expect(await dropped.item()).toBe(4);
    const [first, second] = layer.experts.map((expert) => expert.call(x)) as [Tensor, Tensor];
    const shares = (values: number[]) => tensor(values, { shape: [4, 1], dtype });
    await expectClose(output, first.mul(shares([0.5, 0, 0, 5])).add(second.mul(shares([0, 3, 0, 4]))));
  });

  it('takes a router with tensors, which belong to the model, and replaces it', async () => {
    class Preferring {
      constructor(readonly preference: Tensor) {}
      call(scores: Tensor) {
        return topKRouter(1)(scores.add(this.preference));
      }
    }
    const layer = new MixtureOfExperts(randomKey(0), 3, 2, linear, {
      router: new Preferring(tensor([0, 1e3], dtype)),
      dtype,
    });
    const x = normal(randomKey(1), [5, 3], { dtype });
    expect(flatten(layer).paths).toContain('router.preference');
    const loads = async (each: { call: typeof layer.call }) => {
      const [, { load, experts }] = each.call(x);
      return [await numbers(load), await numbers(experts)];
    };
    expect(await loads(layer)).toEqual([
      [0, 5],
      [1, 1, 1, 1, 1],
    ]);
    const other = layer.withRouter(new Preferring(layer.router.preference.neg()));
    expect(await loads(other)).toEqual([
      [5, 0],
      [0, 0, 0, 0, 0],
    ]);
    expect(other.gate).toBe(layer.gate);
    expect(await numbers(layer.router.preference)).toEqual([0, 1e3]);
  });

  it('weighs the best experts as the softmax over all says', async () => {
    const { experts, weights } = topKRouter(2)(tensor([[1, 3, 2]], dtype));
    expect(await numbers(experts)).toEqual([1, 2]);
    await expectClose(weights, slice(softmax(tensor([[3, 2, 1]], dtype)), [0, 0], [1, 2]));
  });

  it('refuses what makes no sense', () => {
    const make = (count: number, options = {}) =>
      new MixtureOfExperts(randomKey(0), 3, count, linear, options);
    expect(() => make(0)).toThrow('MixtureOfExperts: experts: got 0, expected an integer of at least 1');
    expect(() => make(2, { capacity: 0 })).toThrow(
      'MixtureOfExperts: capacity: got 0, expected a positive number',
    );
    expect(() => make(2).call(normal(randomKey(1), [4, 2]))).toThrow(
      'MixtureOfExperts: expected an input of shape [..., 3], got [4, 2]',
    );
    const router: Router = (scores) => ({ experts: tensor([0], 'int32'), weights: scores });
    expect(() => make(2, { router }).call(normal(randomKey(1), [4, 3]))).toThrow(
      'MixtureOfExperts: router: expected experts and weights of shape [4, k], got [1] and [4, 2]',
    );
    const floats: Router = (scores) => ({ experts: scores, weights: scores });
    expect(() => make(2, { router: floats }).call(normal(randomKey(1), [4, 3]))).toThrow(
      'MixtureOfExperts: router: expected experts of dtype int32, got float32',
    );
  });
});
