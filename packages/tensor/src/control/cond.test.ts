import { describe, expect, it } from 'vitest';
import { applicationsOf } from '../graph/primitive.js';
import {
  add,
  compile,
  cond,
  grad,
  greater,
  log,
  mul,
  normal,
  randomKey,
  scan,
  sin,
  sum,
  type Tensor,
  tensor,
  whileLoop,
  zeros,
} from '../index.js';
import { simplify } from '../optimize/simplify.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const numbers = async (value: Tensor) => Array.from(await value.data(), Number);
const [yes, no] = [tensor(true), tensor(false)];
const x = normal(randomKey(1), [3], { dtype: 'float64' });
const y = normal(randomKey(2), [3], { dtype: 'float64' });

describe('cond', () => {
  it('takes one of two branches, which may use what is around them', async () => {
    const choose = (which: Tensor, a: Tensor) =>
      cond(
        which,
        (b) => ({ first: add(b, 1), second: a }),
        (b) => ({ first: mul(b, a), second: b }),
        tensor([3, 4]),
      );
    const both = compile(choose);
    for (const [which, first, second] of [
      [yes, [4, 5], [10, 20]],
      [no, [30, 80], [3, 4]],
    ] as const) {
      const result = await both(which, tensor([10, 20]));
      expect(await numbers(result.first)).toEqual(first);
      expect(await numbers(result.second)).toEqual(second);
    }
  });

  it('has derivatives of both orders in both branches', async () => {
    for (const which of [yes, no]) {
      const fn = (a: Tensor, b: Tensor) =>
        cond(
          which,
          () => mul(sin(a), b),
          () => mul(a, mul(a, a)),
        );
      expect(await gradientError(fn, [x, y])).toBeLessThan(1e-6);
      expect(await secondGradientError(fn, [x, y])).toBeLessThan(1e-6);
    }
  });

  it('keeps the branch that is not taken out of the derivative', async () => {
    const safe = (a: Tensor) =>
      cond(
        greater(a, 0),
        () => log(a),
        () => mul(a, 0),
      );
    expect(await (await compile(grad(safe))(tensor(-1))).item()).toBe(0);
    expect(await (await compile(grad(safe))(tensor(4))).item()).toBe(0.25);
  });

  it('computes inside what a branch alone needs, and outside what was there before', () => {
    const shared = sin(x);
    const result = cond(
      yes,
      () => mul(shared, sin(y)),
      () => shared,
    );
    const nodes = applicationsOf(simplify([result]));
    expect(nodes.map(({ primitive }) => primitive.name)).toEqual(['sin', 'cond']);
  });

  it('says what does not fit', () => {
    const one = () => tensor(1);
    expect(() => cond(true as never, one, one)).toThrow(
      'cond: predicate: expected a tensor of bool, got true',
    );
    expect(() => cond(tensor(1), one, one)).toThrow('cond: predicate: expected bool, got float32');
    expect(() => cond(tensor([true]), one, one)).toThrow('cond: predicate: expected a scalar, got [1]');
    expect(() =>
      cond(
        yes,
        () => ({ a: [zeros([2])] }),
        () => ({ a: [zeros([3])] }),
      ),
    ).toThrow(
      'cond: the branches differ: result.a.0 is Tensor(float32 [2]) in the first and Tensor(float32 [3]) in the second',
    );
    expect(() => cond<[], unknown>(yes, one, () => [])).toThrow(
      'the result is Tensor(float32 []) in the first',
    );
  });
});

describe('whileLoop', () => {
  const below = (limit: Tensor) => (carry: { steps: Tensor; value: Tensor }) => greater(limit, carry.value);
  const double = ({ steps, value }: { steps: Tensor; value: Tensor }) => ({
    steps: add(steps, 1),
    value: mul(value, 2),
  });

  it('goes on while the condition holds', async () => {
    const run = compile((limit: Tensor) =>
      whileLoop(below(limit), double, { steps: tensor(0, 'int32'), value: tensor(1) }),
    );
    for (const [limit, steps, value] of [
      [100, 7, 128],
      [1, 0, 1],
      [2, 1, 2],
    ] as const) {
      const last = await run(tensor(limit));
      expect([await last.steps.item(), await last.value.item()]).toEqual([steps, value]);
    }
  });

  it('stops after the maximum', async () => {
    const initial = { steps: tensor(0, 'int32'), value: tensor(1) };
    const last = whileLoop(below(tensor(1e9)), double, initial, { maximum: 3 });
    expect([await last.steps.item(), await last.value.item()]).toEqual([3, 8]);
  });

  it('runs inside a scan', async () => {
    const [total] = scan(
      (sum: Tensor, each: Tensor) => [
        add(
          sum,
          whileLoop(
            (value) => greater(each, value),
            (value) => mul(value, 2),
            tensor(1),
          ),
        ),
        undefined,
      ],
      tensor(0),
      tensor([1, 3, 9]),
    );
    expect(await total.item()).toBe(1 + 4 + 16);
  });

  it('says that it has no derivative, and what does not fit', () => {
    const loss = (a: Tensor) =>
      sum(
        whileLoop(
          (value) => greater(10, value),
          (value) => mul(value, a),
          a,
        ),
      );
    expect(() => grad(loss)(tensor(2))).toThrow('whileLoop: has no derivative');
    expect(() =>
      whileLoop(
        () => tensor(1),
        (v: Tensor) => v,
        x,
      ),
    ).toThrow('whileLoop: condition: expected bool, got float32');
    expect(() =>
      whileLoop(
        () => yes,
        () => zeros([2]),
        x,
      ),
    ).toThrow(
      'whileLoop: the step makes the carry Tensor(float32 [2]), expected Tensor(float64 [3]) as before it',
    );
    expect(() =>
      whileLoop(
        () => yes,
        (v: Tensor) => v,
        x,
        { maximum: -1 },
      ),
    ).toThrow('whileLoop: maximum: expected a non-negative integer, got -1');
  });
});
