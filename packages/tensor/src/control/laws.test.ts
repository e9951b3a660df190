import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applicationsOf } from '../graph/primitive.js';
import {
  add,
  checkpoint,
  compile,
  cond,
  full,
  grad,
  iota,
  less,
  mul,
  normal,
  oneHot,
  randomKey,
  scan,
  sin,
  stack,
  sum,
  type Tensor,
  take,
  tanh,
  tensor,
  vmap,
  whileLoop,
  zeros,
} from '../index.js';
import { simplify } from '../optimize/simplify.js';
import { gradientError } from '../testing/gradients.js';

const numbers = async (value: Tensor) => Array.from(await value.data(), Number);
const row = (x: Tensor, i: number) => take(x, tensor(i, 'int32'));

async function expectClose(actual: readonly Tensor[], expected: readonly Tensor[]): Promise<void> {
  const [ours, wanted] = [actual, expected].map((list) => Promise.all(list.map(numbers)));
  const reference = (await wanted!).flat();
  (await ours!).flat().forEach((value, i) => {
    expect(value).toBeCloseTo(reference[i]!, 10);
  });
}

type Step = (carry: Tensor, x: Tensor, outer: Tensor) => Tensor;
const step = fc.constantFrom<Step>(
  (carry, x) => tanh(add(carry, x)),
  (carry, x, outer) => add(mul(carry, 0.5), mul(x, outer)),
  (carry, _, outer) => sin(add(carry, outer)),
  (_, x) => mul(x, x),
  (carry) => carry,
);

describe('laws', () => {
  it('a scan is its steps, one after the other, in either direction', async () => {
    await fc.assert(
      fc.asyncProperty(
        step,
        step,
        fc.integer({ min: 0, max: 5 }),
        fc.boolean(),
        async (f, g, length, reverse) => {
          const outer = normal(randomKey(1), [2], { dtype: 'float64' });
          const xs = normal(randomKey(2), [length, 2], { dtype: 'float64' });
          const start = normal(randomKey(3), [2], { dtype: 'float64' });
          const looped = ([a, h, x]: Tensor[]) =>
            scan((carry: Tensor, each: Tensor) => [f(carry, each, a!), g(carry, each, a!)], h!, x!, {
              reverse,
            });
          const unrolled = ([a, h, x]: Tensor[]): [Tensor, Tensor] => {
            const results: Tensor[] = [];
            let carry = h!;
            for (let i = 0; i < length; i++) {
              const at = reverse ? length - 1 - i : i;
              results[at] = g(carry, row(x!, at), a!);
              carry = f(carry, row(x!, at), a!);
            }
            return [carry, length === 0 ? zeros([0, 2], 'float64') : stack(results)];
          };
          const loss = (run: typeof unrolled) => (p: Tensor[]) => {
            const [last, results] = run(p);
            return add(sum(sin(last)), sum(mul(results, sin(results))));
          };
          const point = [outer, start, xs];
          await expectClose(
            [...looped(point), ...grad(loss(looped))(point)],
            [...unrolled(point), ...grad(loss(unrolled))(point)],
          );
        },
      ),
      { numRuns: 12 },
    );
  });

  it('choosing for each example is choosing one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 4 }),
        async (list) => {
          const fn = (x: Tensor) =>
            cond(
              less(x, 0.5),
              () => sin(x),
              () => mul(x, x),
            );
          const xs = tensor(list, 'float64');
          await expectClose([vmap(fn)(xs)], [stack(list.map((x) => fn(tensor(x, 'float64'))))]);
        },
      ),
      { numRuns: 8 },
    );
  });
});

describe('bodies', () => {
  it('that differ are never taken for each other, also when evaluated one by one', async () => {
    const loop = (factor: number) =>
      scan((carry: Tensor) => [mul(carry, factor), undefined], tensor(1), undefined, { length: 3 })[0];
    expect([await loop(2).item(), await loop(3).item(), await loop(2).item()]).toEqual([8, 27, 8]);
    const choice = (factor: number) =>
      cond(
        tensor(true),
        () => mul(tensor(5), factor),
        () => tensor(0),
      );
    expect([await choice(2).item(), await choice(3).item()]).toEqual([10, 15]);
    const until = (limit: number) =>
      whileLoop(
        (value) => less(value, limit),
        (value) => add(value, 1),
        tensor(0),
      );
    expect([await until(3).item(), await until(5).item()]).toEqual([3, 5]);
  });

  it('are simplified, and leave what does not change to the outside', () => {
    const x = tensor([1, 2, 3]);
    const [last] = scan(
      (carry: Tensor, each: Tensor) => [add(mul(carry, 1), mul(each, sin(sum(x)))), undefined],
      tensor(0),
      x,
    );
    const nodes = applicationsOf(simplify([last]));
    expect(nodes.map(({ primitive }) => primitive.name)).toContain('sin');
    const { body } = nodes.at(-1)!.attributes as {
      body: { applications: { primitive: { name: string } }[] };
    };
    expect(body.applications.map(({ primitive }) => primitive.name)).toEqual(['mul', 'add']);
  });

  it('may pass on constants, their inputs and what is around them', async () => {
    const x = tensor([1, 2], 'float64');
    const fn = (outer: Tensor) => {
      const [last, [same, around, constant]] = scan(
        (carry: Tensor, each: Tensor) => [carry, [each, outer, tensor(7, 'float64')] as const],
        outer,
        x,
      );
      return add(add(last, sum(same)), add(sum(mul(around, around)), sum(constant)));
    };
    expect(await fn(tensor(3, 'float64')).item()).toBe(3 + 3 + 18 + 14);
    expect(await gradientError(fn, [tensor(3, 'float64')])).toBeLessThan(1e-6);
  });

  it('have derivatives where what they use is a constant', async () => {
    const point = full([2], 3, 'float64');
    const square = (x: Tensor) => mul(x, x);
    const uses: Readonly<Record<string, (x: Tensor) => Tensor>> = {
      scan: (x) =>
        scan((carry: Tensor) => [add(carry, square(x)), undefined], point, undefined, { length: 1 })[0],
      cond: (x) =>
        cond(
          tensor(true),
          () => square(x),
          () => x,
        ),
      checkpoint: checkpoint(square),
      vmap: (x) => vmap((_: Tensor) => square(x))(tensor([0])),
    };
    for (const use of Object.values(uses)) {
      const slope = grad((x: Tensor) => sum(use(x)));
      expect(await numbers(slope(point))).toEqual([6, 6]);
      expect(await numbers(grad((x: Tensor) => sum(slope(x)))(point))).toEqual([2, 2]);
    }
  });

  it('use constants that have been computed since', async () => {
    const x = tensor([1, 2]);
    const uses: Readonly<Record<string, (factor: Tensor) => Tensor>> = {
      scan: (factor) =>
        scan((last: Tensor, each: Tensor) => [add(last, mul(each, factor)), last], zeros([]), x)[0],
      cond: (factor) =>
        cond(
          tensor(true),
          () => mul(x, factor),
          () => x,
        ),
      whileLoop: (factor) =>
        whileLoop(
          (last: Tensor) => less(sum(last), 10),
          (last: Tensor) => mul(last, factor),
          x,
        ),
      'grad of scan': (factor) =>
        grad(
          (xs: Tensor) =>
            scan(
              (last: Tensor, each: Tensor) => [add(mul(last, factor), mul(each, factor)), last],
              zeros([]),
              xs,
            )[0],
        )(x),
      vmap: (factor) =>
        vmap(
          (each: Tensor) =>
            scan((last: Tensor) => [mul(last, factor), last], each, undefined, { length: 2 })[0],
        )(x),
    };
    for (const [name, use] of Object.entries(uses)) {
      const factor = full([], 2);
      const result = use(factor);
      expect(await factor.item()).toBe(2);
      expect(await numbers(result), name).toEqual(await numbers(use(tensor(2))));
    }
  });

  it('take integers and indices from around them', async () => {
    const rows = normal(randomKey(4), [3, 2], { dtype: 'float64' });
    const picked = (table: Tensor) =>
      scan((carry: Tensor, i: Tensor) => [add(carry, take(table, i)), i], zeros([2], 'float64'), iota(3))[0];
    await expectClose([picked(rows)], [sum(rows, { axis: 0 })]);
    expect(await gradientError(picked, [rows])).toBeLessThan(1e-6);
    const counted = compile((i: Tensor) => vmap((at: Tensor) => oneHot(at, 3))(i));
    expect(await (await counted(tensor([2, 0], 'int32'))).toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
  });
});
