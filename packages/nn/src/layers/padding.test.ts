import {
  concat,
  evaluate,
  foldIn,
  full,
  grad,
  greater,
  leavesOf,
  normal,
  randint,
  randomKey,
  slice,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  crossEntropy,
  Embedding,
  hinge,
  huber,
  Linear,
  MultiHeadAttention,
  meanSquaredError,
  TransformerBlock,
} from '../index.js';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

const largestDifference = async (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  const [left, right] = [await numbers(a), await numbers(b)];
  return Math.max(0, ...left.map((each, i) => Math.abs(each - right[i]!)));
};

const seeds = fc.integer({ min: 0, max: 1e6 });
const dtype = 'float64';

/** Tokens [n, length] to scores of a label for each. */
class Tagger {
  readonly embedding: Embedding;
  readonly block: TransformerBlock;
  readonly head: Linear;

  constructor(key: Tensor) {
    this.embedding = new Embedding(foldIn(key, 0), 6, 4, { dtype });
    this.block = new TransformerBlock(foldIn(key, 1), 4, 2, { hidden: 4, dtype });
    this.head = new Linear(foldIn(key, 2), 4, 3, { dtype });
  }

  call(tokens: Tensor, mask?: Tensor): Tensor {
    return this.head.call(this.block.call(this.embedding.call(tokens), mask ? { mask } : {}));
  }
}

describe('a padded batch', () => {
  it('has the loss and the gradients of its sequences by themselves', () =>
    fc.assert(
      fc.asyncProperty(
        seeds,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 2 }),
        async (seed, lengths, more) => {
          const key = randomKey(seed);
          const model = new Tagger(key);
          const width = Math.max(...lengths) + more;
          const draw = (i: number, high: number) =>
            lengths.map((length, at) => randint(foldIn(foldIn(key, i), at), [1, length], 0, high));
          const [tokens, labels] = [draw(3, 6), draw(4, 3)];
          const padded = (rows: readonly Tensor[], value: number) =>
            concat(
              rows.map((row) => concat([row, full([1, width - row.length(1)], value, 'int32')], 1)),
              0,
            );
          const mask = tensor(
            lengths.flatMap((length) => Array.from({ length: width }, (_, i) => i < length)),
          ).reshape([lengths.length, 1, 1, width]);
          const together = valueAndGrad((each: Tagger) =>
            crossEntropy(each.call(padded(tokens, 5), mask), padded(labels, -1), { ignoreIndex: -1 }),
          )(model);
          const apart = valueAndGrad((each: Tagger) =>
            tokens
              .map((row, i) => crossEntropy(each.call(row), labels[i]!, { reduction: 'sum' }))
              .reduce((sum, loss) => sum.add(loss))
              .div(lengths.reduce((a, b) => a + b)),
          )(model);
          await evaluate([together, apart]);
          const [ours, theirs] = [leavesOf(together), leavesOf(apart)];
          expect(ours.length).toBe(theirs.length);
          for (const [i, each] of ours.entries()) {
            expect(await largestDifference(each, theirs[i]!)).toBeLessThan(1e-11);
          }
        },
      ),
      { numRuns: 10 },
    ));
});

describe('causal attention', () => {
  it('ignores the future at every length, with a mask of keys too', () =>
    fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (seed, length, masked) => {
        const key = randomKey(seed);
        const layer = new MultiHeadAttention(key, 8, 4, { groups: 2, dtype });
        const [x, other] = [1, 2].map((i) => normal(foldIn(key, i), [2, length, 8], { dtype }));
        // Keys are hidden at random, so that some queries may see none.
        const visible = greater(normal(foldIn(key, 3), [2, 1, 1, length]), 0);
        const options = { causal: true, ...(masked ? { mask: visible } : {}) };
        const whole = layer.call(x!, options);
        for (let cut = 1; cut <= length; cut++) {
          const changed = concat(
            [slice(x!, [0, 0, 0], [2, cut, 8]), slice(other!, [0, cut, 0], [2, length, 8])],
            1,
          );
          const part = (each: Tensor) => slice(each, [0, 0, 0], [2, cut, 8]);
          expect(await largestDifference(part(layer.call(changed, options)), part(whole))).toBeLessThan(
            1e-12,
          );
        }
      }),
      { numRuns: 12 },
    ));

  it('gives the future no gradient', async () => {
    const layer = new MultiHeadAttention(randomKey(0), 8, 2, { dtype });
    const x = normal(randomKey(1), [1, 5, 8], { dtype });
    const slopes = grad((each: Tensor) =>
      slice(layer.call(each, { causal: true }), [0, 0, 0], [1, 2, 8])
        .square()
        .sum(),
    )(x);
    const values = await numbers(slopes);
    expect(values.slice(16).every((each) => each === 0)).toBe(true);
    expect(values.slice(0, 16).every((each) => each !== 0)).toBe(true);
  });
});

describe('losses at logits of ±10,000 in float32', () => {
  const logits = tensor([
    [1e4, -1e4],
    [-1e4, 1e4],
    [1e4, 1e4],
    [-1e4, -1e4],
  ]);
  const labels = tensor([0, 0, 1, 1], 'int32');
  const half = Math.log(2);
  const targets = tensor([
    [1, 1],
    [0, 0],
    [1, 0],
    [0, 1],
  ]);
  it.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    [
      'cross-entropy',
      (x) => crossEntropy(x, labels, { reduction: 'none' }),
      [0, 2e4, half, half],
      [0, 0, -1, 1, 0.5, -0.5, 0.5, -0.5],
    ],
    [
      'cross-entropy with smoothing',
      (x) => crossEntropy(x, labels, { reduction: 'none', labelSmoothing: 0.1 }),
      [1e3, 1.9e4, half, half],
      [0.05, -0.05, -0.95, 0.95, 0.45, -0.45, 0.45, -0.45],
    ],
    [
      'binary cross-entropy',
      (x) => binaryCrossEntropy(x, targets, { reduction: 'none' }),
      [0, 1e4, 0, 1e4, 0, 1e4, 0, 1e4],
      [0, -1, 0, 1, 0, 1, 0, -1],
    ],
    [
      'hinge',
      (x) => hinge(x, targets.mul(2).sub(1), { reduction: 'none' }),
      [0, 10001, 0, 10001, 0, 10001, 0, 10001],
      [0, -1, 0, 1, 0, 1, 0, -1],
    ],
    [
      'Huber',
      (x) => huber(x, targets, { reduction: 'none' }),
      [9998.5, 10000.5, 9999.5, 9999.5, 9998.5, 9999.5, 9999.5, 10000.5],
      [1, -1, -1, 1, 1, 1, -1, -1],
    ],
    [
      'mean squared error',
      (x) => meanSquaredError(x, targets, { reduction: 'none' }),
      [9999 ** 2, 10001 ** 2, 1e8, 1e8, 9999 ** 2, 1e8, 1e8, 10001 ** 2],
      [19998, -20002, -2e4, 2e4, 19998, 2e4, -2e4, -20002],
    ],
  ])('%s is finite and right, and so is its gradient', async (_, loss, values, slopes) => {
    const close = (actual: readonly number[], expected: readonly number[]) => {
      expect(actual.length).toBe(expected.length);
      for (const [i, each] of actual.entries()) {
        expect(Math.abs(each - expected[i]!), `${i}`).toBeLessThanOrEqual(
          1e-6 * Math.max(1, Math.abs(expected[i]!)),
        );
      }
    };
    close(await numbers(loss(logits)), values);
    close(await numbers(grad((x: Tensor) => loss(x).sum())(logits)), slopes);
  });
});
