import { describe, expect, it } from 'vitest';
import { applicationsOf } from '../graph/primitive.js';
import {
  add,
  compile,
  concat,
  grad,
  iota,
  matMul,
  mul,
  normal,
  randomKey,
  reshape,
  type Shape,
  scan,
  sin,
  slice,
  stack,
  sum,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '../index.js';
import { simplify } from '../optimize/simplify.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (key: number, shape: Shape) => normal(randomKey(key), shape, { dtype: 'float64' });
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);
const row = (x: Tensor, i: number) =>
  reshape(slice(x, [i, ...x.shape.slice(1).map(() => 0)], [i + 1, ...x.shape.slice(1)]), x.shape.slice(1));

/** A recurrent layer whose weights the step captures. */
const recurrent = (w: Tensor, h: Tensor, xs: Tensor): [Tensor, Tensor] =>
  scan(
    (state: Tensor, x: Tensor) => {
      const next = tanh(add(matMul(state, w), x));
      return [next, mul(next, x)];
    },
    h,
    xs,
  );

function unrolled(w: Tensor, h: Tensor, xs: Tensor): [Tensor, Tensor] {
  const results: Tensor[] = [];
  let state = h;
  for (let i = 0; i < xs.shape[0]!; i++) {
    const x = row(xs, i);
    state = tanh(add(matMul(state, w), x));
    results.push(mul(state, x));
  }
  return [state, stack(results)];
}

const flat = (each: readonly Tensor[]) => concat(each.map((one) => reshape(one, [one.size])));
const [w, h, xs] = [random(1, [3, 3]), random(2, [2, 3]), random(3, [4, 2, 3])] as const;

describe('scan', () => {
  it('adds up, forwards and backwards, and stacks what the steps return', async () => {
    const step = (total: Tensor, x: Tensor): [Tensor, Tensor] => [add(total, x), add(total, x)];
    const x = tensor([1, 2, 3, 4]);
    const [last, sums] = scan(step, zeros([]), x);
    expect([await numbers(last), await numbers(sums)]).toEqual([[10], [1, 3, 6, 10]]);
    const [first, back] = scan(step, zeros([]), x, { reverse: true });
    expect([await numbers(first), await numbers(back)]).toEqual([[10], [10, 9, 7, 4]]);
  });

  it('equals the unrolled loop, with its gradients', async () => {
    const both = compile((a: Tensor, b: Tensor, c: Tensor) => {
      const loss = (run: typeof recurrent) => (p: Tensor[]) => sum(sin(flat(run(p[0]!, p[1]!, p[2]!))));
      return [
        flat(recurrent(a, b, c)),
        flat(unrolled(a, b, c)),
        flat(grad(loss(recurrent))([a, b, c])),
        flat(grad(loss(unrolled))([a, b, c])),
      ] as const;
    });
    const [value, expected, slope, expectedSlope] = await Promise.all((await both(w, h, xs)).map(numbers));
    value!.forEach((each, i) => {
      expect(each).toBeCloseTo(expected![i]!, 12);
    });
    slope!.forEach((each, i) => {
      expect(each).toBeCloseTo(expectedSlope![i]!, 12);
    });
  });

  it('has a first, second and third derivative', async () => {
    const fn = (a: Tensor, b: Tensor, c: Tensor) => flat(recurrent(a, b, c));
    expect(await gradientError(fn, [w, h, xs])).toBeLessThan(1e-6);
    expect(await secondGradientError(fn, [w, h, xs])).toBeLessThan(1e-6);
    const once = (a: Tensor) => sum(sin(flat(recurrent(a, h, xs))));
    const slope = (a: Tensor) => sum(sin(grad(once)(a)));
    expect(await secondGradientError((a) => slope(a), [w])).toBeLessThan(1e-6);
  });

  it('runs without anything to go through, and without steps', async () => {
    const double = (x: Tensor): [Tensor, undefined] => [mul(x, 2), undefined];
    expect(await numbers(scan(double, tensor(1), undefined, { length: 10 })[0])).toEqual([1024]);
    const [last, none] = scan((x: Tensor, y: Tensor) => [add(x, sum(y)), y], tensor(7), zeros([0, 3]));
    expect([await numbers(last), none.shape]).toEqual([[7], [0, 3]]);
  });

  it('carries trees, integers and tied tensors', async () => {
    const zero = zeros([]);
    const initial = { count: tensor(0, 'int32'), sums: [zero, zero] as const };
    const [last] = scan(
      ({ count, sums: [a, b] }: { count: Tensor; sums: readonly [Tensor, Tensor] }, x: Tensor) => [
        { count: add(count, 1), sums: [add(a, x), add(b, mul(x, x))] as const },
        undefined,
      ],
      initial as { count: Tensor; sums: readonly [Tensor, Tensor] },
      tensor([1, 2, 3]),
    );
    expect(await Promise.all([last.count, ...last.sums].map(numbers))).toEqual([[3], [6], [14]]);
  });

  it('nests, inner loops using the carry of outer ones', async () => {
    const triangle = (x: Tensor) =>
      scan(
        (total: Tensor, each: Tensor) => {
          const [inner] = scan((sofar: Tensor, y: Tensor) => [add(sofar, mul(y, each)), undefined], total, x);
          return [inner, undefined];
        },
        zeros([], 'float64'),
        x,
      )[0];
    expect(await numbers(triangle(tensor([1, 2, 3], 'float64')))).toEqual([36]);
    expect(await gradientError(triangle, [random(5, [3])])).toBeLessThan(1e-6);
    expect(await secondGradientError(triangle, [random(5, [3])])).toBeLessThan(1e-6);
  });

  it('computes only what is used', () => {
    const x = tensor([1, 2, 3]);
    const [last] = scan(
      ([a, b]: [Tensor, Tensor], each: Tensor) => [[add(a, each), mul(b, 2)] as [Tensor, Tensor], sin(b)],
      [zeros([]), zeros([])] as [Tensor, Tensor],
      x,
    );
    const [node] = applicationsOf(simplify([last[0]])).filter(({ primitive }) => primitive.name === 'scan');
    expect(node!.outputs.length).toBe(1);
    expect(node!.inputs.length).toBe(2);
  });

  it('is one node whose form is shared by equal loops', () => {
    const x = tensor([1, 2, 3]);
    const loop = () => scan((a: Tensor, each: Tensor) => [add(a, each), undefined], zeros([]), x)[0];
    const scans = applicationsOf(simplify([loop(), loop()])).filter((each) => each.primitive.name === 'scan');
    expect(scans.length).toBe(1);
  });

  it('says what does not fit', () => {
    const id = (carry: unknown) => [carry, undefined] as const;
    for (const step of [(carry: Tensor) => carry, async (carry: Tensor) => [carry, carry]])
      expect(() => scan(step as never, zeros([]), iota(3))).toThrow(
        'scan: the step must return [carry, result], synchronously',
      );
    expect(() => scan(id, 0, undefined)).toThrow('scan: length: needed, since xs has no tensors');
    expect(() => scan(id, 0, { a: zeros([3]), b: zeros([2, 4]) })).toThrow(
      'scan: xs.b is [2, 4], expected 3 steps',
    );
    expect(() => scan(id, 0, zeros([]))).toThrow('scan: xs is a scalar and has no steps');
    expect(() => scan(id, 0, undefined, { length: -1 })).toThrow('expected a non-negative integer, got -1');
    expect(() => scan(() => [{ h: zeros([3]) }, 0], { h: zeros([2]) }, iota(3))).toThrow(
      'scan: the step makes carry.h Tensor(float32 [3]), expected Tensor(float32 [2]) as before it',
    );
    expect(() => scan(() => [tensor(1, 'int32'), 0], tensor(1), iota(3))).toThrow(
      'scan: the step makes the carry Tensor(int32 []), expected Tensor(float32 []) as before it',
    );
  });
});
