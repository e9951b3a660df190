import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrate,
  compile,
  fakeQuantize,
  grad,
  max,
  min,
  mul,
  normal,
  quantizationOf,
  randomKey,
  sum,
  type Tensor,
  tensor,
} from '../index.js';

const roundHalfEven = (number: number): number => {
  const below = Math.floor(number);
  const rest = number - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
};

describe('fakeQuantize', () => {
  it('is level by level what its formula says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -40, max: 40, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 2, max: 16 }),
        fc.boolean(),
        fc.constantFrom(0.1, 0.25, 1),
        async (numbers, bits, signed, scale) => {
          const [low, high] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
          const zeroPoint = signed ? -1 : 2;
          const result = fakeQuantize(tensor(numbers, 'float64'), { scale, zeroPoint, bits, signed });
          const expected = numbers.map((number) => {
            const level = Math.min(high, Math.max(low, roundHalfEven(number / scale) + zeroPoint));
            return (level - zeroPoint) * scale;
          });
          expect(Array.from(await result.data(), Number)).toEqual(expected.map((each) => each + 0));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has scales along an axis', async () => {
    const x = tensor([
      [0.24, 0.26, 40],
      [2.4, 2.6, 400],
    ]);
    const perRow = fakeQuantize(x, { scale: tensor([0.5, 5]), axis: 0, bits: 4 });
    expect(await perRow.toArray()).toEqual([
      [0, 0.5, 3.5],
      [0, 5, 35],
    ]);
    const zeroPoint = tensor([0, 1, -8], 'int32');
    const perColumn = fakeQuantize(x, { scale: tensor([1, 1, 32]), zeroPoint, axis: -1, bits: 4 });
    expect(await perColumn.toArray()).toEqual([
      [0, 0, 32],
      [2, 3, 384],
    ]);
  });

  it('passes derivatives on where nothing is cut off, however often', async () => {
    const x = tensor([-3, -2, -0.9, 0.2, 1.4, 1.8], 'float64');
    const factors = tensor([1, 2, 3, 4, 5, 6], 'float64');
    const loss = (at: Tensor) => sum(mul(mul(fakeQuantize(at, { scale: 0.5, bits: 3 }), at), factors));
    // Levels go from -4 to 3: from -2 to 1.5. The derivative of q(x) · x is q'(x) · x + q(x) with q' of 0 or 1.
    expect(await grad(loss)(x).toArray()).toEqual(
      [-2, -8, -5.7, 0.8, 14.5, 9].map((n) => expect.closeTo(n, 12)),
    );
    const second = grad((at: Tensor) => sum(grad(loss)(at)))(x);
    expect(await second.toArray()).toEqual([0, 4, 6, 8, 10, 0]);
  });

  it('has no derivative by its scale', async () => {
    const loss = (scale: Tensor) => sum(fakeQuantize(tensor([0.3, 0.9]), { scale }));
    expect(await grad(loss)(tensor(0.5)).item()).toBe(0);
  });

  it('refuses what makes no sense', () => {
    const x = tensor([[1, 2, 3]]);
    expect(() => fakeQuantize(x, { scale: 1, bits: 1 })).toThrow(
      'fakeQuantize: bits: got 1, expected an integer from 2 to 16',
    );
    expect(() => fakeQuantize(x, { scale: 0 })).toThrow(
      'fakeQuantize: scale: got 0, expected a positive number',
    );
    expect(() => fakeQuantize(x, { scale: 1, zeroPoint: 128 })).toThrow(
      'fakeQuantize: zeroPoint: got 128, expected an integer from -128 to 127',
    );
    expect(() => fakeQuantize(x, { scale: tensor([1, 2]), axis: 1 })).toThrow(
      'fakeQuantize: scale: got [2], expected [3] for [1, 3]',
    );
    expect(() => fakeQuantize(x, { scale: tensor(1), zeroPoint: tensor(1) })).toThrow(
      'fakeQuantize: expected a scale of float32 and a zero point of int32, got float32 and float32',
    );
    expect(() => fakeQuantize(tensor([1], 'int32'), { scale: 1 })).toThrow(
      'expected float32 or float64, got int32',
    );
  });
});

describe('quantizationOf', () => {
  it('reaches over the range, with an error of at most half a step', async () => {
    const options = fc.record({
      bits: fc.integer({ min: 2, max: 12 }),
      signed: fc.boolean(),
      symmetric: fc.boolean(),
    });
    const numbers = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
      minLength: 1,
      maxLength: 12,
    });
    const quantized = compile((x: Tensor, given: Parameters<typeof quantizationOf>[1]) => {
      const quantization = quantizationOf({ low: min(x), high: max(x) }, given);
      return { result: fakeQuantize(x, quantization), scale: quantization.scale };
    });
    await fc.assert(
      fc.asyncProperty(numbers, options, async (given, choice) => {
        const { result, scale } = await quantized(tensor(given, 'float64'), choice);
        const step = await scale.item();
        const data = await result.data();
        given.forEach((number, i) => {
          // Rounding the zero point can cut half a step off one end.
          expect(Math.abs(Number(data[i]) - number)).toBeLessThanOrEqual(
            step * (choice.symmetric ? 0.5001 : 1.0001),
          );
        });
      }),
      { numRuns: 40 },
    );
    await quantized.release();
  });

  it('gives 0 a level of its own, also where there is nothing else', async () => {
    const { scale, zeroPoint } = quantizationOf({ low: tensor(0), high: tensor(0) }, { signed: false });
    expect([await scale.item(), await zeroPoint.item()]).toEqual([1, 0]);
    const far = quantizationOf({ low: tensor(10), high: tensor(20) }, { signed: false });
    expect(await far.scale.item()).toBeCloseTo(20 / 255, 8);
    expect(await fakeQuantize(tensor([0, 20]), far).toArray()).toEqual([0, 20]);
  });
});

describe('calibrate', () => {
  it('finds the range over all batches', async () => {
    const batches = [tensor([-1, 2]), tensor([0.5, 3]), normal(randomKey(1), [2])];
    const { twice, same } = await calibrate((x) => ({ twice: mul(x, 2), same: x }), batches.slice(0, 2), {
      signed: false,
    });
    expect(await twice.scale.item()).toBeCloseTo(8 / 255, 8);
    expect(await same.scale.item()).toBeCloseTo(4 / 255, 8);
    expect(await same.zeroPoint.item()).toBe(64);
    expect(same).toMatchObject({ bits: 8, signed: false });
  });

  it('refuses to conclude from nothing, or from infinity', async () => {
    const fn = (x: Tensor) => ({ x });
    await expect(calibrate(fn, [])).rejects.toThrow(
      'calibrate: expected at least one batch and one tensor, got none',
    );
    await expect(calibrate(fn, [tensor([1, Number.POSITIVE_INFINITY])])).rejects.toThrow(
      'calibrate: x reaches from 1 to Infinity, expected finite numbers',
    );
  });
});
