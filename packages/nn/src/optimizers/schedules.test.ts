import { compile, tensor } from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adam,
  adamW,
  applyUpdates,
  clipByGlobalNorm,
  clipByValue,
  constantSchedule,
  cosineSchedule,
  type GradientTransform,
  globalNorm,
  type Schedule,
  scaleBySchedule,
  sgd,
  stepSchedule,
  warmUp,
  warmUpStableDecay,
} from '../index.js';

const ratesOf = async (schedule: Schedule, steps: number[]): Promise<number[]> => {
  const program = compile((step: ReturnType<typeof tensor>) => schedule(step));
  const rates: number[] = [];
  for (const step of steps) rates.push(await (await program(tensor(step, 'float64'))).item());
  expect(program.traceCount).toBe(1);
  await program.release();
  return rates;
};
const expectClose = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((each, i) => {
    expect(each).toBeCloseTo(expected[i]!, 12);
  });
};

describe('schedules', () => {
  it('constant and cosine, which ends at its final rate and stays there', async () => {
    expectClose(await ratesOf(constantSchedule(0.3), [0, 7]), [0.3, 0.3]);
    expectClose(await ratesOf(cosineSchedule(1, 4, { final: 0.2 }), [0, 1, 2, 3, 4, 9]), [
      1,
      0.6 + 0.4 * Math.SQRT1_2,
      0.6,
      0.6 - 0.4 * Math.SQRT1_2,
      0.2,
      0.2,
    ]);
  });

  it('steps change exactly after every so many', async () => {
    expectClose(await ratesOf(stepSchedule(2, { every: 3, factor: 0.5 }), [0, 2, 3, 5, 6, 300]), [
      2,
      2,
      1,
      1,
      0.5,
      2 * 0.5 ** 100,
    ]);
  });

  it('a warm-up rises to the first rate, then the schedule begins', async () => {
    expectClose(
      await ratesOf(warmUp(cosineSchedule(1, 2), 4), [0, 1, 3, 4, 5, 6]),
      [0, 0.25, 0.75, 1, 0.5, 0],
    );
    expectClose(await ratesOf(warmUp(constantSchedule(1), 2, { from: 0.5 }), [0, 1, 2]), [0.5, 0.75, 1]);
  });

  it('warm-up, stable, decay', async () => {
    const schedule = warmUpStableDecay(1, { warmUp: 2, stable: 3, decay: 4, final: 0.2 });
    expectClose(await ratesOf(schedule, [0, 1, 2, 4, 5, 6, 9, 20]), [0, 0.5, 1, 1, 1, 0.8, 0.2, 0.2]);
  });

  it('refuse settings outside their range', () => {
    expect(() => constantSchedule(-1)).toThrow('constantSchedule: rate must be in [0, Infinity), got -1');
    expect(() => cosineSchedule(1, 0)).toThrow('cosineSchedule: steps must be a positive integer, got 0');
    expect(() => stepSchedule(1, { every: 1.5 })).toThrow('stepSchedule: every must be a positive integer');
    expect(() => warmUp(constantSchedule(1), 2, { from: 2 })).toThrow(
      'warmUp: from must be in [0, 1], got 2',
    );
    expect(() => warmUpStableDecay(1, { warmUp: 1, stable: 1, decay: -1 })).toThrow(
      'decay must be a positive',
    );
    const wrong = scaleBySchedule((step) => step.reshape([1]));
    expect(() => wrong.update(tensor(1), wrong.init(tensor(1)), tensor(1))).toThrow(
      'scaleBySchedule: expected a scalar of the schedule, got [1]',
    );
  });
});

describe('learning rates', () => {
  const weightsAfter = async (transform: GradientTransform, steps: number): Promise<number[]> => {
    const program = compile((params: ReturnType<typeof tensor>, state: unknown) => {
      const [updates, next] = transform.update(params.mul(2), state, params);
      return { params: applyUpdates(params, updates), state: next };
    });
    let at = { params: tensor(1, 'float64'), state: transform.init(tensor(1, 'float64')) };
    const visited: number[] = [];
    for (let step = 0; step < steps; step++) {
      at = await program(at.params, at.state);
      visited.push(await at.params.item());
    }
    expect(program.traceCount).toBe(1);
    await program.release();
    return visited;
  };

  it('follow a schedule in one program for all steps', async () => {
    const rates = [0, 0.1, 0.2, 0.2];
    let weight = 1;
    const expected = rates.map((rate) => {
      weight -= rate * 2 * weight;
      return weight;
    });
    expectClose(await weightsAfter(sgd({ learningRate: warmUp(constantSchedule(0.2), 2) }), 4), expected);
  });

  it('a constant schedule is the same as a number', async () => {
    const rate = constantSchedule(0.05);
    for (const [scheduled, fixed] of [
      [adam({ learningRate: rate }), adam({ learningRate: 0.05 })],
      [adamW({ learningRate: rate }), adamW({ learningRate: 0.05 })],
      [sgd({ learningRate: rate, momentum: 0.9 }), sgd({ learningRate: 0.05, momentum: 0.9 })],
    ] as const) {
      expectClose(await weightsAfter(scheduled, 4), await weightsAfter(fixed, 4));
    }
  });
});

describe('clipping', () => {
  const gradients = { a: tensor([3, 0]), b: { c: tensor([[-4]]) } };

  it('by the global norm scales all or nothing', async () => {
    expect(await globalNorm(gradients).item()).toBe(5);
    const [clipped] = clipByGlobalNorm(1).update(gradients, [], gradients);
    expect((await clipped.a.toArray()) as number[]).toEqual([Math.fround(0.6), 0]);
    expect(await clipped.b.c.item()).toBe(Math.fround(-0.8));
    const [whole] = clipByGlobalNorm(6).update(gradients, [], gradients);
    expect([await whole.a.toArray(), await whole.b.c.item()]).toEqual([[3, 0], -4]);
    const nothing = { a: tensor([0, 0]) };
    expect(await clipByGlobalNorm(1).update(nothing, [], nothing)[0].a.toArray()).toEqual([0, 0]);
  });

  it('counts a tied weight once', async () => {
    expect(await globalNorm([gradients.a, gradients.a]).item()).toBe(3);
  });

  it('never leaves a norm above the limit', async () => {
    const finite = fc.float({ min: Math.fround(-1e6), max: Math.fround(1e6), noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(finite, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        async (values, limit) => {
          const given = tensor(values, 'float64');
          const [clipped] = clipByGlobalNorm(limit).update(given, [], given);
          const norm = Math.hypot(...values);
          expect(await globalNorm(clipped).item()).toBeCloseTo(Math.min(norm, limit), 6);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('by value keeps every element within the limit', async () => {
    const [clipped] = clipByValue(3.5).update(gradients, [], gradients);
    expect([await clipped.a.toArray(), await clipped.b.c.item()]).toEqual([[3, 0], -3.5]);
  });

  it('refuses limits that are not positive', () => {
    expect(() => clipByGlobalNorm(0)).toThrow('clipByGlobalNorm: limit must be in');
    expect(() => clipByValue(Number.NaN)).toThrow('clipByValue: limit must be in');
  });
});
