import { randomSource } from './random.js';

/** The samples of each class in ascending order, by label in ascending order. @throws RangeError for a label that is none */
export function samplesByClass(name: string, labels: ArrayLike<number>): Map<number, number[]> {
  const samples = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!(Number.isInteger(label) && label >= 0)) {
      throw new RangeError(`${name}: labels must be non-negative integers, got ${label} at ${i}`);
    }
    const own = samples.get(label);
    if (own) own.push(i);
    else samples.set(label, [i]);
  }
  return new Map([...samples].sort(([a], [b]) => a - b));
}

/**
 * Samples of a long-tailed subset: with C classes in ascending order, class c has N · ratio^(-c / (C - 1)) of them
 * (`exponential`), or N in the first half of the classes and N / ratio in the others (`step`; with an odd C the middle
 * class belongs to the others). N is as large as the classes allow. Numbers are rounded, and at least 1.
 * @param labels the class of each sample, a non-negative integer
 * @param ratio the largest class over the smallest, at least 1
 * @returns the numbers of the samples, in random order
 */
export function longTailed(
  labels: ArrayLike<number>,
  ratio: number,
  seed: number,
  kind: 'exponential' | 'step' = 'exponential',
): Int32Array<ArrayBuffer> {
  if (!(ratio >= 1 && Number.isFinite(ratio))) {
    throw new RangeError(`longTailed: ratio must be at least 1, got ${ratio}`);
  }
  if (kind !== 'exponential' && kind !== 'step') {
    throw new RangeError(`longTailed: kind must be exponential or step, got ${kind}`);
  }
  const classes = [...samplesByClass('longTailed', labels).values()];
  if (classes.length < 2)
    throw new RangeError(`longTailed: expected at least 2 classes, got ${classes.length}`);
  const shares = classes.map((_, i) =>
    kind === 'step'
      ? 1 / (i < Math.floor(classes.length / 2) ? 1 : ratio)
      : ratio ** (-i / (classes.length - 1)),
  );
  const largest = Math.min(...classes.map((samples, i) => samples.length / shares[i]!));
  const random = randomSource(seed);
  const chosen = classes.flatMap((samples, i) =>
    random.shuffle(samples).slice(0, Math.max(1, Math.round(largest * shares[i]!))),
  );
  return Int32Array.from(random.shuffle(chosen));
}

/**
 * Labels of which a share is wrong: exactly that share of the samples, rounded, gets one of the other classes, each alike.
 * @param share in [0, 1]
 * @param classes number of classes, at least 2: labels are 0 … classes - 1
 */
export function labelNoise(
  labels: ArrayLike<number>,
  share: number,
  seed: number,
  classes: number,
): Int32Array<ArrayBuffer> {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`labelNoise: share must be in [0, 1], got ${share}`);
  if (!(Number.isInteger(classes) && classes >= 2)) {
    throw new RangeError(`labelNoise: classes must be an integer of at least 2, got ${classes}`);
  }
  const largest = [...samplesByClass('labelNoise', labels).keys()].at(-1) ?? 0;
  if (largest >= classes)
    throw new RangeError(`labelNoise: label ${largest} is not among ${classes} classes`);
  const random = randomSource(seed);
  const noisy = Int32Array.from(labels);
  const wrong = random.permutation(noisy.length).subarray(0, Math.round(noisy.length * share));
  for (const i of wrong) noisy[i] = (noisy[i]! + 1 + random.integer(classes - 1)) % classes;
  return noisy;
}
