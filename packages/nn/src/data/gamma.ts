import type { RandomSource } from './random.js';

/**
 * The logarithm of a number drawn from a gamma distribution of scale 1, by the method of Marsaglia and Tsang (2000).
 * @param concentration above 0
 */
export function logGamma(concentration: number, random: RandomSource): number {
  if (concentration < 1) {
    return logGamma(concentration + 1, random) + Math.log(1 - random.uniform()) / concentration;
  }
  const d = concentration - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < (x * x) / 2 + d * (1 - v + Math.log(v))) {
      return Math.log(d * v);
    }
  }
}
