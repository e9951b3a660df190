import type { RandomSource } from '../random.js';

/** Draws of indices in proportion to the weights, by bisection of their running sum. */
export function indexSampler(weights: Float64Array): (random: RandomSource) => number {
  let total = 0;
  const sums = weights.map((weight) => {
    total += weight;
    return total;
  });
  return (random) => {
    const target = random.uniform() * total;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
