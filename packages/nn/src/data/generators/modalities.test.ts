import { describe, expect, it } from 'vitest';
import { partialModalities } from './partialModalities.js';
import { largestMagnitude, moments } from './testing/samples.js';
import { unequalModalities } from './unequalModalities.js';

/** Mean over the features of the variance of a column between the classes' means. */
function spreadBetweenClasses(
  data: ArrayLike<number>,
  labels: ArrayLike<number>,
  width: number,
  classes: number,
) {
  let spread = 0;
  for (let feature = 0; feature < width; feature++) {
    const means = Array.from({ length: classes }, (_, label) => {
      const own = Array.from(labels).flatMap((each, i) =>
        each === label ? [data[i * width + feature]!] : [],
      );
      return moments(own).mean;
    });
    spread += moments(means).variance / width;
  }
  return spread;
}

describe('unequalModalities', () => {
  it('shows the class plainly in the easy modality and folds the hard one', () => {
    const { easy, hard, labels } = unequalModalities({ seed: 0 }).test.columns;
    expect(easy.shape).toEqual([4000, 32]);
    expect(largestMagnitude(hard.data)).toBeLessThanOrEqual(1);
    expect(spreadBetweenClasses(easy.data, labels.data, 32, 10)).toBeGreaterThan(0.6);
    expect(moments(easy.data).variance).toBeGreaterThan(4);
  });

  it('bends by tanh where it is asked to', () => {
    const { train } = unequalModalities({
      seed: 0,
      curve: 'tanh',
      easyNoise: 1.5,
      hardNoise: 3,
      train: 1000,
    });
    const most = largestMagnitude(train.columns.hard.data);
    expect(most).toBeGreaterThan(1.4);
    expect(most).toBeLessThanOrEqual(1.5);
  });

  it('has the variance of its noise around the prototypes', () => {
    const { easy } = unequalModalities({ seed: 0, classes: 1, test: 5000 }).test.columns;
    const first = moments(easy.data.filter((_, i) => i % 32 === 0));
    expect(Math.sqrt(first.variance)).toBeCloseTo(2, 1);
  });
});

describe('partialModalities', () => {
  it('tells the class as often as the probabilities say, always somewhere', () => {
    const { informative } = partialModalities({ seed: 0, test: 20_000 }).test.columns;
    const kinds = Array.from(
      { length: 20_000 },
      (_, i) => informative.data[2 * i]! * 2 + informative.data[2 * i + 1]!,
    );
    const share = (kind: number) => kinds.filter((each) => each === kind).length / kinds.length;
    expect(share(0)).toBe(0);
    expect(share(1)).toBeCloseTo(0.2, 1.7);
    expect(share(2)).toBeCloseTo(0.6, 1.7);
    expect(share(3)).toBeCloseTo(0.2, 1.7);
  });

  it('leaves no trace of the class in a modality that does not tell it', () => {
    const spread = (uniqueFirst: number, uniqueSecond: number) => {
      const { first, labels } = partialModalities({ seed: 0, uniqueFirst, uniqueSecond, test: 8000 }).test
        .columns;
      return spreadBetweenClasses(first.data, labels.data, 50, 5);
    };
    expect(spread(0, 1)).toBeLessThan(0.005);
    expect(spread(1, 0)).toBeGreaterThan(0.2);
  });

  it('keeps the second modality in the range of a sine', () => {
    const { second } = partialModalities({ seed: 0 }).test.columns;
    expect(largestMagnitude(second.data)).toBeLessThanOrEqual(1);
  });

  it('has noise of variance 1 in the first modality, on average over worlds', () => {
    const variances = Array.from({ length: 20 }, (_, world) => {
      const { first } = partialModalities({ seed: 0, world, strength: 0, test: 500 }).test.columns;
      return moments(first.data).variance;
    });
    expect(moments(variances).mean).toBeCloseTo(1, 1);
  });
});
