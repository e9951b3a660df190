import { describe, expect, it } from 'vitest';
import {
  add,
  checkpoint,
  concat,
  cond,
  greater,
  hessian,
  jacobian,
  jvp,
  matMul,
  mul,
  normal,
  randomKey,
  scan,
  sin,
  sum,
  type Tensor,
  tensor,
  vmap,
} from '../index.js';
import { gradientError } from '../testing/gradients.js';

const random = (key: number, shape: number[]) => normal(randomKey(key), shape, { dtype: 'float64' });
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);

describe('jacobian', () => {
  it('of a linear map is its matrix, by rows or by columns', async () => {
    for (const [rows, columns] of [
      [2, 3],
      [7, 2],
    ] as const) {
      const [a, x] = [random(1, [rows, columns]), random(2, [columns])];
      expect(await numbers(jacobian((point: Tensor) => matMul(a, point))(x))).toEqual(await numbers(a));
    }
  });

  it('has the form of the argument, and the shapes of result and argument together', async () => {
    const fn = ({ a, b }: { a: Tensor; b: Tensor }) => mul(a, sin(b));
    const { a, b } = jacobian(fn)({ a: tensor([1, 2], 'float64'), b: tensor(0, 'float64') });
    expect([a.shape, b.shape]).toEqual([[2, 2], [2]]);
    expect([await numbers(a), await numbers(b)]).toEqual([
      [0, 0, 0, 0],
      [1, 2],
    ]);
  });

  it('can be differentiated, in both forms', async () => {
    const few = (x: Tensor) => jacobian((p: Tensor) => sin(matMul(random(3, [2, 3]), sin(p))))(x);
    const many = (x: Tensor) => jacobian((p: Tensor) => concat([sin(p), mul(p, p), add(p, 1), mul(p, 2)]))(x);
    expect(await gradientError(few, [random(4, [3])])).toBeLessThan(1e-6);
    expect(await gradientError(many, [random(4, [1])])).toBeLessThan(1e-6);
  });
});

describe('jacobian and jvp agree', () => {
  const a = random(7, [3, 3]);
  const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    scan: (x) =>
      scan((h: Tensor, each: Tensor) => [sin(add(matMul(a, h), each)), mul(h, x)], x, random(8, [4, 3]))[1],
    cond: (x) =>
      cond(
        greater(sum(x), 0),
        () => sin(mul(x, x)),
        () => matMul(a, sin(x)),
      ),
    checkpoint: checkpoint((x: Tensor) => sin(matMul(a, sin(x)))),
    vmap: (x) => vmap((row: Tensor) => sin(mul(row, x)))(a),
  };

  it.each(Object.entries(functions))('through %s', async (_, fn) => {
    const [x, v] = [random(9, [3]), random(10, [3])];
    const product = await numbers(matMul(jacobian(fn)(x), v));
    (await numbers(jvp(fn, x, v)[1])).forEach((value, i) => {
      expect(value).toBeCloseTo(product[i]!, 12);
    });
  });
});

describe('hessian', () => {
  it('has the second derivatives', async () => {
    const fn = (x: Tensor) => sum(mul(mul(x, x), x));
    expect(await hessian(fn)(tensor([1, 2], 'float64')).toArray()).toEqual([
      [6, 0],
      [0, 12],
    ]);
  });

  it('is symmetric and has a derivative', async () => {
    const a = random(5, [3, 3]);
    const fn = (x: Tensor) => sum(sin(mul(x, matMul(a, x))));
    const full = (await hessian(fn)(random(6, [3])).toArray()) as number[][];
    for (let i = 0; i < 3; i++) for (let j = 0; j < i; j++) expect(full[i]![j]).toBeCloseTo(full[j]![i]!, 12);
    expect(await gradientError(hessian(fn), [random(6, [3])])).toBeLessThan(1e-6);
  });
});
