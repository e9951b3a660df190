import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applicationsOf } from '../graph/primitive.js';
import {
  add,
  broadcastTo,
  compile,
  exp,
  grad,
  mul,
  neg,
  ones,
  reshape,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '../index.js';
import { identity } from '../ops/elementwise.js';
import { simplify } from './simplify.js';

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
/** Names of the operations that are left. */
const left = (...outputs: Tensor[]) =>
  applicationsOf(simplify(outputs)).map(({ primitive }) => primitive.name);

describe('simplify', () => {
  it('leaves out what does nothing', () => {
    const idle = add(mul(reshape(stopGradient(x), [2, 3]), 1), 0)
      .div(1)
      .sub(0);
    expect(simplify([idle])).toEqual([x]);
    expect(simplify([neg(neg(x))])).toEqual([x]);
    expect(simplify([add(zeros([2, 3]), mul(x, ones([3])))])).toEqual([x]);
  });

  it('keeps what only looks idle because it changes the shape', () => {
    expect(simplify([add(tensor([1]), zeros([2, 1]))])[0]!.shape).toEqual([2, 1]);
  });

  it('joins neighbours', () => {
    expect(simplify([transpose(transpose(x))])).toEqual([x]);
    expect(left(transpose(transpose(reshape(x, [1, 2, 3]), [2, 0, 1]), [2, 1, 0]))).toEqual([
      'reshape',
      'transpose',
    ]);
    expect(left(reshape(reshape(x, [6]), [3, 2]))).toEqual(['reshape']);
    expect(simplify([reshape(reshape(x, [6]), [2, 3])])).toEqual([x]);
  });

  it('lets elementwise operations broadcast by themselves', () => {
    expect(left(mul(broadcastTo(tensor([1, 2, 3]), [2, 3]), x))).toEqual(['mul']);
  });

  it('computes equal things once', () => {
    expect(left(add(exp(x), exp(x)), sub(exp(x), 2))).toEqual(['exp', 'add', 'literal', 'sub']);
  });

  it('does not compute what nobody asks for', () => {
    const gradients = grad((p: { a: Tensor; b: Tensor }) => sum(mul(exp(p.a), p.b)))({ a: x, b: x.mul(2) });
    expect(left(gradients.b)).toEqual(['exp']);
  });

  it('changes no result', async () => {
    const leaf = fc.constantFrom<(v: Tensor) => Tensor>(
      (v) => v,
      (v) => v.mul(0.5),
      () => ones([2, 3]),
    );
    const operations = fc.constantFrom<(a: Tensor, b: Tensor) => Tensor>(
      add,
      sub,
      mul,
      (a) => neg(neg(a)),
      (a) => transpose(transpose(a)),
      (a, b) => add(identity(a), mul(b, 1)),
      (a) => reshape(reshape(a, [3, 2]), [2, 3]),
      (a, b) => mul(broadcastTo(sum(a, { axis: 0, keepAxes: true }), [2, 3]), b),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(operations, leaf), { minLength: 1, maxLength: 6 }),
        async (steps) => {
          const formula = (v: Tensor) =>
            steps.reduce((value, [operation, other]) => operation(value, other(v)), v);
          const simplified = await (await compile((v: Tensor) => simplify([formula(v)])[0]!)(x)).data();
          // Evaluated one operation at a time, so that there is nothing to simplify.
          let value = x;
          for (const [operation, other] of steps) {
            value = operation(value, other(x));
            await value.data();
          }
          const expected = await value.data();
          simplified.forEach((each, i) => {
            expect(Math.abs(Number(each) - Number(expected[i]))).toBeLessThanOrEqual(
              1e-5 * (1 + Math.abs(Number(expected[i]))),
            );
          });
        },
      ),
      { numRuns: 30 },
    );
  });
});
