import { type Numbers, requireFinite, requirePairs, requireSome } from './arrays.js';

const meanOf = (values: Numbers): number =>
  Array.prototype.reduce.call<Numbers, [(a: number, b: number) => number, number], number>(
    values,
    (a, b) => a + b,
    0,
  ) / values.length;

/** Σ (a - b)² */
function squaredDistance(a: Numbers, b: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b(i)) ** 2;
  return sum;
}

function requireNumbers(name: string, predicted: Numbers, targets: Numbers): void {
  requirePairs(name, 'predictions', predicted, 'targets', targets);
  requireFinite(name, 'prediction', predicted);
  requireFinite(name, 'target', targets);
}

/**
 * R², the share of the targets' variance that predictions explain: 1 - Σ (target - prediction)² / Σ (target - mean)². At
 * most 1; 0 is as good as the mean of the targets.
 * @throws RangeError for lists of unequal length, numbers that are not finite, and targets that are all the same
 */
export function rSquared(predicted: Numbers, targets: Numbers): number {
  requireNumbers('rSquared', predicted, targets);
  const mean = meanOf(targets);
  const spread = squaredDistance(targets, () => mean);
  if (spread === 0) throw new RangeError('rSquared: all targets are the same, so that there is no variance');
  return 1 - squaredDistance(targets, (i) => predicted[i]!) / spread;
}

/**
 * Peak signal-to-noise ratio of images or signals in decibels: 10 log₁₀(peak² / mean squared error); Infinity for equal ones.
 * @param peak difference between the highest and lowest possible value; 1 unless said, 255 for bytes
 * @throws RangeError for lists of unequal length, numbers that are not finite, a peak that is not positive
 */
export function peakSignalToNoise(signal: Numbers, reference: Numbers, peak = 1): number {
  requireNumbers('peakSignalToNoise', signal, reference);
  if (!(peak > 0 && Number.isFinite(peak))) {
    throw new RangeError(`peakSignalToNoise: peak: got ${peak}, expected a positive number`);
  }
  const error = squaredDistance(signal, (i) => reference[i]!) / signal.length;
  return 10 * Math.log10(peak ** 2 / error);
}

/**
 * exp(mean) of the losses of tokens: from how many equally likely tokens a model seems to choose. At least 1 for
 * -log probabilities.
 * @param losses -log probability of each token, in nats; a mean loss by itself will do
 * @throws RangeError without losses, and for those that are not finite
 */
export function perplexity(losses: Numbers | number): number {
  const each = typeof losses === 'number' ? [losses] : losses;
  requireSome('perplexity', each);
  requireFinite('perplexity', 'loss', each);
  return Math.exp(meanOf(each));
}
