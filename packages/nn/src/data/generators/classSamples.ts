import { samplesByClass } from '../labels.js';
import { type RandomSource, randomSource } from '../random.js';
import { requirePositive, requireShares, requireWhole } from './options.js';

/** Takes so many of each class, in random order; refuses labels without a count and classes with fewer samples. */
function takeCounts(
  where: string,
  labels: ArrayLike<number>,
  counts: ArrayLike<number>,
  random: RandomSource,
): Int32Array {
  const byClass = samplesByClass(where, labels);
  for (const label of byClass.keys()) requireClass(where, label, counts.length);
  const chosen = Array.from(counts).flatMap((count, label) => {
    const own = byClass.get(label) ?? [];
    if (own.length < count) {
      throw new RangeError(`${where}: class ${label} has ${own.length} samples, ${count} are asked for`);
    }
    return random.shuffle(own).slice(0, count);
  });
  return Int32Array.from(random.shuffle(chosen));
}

function requireClass(where: string, label: number, classes: number): void {
  if (!(label >= 0 && label < classes)) {
    throw new RangeError(`${where}: labels: got ${label}, expected a class from 0 to ${classes - 1}`);
  }
}

/**
 * Numbers of randomly chosen samples, equally many of each class, in random order: few labelled digits, for instance
 * (arXiv 2308.12058 takes 20 of each).
 * @throws RangeError for counts that are not whole and positive, labels outside the classes, and classes with fewer
 *   samples
 */
export function samplesPerClass(
  labels: ArrayLike<number>,
  { seed, count, classes = 10 }: { readonly seed: number; readonly count: number; readonly classes?: number },
): Int32Array {
  requireWhole('samplesPerClass', { count, classes });
  return takeCounts(
    'samplesPerClass',
    labels,
    Array<number>(classes).fill(count),
    randomSource(seed).fork('samplesPerClass'),
  );
}

/**
 * Numbers of the samples that are left when each is kept with its class's probability, in their order. Biased digits
 * (arXiv 2408.04556) keep classes 5 to 9 with probability 0.15: `[1, 1, 1, 1, 1, 0.15, 0.15, 0.15, 0.15, 0.15]`.
 * @throws RangeError for probabilities outside [0, 1] and labels without one
 */
export function samplesByShare(
  labels: ArrayLike<number>,
  { seed, shares }: { readonly seed: number; readonly shares: readonly number[] },
): Int32Array {
  requireShares(
    'samplesByShare',
    Object.fromEntries(shares.map((share, label) => [`shares[${label}]`, share])),
  );
  const random = randomSource(seed).fork('samplesByShare');
  return Int32Array.from({ length: labels.length }, (_, sample) => sample).filter((sample) => {
    requireClass('samplesByShare', labels[sample]!, shares.length);
    return random.uniform() < shares[labels[sample]!]!;
  });
}

export interface LongTailedOptions {
  readonly seed: number;
  /** Samples of the most frequent class. */
  readonly largest: number;
  /** How many times rarer the rarest class is; at least 1. */
  readonly ratio: number;
  /** 10 unless said. */
  readonly classes?: number;
}

export interface LongTailedSamples {
  /** Numbers of the chosen samples, in random order. */
  readonly samples: Int32Array;
  /** The classes, the most frequent one first. */
  readonly order: Int32Array;
  /** Samples of each class, by class. */
  readonly counts: Int32Array;
}

/**
 * Samples of which a few classes have many and most have few (arXiv 2501.15955): the class at place k of a random
 * order has round(largest · ratio^(-k / (classes - 1))) samples. Other seeds favour other classes; for the largest such
 * set with the classes in ascending order see `longTailed`.
 * @throws RangeError for counts that are not whole and positive, fewer than two classes, a ratio below 1, labels outside
 *   the classes, and classes with fewer samples
 */
export function longTailedSamples(
  labels: ArrayLike<number>,
  { seed, largest, ratio, classes = 10 }: LongTailedOptions,
): LongTailedSamples {
  requireWhole('longTailedSamples', { largest });
  requireWhole('longTailedSamples', { classes }, 2);
  requirePositive('longTailedSamples', { ratio });
  if (ratio < 1) throw new RangeError(`longTailedSamples: ratio: got ${ratio}, expected at least 1`);
  const random = randomSource(seed).fork('longTailedSamples');
  const order = random.fork('classes').permutation(classes);
  const counts = new Int32Array(classes);
  for (const [place, label] of order.entries()) {
    counts[label] = Math.round(largest * ratio ** (-place / (classes - 1)));
  }
  return { samples: takeCounts('longTailedSamples', labels, counts, random.fork('samples')), order, counts };
}
