import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  cast,
  div,
  floorDivide,
  max,
  maximum,
  min,
  minimum,
  mul,
  neg,
  popCount,
  remainder,
  shiftLeft,
  shiftRight,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '../index.js';

const smallest = -(2 ** 31);
const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, smallest, 2 ** 31 - 1));
const pairs = fc.array(fc.tuple(int32, int32), { minLength: 20, maxLength: 20 });
const numbers = async (result: Tensor) => Array.from(await result.data(), Number);

/** Checks an operation on int32, and on the same bits as uint32, against one on numbers. */
async function expectSame(
  operation: (a: Tensor, b: Tensor) => Tensor,
  signed: (a: number, b: number) => number,
  unsigned: (a: number, b: number) => number,
  second: (b: number) => number = (b) => b,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(pairs, async (drawn) => {
      const kept = drawn.map(([a, b]) => [a, second(b)] as const);
      const [a, b] = [0, 1].map((i) =>
        tensor(
          kept.map((pair) => pair[i]!),
          'int32',
        ),
      ) as [Tensor, Tensor];
      expect(await numbers(operation(a, b))).toEqual(kept.map(([x, y]) => signed(x, y) | 0));
      const words = operation(cast(a, 'uint32'), cast(b, 'uint32'));
      expect(await numbers(words)).toEqual(kept.map(([x, y]) => unsigned(x >>> 0, y >>> 0) >>> 0));
    }),
    { numRuns: 20, seed: 1 },
  );
}

describe('integers', () => {
  it('wrap around like those of JavaScript', async () => {
    await expectSame(
      add,
      (a, b) => a + b,
      (a, b) => a + b,
    );
    await expectSame(
      sub,
      (a, b) => a - b,
      (a, b) => a - b,
    );
    await expectSame(mul, Math.imul, Math.imul);
    await expectSame(
      (a) => neg(a),
      (a) => -a,
      (a) => -a,
    );
  });

  it('have a smaller, a larger and a size', async () => {
    await expectSame(minimum, Math.min, Math.min);
    await expectSame(maximum, Math.max, Math.max);
    await expectSame(
      (a) => abs(a),
      Math.abs,
      (a) => a,
    );
  });

  it('are added up, with a smallest and a largest among them, over their whole range', async () => {
    const signed = tensor([smallest, 5, -1], 'int32');
    expect(await sum(signed).item()).toBe(smallest + 4);
    expect([await min(signed).item(), await max(signed).item()]).toEqual([smallest, 5]);
    const unsigned = tensor([2 ** 32 - 1, 0, 7], 'uint32');
    expect(await sum(unsigned).item()).toBe(6);
    expect([await min(unsigned).item(), await max(unsigned).item()]).toEqual([0, 2 ** 32 - 1]);
    expect(() => min(tensor([true]))).toThrow('min: got bool; convert it with cast() first');
  });

  it('divide towards zero, and downwards as Python does', async () => {
    const notZero = (b: number) => (b === 0 ? 3 : b);
    const floored = (a: number, b: number) => Math.floor(a / b);
    await expectSame(
      div,
      (a, b) => Math.trunc(a / b),
      (a, b) => Math.trunc(a / b),
      notZero,
    );
    await expectSame(floorDivide, floored, floored, notZero);
    const rest = (a: number, b: number) => a - b * Math.floor(a / b);
    await expectSame(remainder, rest, rest, notZero);
    expect(
      await remainder(tensor([-7, 7, -7, 6], 'int32'), tensor([3, -3, -3, 3], 'int32')).toArray(),
    ).toEqual([2, -2, -1, 0]);
    expect(
      await floorDivide(tensor([-7, 7, -7, 6], 'int32'), tensor([3, -3, -3, 3], 'int32')).toArray(),
    ).toEqual([-3, -3, 2, 2]);
  });

  it('divide the smallest by -1 without ending the process', async () => {
    for (const dtype of ['int32', 'int64'] as const) {
      const lowest = dtype === 'int32' ? tensor([smallest], dtype) : tensor(BigInt64Array.of(-(2n ** 63n)));
      expect([...(await div(lowest, -1).data())]).toEqual([...(await lowest.data())]);
      expect([...(await floorDivide(lowest, tensor([-1], dtype)).data())]).toEqual([
        ...(await lowest.data()),
      ]);
      expect(await numbers(remainder(lowest, tensor([-1], dtype)))).toEqual([0]);
    }
  });

  it('are selected by a condition, also uint32 and bool', async () => {
    const condition = tensor([true, false]);
    expect(
      await numbers(where(condition, tensor([2 ** 32 - 1, 1], 'uint32'), tensor([7, 8], 'uint32'))),
    ).toEqual([2 ** 32 - 1, 8]);
    expect(await numbers(where(condition, tensor([true, true]), tensor([false, false])))).toEqual([1, 0]);
  });
});

describe('bits', () => {
  it('are combined and turned', async () => {
    await expectSame(
      bitwiseAnd,
      (a, b) => a & b,
      (a, b) => a & b,
    );
    await expectSame(
      bitwiseOr,
      (a, b) => a | b,
      (a, b) => a | b,
    );
    await expectSame(
      bitwiseXor,
      (a, b) => a ^ b,
      (a, b) => a ^ b,
    );
    await expectSame(
      (a) => bitwiseNot(a),
      (a) => ~a,
      (a) => ~a,
    );
    expect([...(await bitwiseAnd(tensor([-1], 'int64'), 6).data())]).toEqual([6n]);
  });

  it('are shifted, by a number or by as many places as a tensor says', async () => {
    const places = (b: Tensor) => bitwiseAnd(b, 31);
    await expectSame(
      (a, b) => shiftLeft(a, places(b)),
      (a, b) => a << (b & 31),
      (a, b) => a << (b & 31),
    );
    await expectSame(
      (a, b) => shiftRight(a, places(b)),
      (a, b) => a >> (b & 31),
      (a, b) => a >>> (b & 31),
    );
    expect(await shiftRight(tensor([-9, 9], 'int32'), 1).toArray()).toEqual([-5, 4]);
    expect(await shiftLeft(tensor([3], 'uint32'), 31).toArray()).toEqual([2 ** 31]);
  });

  it('are counted', async () => {
    const count = (a: number) => [...(a >>> 0).toString(2)].filter((bit) => bit === '1').length;
    await expectSame((a) => popCount(a), count, count);
  });

  const [ints, words] = [tensor([1], 'int32'), tensor([1], 'uint32')];
  it.each<[() => unknown, string]>([
    [() => bitwiseAnd(tensor([1]), 1), 'bitwiseAnd: expected int32, int64 or uint32, got float32'],
    [() => bitwiseOr(ints, words), 'bitwiseOr: dtypes differ: int32 and uint32; convert one with cast()'],
    [() => bitwiseNot(tensor([true])), 'bitwiseNot: expected int32, int64 or uint32, got bool'],
    [() => shiftLeft(tensor([1], 'int64'), 1), 'shiftLeft: expected int32 or uint32, got int64'],
    [() => shiftRight(words, 32), 'shiftRight: bits: expected an integer from 0 to 31, got 32'],
    [() => shiftRight(words, ints), 'shiftRight: dtypes differ: uint32 and int32'],
    [() => popCount(tensor([1])), 'popCount: expected int32 or uint32, got float32'],
  ])('case %#: %s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });

  it('cannot be divided by 0', async () => {
    await expect(div(ints, tensor([0], 'int32')).data()).rejects.toThrow('division by zero');
  });
});
