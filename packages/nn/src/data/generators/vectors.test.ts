import { describe, expect, it } from 'vitest';
import { gaussianRing, ringCentres } from './gaussianRing.js';
import { imbalancedBinary } from './imbalancedBinary.js';
import { linearRegression } from './linearRegression.js';
import { modularArithmetic } from './modularArithmetic.js';
import { prototypeClasses } from './prototypeClasses.js';
import { moments, sharesOf } from './testing/samples.js';

describe('prototypeClasses', () => {
  it('has the shapes and sizes of the recipe', () => {
    const { train, test } = prototypeClasses({ seed: 0 });
    expect(train.columns.inputs.shape).toEqual([400, 96]);
    expect(test.columns.inputs.shape).toEqual([4000, 96]);
    expect(train.columns.inputs.dtype).toBe('float32');
    expect(test.columns.labels.shape).toEqual([4000]);
    for (const share of sharesOf(test.columns.labels.data, 10)) expect(share).toBeCloseTo(0.1, 1);
  });

  it('draws anew a tenth of the training labels and leaves the inputs', () => {
    const [noisy, clean] = [0.1, 0].map((labelNoise) => prototypeClasses({ seed: 1, labelNoise }).train);
    expect(noisy!.columns.inputs).toEqual(clean!.columns.inputs);
    const wrong = noisy!.columns.labels.data.filter((label, i) => label !== clean!.columns.labels.data[i]);
    expect(wrong.length).toBeGreaterThan(28);
    expect(wrong.length).toBeLessThanOrEqual(40);
  });

  it('has the same classes for every seed, others in another world', () => {
    const means = (seed: number, world?: number) => {
      const { test } = prototypeClasses({ seed, ...(world === undefined ? {} : { world }), noise: 0.1 });
      const first = Array.from(test.columns.labels.data.keys()).filter(
        (i) => test.columns.labels.data[i] === 3,
      );
      return moments(first.map((i) => test.columns.inputs.data[i * 96]!)).mean;
    };
    expect(means(1)).toBeCloseTo(means(2), 1);
    expect(Math.abs(means(1) - means(1, 5))).toBeGreaterThan(0.2);
  });

  it('has features of the variance that the noises and the prototypes give', () => {
    const { test } = prototypeClasses({ seed: 0, latent: 500, features: 50, classes: 200 });
    const { variance } = moments(test.columns.inputs.data);
    expect(variance).toBeGreaterThan(0.9 * (1 + 0.35 ** 2 + 1.5 ** 2));
    expect(variance).toBeLessThan(1.1 * (1 + 0.35 ** 2 + 1.5 ** 2));
  });
});

describe('imbalancedBinary', () => {
  const { train, test } = imbalancedBinary({ seed: 0, test: 20_000 });

  it('has the share of positives and standardized float64 features', () => {
    expect(moments(test.columns.labels.data).mean).toBeCloseTo(0.08, 1.7);
    expect(train.columns.inputs.dtype).toBe('float64');
    for (let feature = 0; feature < 10; feature++) {
      const { mean, variance } = moments(train.columns.inputs.data.filter((_, i) => i % 10 === feature));
      expect(mean).toBeCloseTo(0, 12);
      expect(variance).toBeCloseTo(1, 12);
    }
  });

  it('shifts the first three features of the positives only', () => {
    const { inputs, labels } = test.columns;
    const mean = (feature: number, label: number) =>
      moments(inputs.data.filter((_, i) => i % 10 === feature && labels.data[Math.floor(i / 10)] === label))
        .mean;
    for (let feature = 0; feature < 10; feature++) {
      expect(mean(feature, 1) - mean(feature, 0)).toBeCloseTo(feature < 3 ? 0.97 : 0, 0.7);
    }
  });

  it('makes constant features 0', () => {
    const { train } = imbalancedBinary({ seed: 0, train: 1 });
    expect([...train.columns.inputs.data]).toEqual(Array(10).fill(0));
  });
});

describe('gaussianRing', () => {
  it('puts the centres on the circle', () => {
    const centres = ringCentres(8, 2);
    expect(centres[0]).toEqual([2, 0]);
    for (const [x, y] of centres) expect(Math.hypot(x, y)).toBeCloseTo(2, 12);
    expect(centres[2]![1]).toBeCloseTo(2, 12);
  });

  it('scatters points around their centres', () => {
    const { columns } = gaussianRing({ seed: 0, samples: 8000 });
    const centres = ringCentres(8, 2);
    const offsets = columns.inputs.data.map((x, i) => x - centres[columns.labels.data[i >> 1]!]![i % 2]!);
    const { mean, variance } = moments(offsets);
    expect(mean).toBeCloseTo(0, 2);
    expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
    for (const share of sharesOf(columns.labels.data, 8)) expect(share).toBeCloseTo(1 / 8, 1.7);
  });
});

describe('linearRegression', () => {
  it('is linear up to its noise', () => {
    const { validation, weights } = linearRegression({ seed: 0, validation: 5000 });
    const { inputs, targets } = validation.columns;
    const residuals = targets.data.map((target, i) =>
      weights.reduce((rest, weight, j) => rest - weight * inputs.data[i * 30 + j]!, target),
    );
    const { mean, variance } = moments(residuals);
    expect(mean).toBeCloseTo(0, 0.5);
    expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
    expect(Math.sqrt(moments(linearRegression({ seed: 1, features: 2000 }).weights).variance)).toBeCloseTo(
      0.5,
      1,
    );
  });

  it('is exact without noise', () => {
    const { train, weights } = linearRegression({ seed: 2, noise: 0, features: 3 });
    const [a, b, c] = train.columns.inputs.data;
    expect(train.columns.targets.data[0]).toBeCloseTo(
      a! * weights[0]! + b! * weights[1]! + c! * weights[2]!,
      12,
    );
  });
});

describe('modularArithmetic', () => {
  it('splits the table of all pairs', () => {
    const { train, test } = modularArithmetic({ seed: 0 });
    expect([train.length, test.length]).toEqual([1392, 3481 - 1392]);
    const pairs = [train, test].flatMap(({ columns: { operands } }) =>
      Array.from(
        { length: operands.shape[0]! },
        (_, i) => operands.data[2 * i]! * 59 + operands.data[2 * i + 1]!,
      ),
    );
    expect(pairs.sort((a, b) => a - b)).toEqual(Array.from({ length: 3481 }, (_, i) => i));
  });

  it.each([
    ['addition', (a: number, b: number) => (a + b) % 7],
    ['subtraction', (a: number, b: number) => (a - b + 7) % 7],
    ['multiplication', (a: number, b: number) => (a * b) % 7],
  ] as const)('labels pairs by %s', (operation, result) => {
    const { operands, labels } = modularArithmetic({ seed: 0, modulus: 7, operation }).train.columns;
    expect([...labels.data]).toEqual(
      Array.from(labels.data, (_, i) => result(operands.data[2 * i]!, operands.data[2 * i + 1]!)),
    );
  });
});
