import { describe, expect, it } from 'vitest';
import * as e from '../index.js';
import { customGradient, type Shape, type Tensor, vmap } from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (key: number, shape: Shape, dtype: e.DType = 'float64') =>
  e.cast(e.normal(e.randomKey(key), shape, { dtype: 'float64' }), dtype);
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);
const row = (x: Tensor, i: number) => e.take(x, e.tensor(i, 'int32'));
const examples = 3;

/** `fn` one example after the other; `shared` says which arguments all examples share. */
const stacked = (fn: (...args: Tensor[]) => Tensor, args: readonly Tensor[], shared: readonly boolean[]) =>
  e.stack(
    Array.from({ length: examples }, (_, i) =>
      fn(...args.map((arg, at) => (shared[at] ? arg : row(arg, i)))),
    ),
  );

/** Every way of sharing arguments but sharing all of them. */
const sharings = (count: number) =>
  Array.from({ length: 2 ** count - 1 }, (_, bits) =>
    Array.from({ length: count }, (_, at) => Boolean(bits & (1 << at))),
  );

const indices = e.tensor(
  [
    [0, 2],
    [1, 1],
    [-1, 0],
  ],
  'int32',
);

const families: Readonly<Record<string, readonly [(...args: Tensor[]) => Tensor, ...(Shape | Tensor)[]]>> = {
  elementwise: [(x) => e.gelu(e.add(e.tanh(x), e.exp(e.neg(x)))), [2, 3]],
  'broadcasting to more axes': [(a, b) => e.mul(e.sub(a, b), a), [2, 3], [3]],
  'where, clip, compare': [(a, b) => e.where(e.greater(a, b), e.clip(a, -0.5, 0.5), b), [2, 2], [2]],
  cast: [(x) => e.cast(e.cast(x, 'float32'), 'float64'), [4]],
  'sum, mean, max': [
    (x) => e.add(e.sum(x, { axis: 0 }), e.max(e.mean(x, { axis: 1, keepAxes: true }))),
    [2, 3],
  ],
  'argMax, oneHot': [(x) => e.oneHot(e.argMax(x), 4, 'float64'), [2, 4]],
  'cumSum, flip': [(x) => e.cumSum(e.flip(x, 0), { axis: 0, exclusive: true }), [3, 2]],
  'softmax, logSumExp': [(x) => e.mul(e.softmax(x), e.logSumExp(x)), [2, 3]],
  'reshape, transpose, slice, pad': [
    (x) => e.pad(e.slice(e.transpose(e.reshape(x, [2, 3])), [1, 0], [3, 2], [1, 2]), [0, 1], [1, 0]),
    [6],
  ],
  'concat, broadcastTo, split': [
    (a, b) => e.split(e.concat([e.broadcastTo(a, [2, 3]), b]), 2)[1]!,
    [3],
    [2, 3],
  ],
  matMul: [(a, b) => e.matMul(a, b), [2, 3], [3, 2]],
  'matMul, transposed': [(a, b) => e.matMul(a, b, { transposeA: true, transposeB: true }), [3, 2], [2, 3]],
  'matMul, batches and vectors': [(a, b) => e.matMul(e.matMul(a, b), row(b, 0)), [2, 2, 3], [3, 3]],
  take: [(x, i) => e.take(x, e.reshape(i, [2, 1])), [3, 2], indices],
  'take of an inner axis': [(x, i) => e.take(x, i, 1), [2, 3], indices],
  takeAlong: [(x, i) => e.takeAlong(x, i), [3], indices],
  sort: [(x) => e.sort(x, { axis: 0, descending: true }).values, [3, 2]],
  prod: [(x) => e.prod(x, { axis: 0 }), [3, 2]],
  layerNorm: [(x) => e.layerNorm(x), [2, 4]],
  'batchNorm, one by one': [
    (x) => e.batchNorm(x, { mean: e.zeros([2], 'float64'), variance: e.ones([2], 'float64') }).output,
    [3, 2],
  ],
  conv: [(x, w) => e.conv(x, w, { padding: 1, strides: 2 }), [2, 2, 4, 4], [2, 2, 3, 3]],
  'conv in groups': [(x, w) => e.conv(x, w, { groups: 2 }), [1, 4, 3, 3], [2, 2, 2, 2]],
  convTranspose: [(x, w) => e.convTranspose(x, w, { strides: 2 }), [1, 2, 2, 2], [2, 2, 3, 3]],
  'pools and resizing': [
    (x) => e.averagePool(e.upsampleNearest(e.maxPool(x, { kernel: 2 }), 2), { kernel: 2 }),
    [1, 2, 4, 4],
  ],
  customGradient: [
    (a, b) =>
      customGradient(
        (x: Tensor, y: Tensor) => e.mul(x, e.sin(y)),
        (ct, [x, y]) => [e.mul(ct, e.sin(y)), e.sum(e.mul(ct, e.mul(x, e.cos(y))))],
      )(a, b),
    [3],
    [],
  ],
  scan: [
    (h, xs) => {
      const [last, sums] = e.scan(
        (state: Tensor, x: Tensor) => [e.tanh(e.add(state, x)), e.mul(state, x)],
        h,
        xs,
      );
      return e.concat([last, e.reshape(sums, [4])]);
    },
    [2],
    [2, 2],
  ],
  cond: [
    (p, x) =>
      e.cond(
        e.greater(p, 0),
        () => e.sin(x),
        () => e.mul(x, x),
      ),
    [],
    [2],
  ],
  checkpoint: [(x, y) => e.checkpoint((a: Tensor) => e.sin(e.mul(a, y)))(x), [2], [2]],
};

const given = (arg: Shape | Tensor, at: number, shared: boolean): Tensor => {
  if (arg instanceof e.Tensor) return shared ? row(arg, 0) : arg;
  return random(at + 1, shared ? arg : [examples, ...arg]);
};

describe('vmap equals one call after the other, in value and gradient', () => {
  it.each(Object.entries(families))('%s', async (_, [fn, ...shapes]) => {
    for (const shared of sharings(shapes.length)) {
      const args = shapes.map((arg, at) => given(arg, at, shared[at]!));
      const batched = vmap(fn, { inAxes: shared.map((each) => (each ? null : 0)) });
      const single = (...all: Tensor[]) => stacked(fn, all, shared);
      const slopes = (run: (...all: Tensor[]) => Tensor) =>
        e
          .grad((point: Tensor[]) => e.sum(e.sin(run(...point))))(args)
          .filter(({ dtype }) => e.isFloat(dtype));
      const [ours, expected] = [batched, single].map((run) => [run(...args), ...slopes(run)]);
      expect(ours![0]!.shape).toEqual(expected![0]!.shape);
      await e.evaluate([ours, expected]);
      for (const [i, each] of ours!.entries()) {
        const wanted = await numbers(expected![i]!);
        (await numbers(each)).forEach((value, at) => {
          expect(value).toBeCloseTo(wanted[at]!, 10);
        });
      }
    }
  });
});

describe('vmap', () => {
  const [x, w] = [random(1, [examples, 2]), random(2, [2, 2])];
  const loss = (weight: Tensor, input: Tensor) => e.sum(e.sin(e.matMul(input, weight)));

  it('makes gradients for each example', async () => {
    const each = vmap(e.grad(loss), { inAxes: [null, 0] })(w, x);
    const expected = e.stack(Array.from({ length: examples }, (_, i) => e.grad(loss)(w, row(x, i))));
    expect(each.shape).toEqual([examples, 2, 2]);
    const wanted = await numbers(expected);
    (await numbers(each)).forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at]!, 12);
    });
  });

  it('has derivatives of both orders', async () => {
    const fn = (a: Tensor, b: Tensor) => vmap(e.grad(loss), { inAxes: [null, 0] })(b, a);
    expect(await gradientError(fn, [x, w])).toBeLessThan(1e-6);
    expect(await secondGradientError(fn, [x, w])).toBeLessThan(1e-6);
  });

  it('nests, and takes axes and trees as asked', async () => {
    const outer = vmap((a: Tensor) => vmap((b: Tensor) => e.mul(a, b))(e.tensor([1, 10])));
    expect(await outer(e.tensor([1, 2, 3])).toArray()).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    const columns = vmap(({ a }: { a: Tensor }) => ({ sums: [e.sum(a), a] }), { inAxes: 1, outAxes: -1 });
    const { sums } = columns({
      a: e.tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    });
    expect(await numbers(sums[0]!)).toEqual([9, 12]);
    expect(await sums[1]!.toArray()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  it('draws other numbers for each key', async () => {
    const keys = e.stack(e.splitKey(e.randomKey(3), examples));
    const drawn = vmap((key: Tensor) => e.uniform(key, [2], { dtype: 'float64' }))(keys);
    const expected = e.stack(
      e.splitKey(e.randomKey(3), examples).map((key) => e.uniform(key, [2], { dtype: 'float64' })),
    );
    expect(await numbers(drawn)).toEqual(await numbers(expected));
  });

  it('lets examples leave a loop one by one', async () => {
    const doubled = vmap((limit: Tensor) =>
      e.whileLoop(
        (value) => e.greater(limit, value),
        (value) => e.mul(value, 2),
        e.tensor(1),
      ),
    );
    expect(await numbers(doubled(e.tensor([1, 5, 100])))).toEqual([1, 8, 128]);
  });

  it('says what does not fit', () => {
    const id = (a: unknown, _: unknown) => a;
    expect(() => vmap(id)(e.zeros([2]), { b: e.zeros([3, 1]) })).toThrow(
      'vmap: arguments have different numbers of examples: 2 in [2] and 3 in [3, 1]',
    );
    expect(() => vmap(id)(e.zeros([2]), { b: e.zeros([]) })).toThrow('vmap: argument 1.b: axis 0 is outside');
    expect(() => vmap(id, { inAxes: [0] })(e.zeros([2]), 1)).toThrow('vmap: inAxes: expected 2');
    expect(() => vmap(id, { inAxes: [null, null] })(e.zeros([2]), 1)).toThrow(
      'vmap: no argument has an axis of examples',
    );
  });
});
