import { sizeOf } from '@evenkeel/tensor';
import { type Columns, columns } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, valuesOf } from './arrays.js';
import type { LabelledImages, LabelledVectors } from './batches.js';
import { requireNotNegative, requireShares, requireWhole } from './options.js';
import { requireImages } from './poolImages.js';

/** Black, red, green, blue, yellow, magenta, cyan, white, olive and teal: red, green and blue from 0 to 1. */
const palette = [
  [0, 0, 0],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 0],
  [1, 0, 1],
  [0, 1, 1],
  [1, 1, 1],
  [0.5, 0.5, 0],
  [0, 0.5, 0.5],
] as const;

export interface MultiColorDigitsOptions {
  readonly seed: number;
  /** Seed of what colour stands for which digit in which patch, the same for other samples; 0 unless said. */
  readonly world?: number;
  /** 32 unless said. */
  readonly patches?: number;
  /** Probability that a patch shows a random digit's colour: one for all patches, or one for each; 0 unless said. */
  readonly randomShare?: number | readonly number[];
  /** The digits' own pixels are multiplied by it; 1 unless said. */
  readonly digitGain?: number;
}

/**
 * Digits with coloured patches that predict them spuriously (arXiv 2309.17230): patch j shows the colour π_j(y) of a
 * palette of ten, π_j a random permutation, except that with probability randomShare_j it shows that of a digit
 * drawn from all ten. Inputs `[n, pixels + 3 · patches]`, float32: the picture row by row, then red, green and blue of
 * each patch; labels as they were.
 * @throws RangeError for a number of patches that is not whole and positive, probabilities outside [0, 1] or not one
 *   for each patch, a negative gain, and labels outside 0 to 9
 */
export function multiColorDigits(
  digits: Columns<LabelledImages>,
  { seed, world = 0, patches = 32, randomShare = 0, digitGain = 1 }: MultiColorDigitsOptions,
): Columns<LabelledVectors> {
  requireWhole('multiColorDigits', { patches });
  requireNotNegative('multiColorDigits', { digitGain });
  const shares = typeof randomShare === 'number' ? Array<number>(patches).fill(randomShare) : randomShare;
  requireShares(
    'multiColorDigits',
    Object.fromEntries(shares.map((share, patch) => [`randomShare[${patch}]`, share])),
  );
  if (shares.length !== patches) {
    throw new RangeError(
      `multiColorDigits: randomShare: got ${shares.length} probabilities, expected one for each of ${patches} patches`,
    );
  }
  const { images, labels } = digits.columns;
  const [count, ...lengths] = requireImages('multiColorDigits', images);
  const pixels = sizeOf(lengths);
  const fixed = randomSource(world);
  const colors = shares.map((_, patch) => fixed.fork(patch).permutation(palette.length));
  const random = randomSource(seed);
  const values = valuesOf(images);
  const width = pixels + 3 * patches;
  const inputs = new Float32Array(count * width);
  for (let n = 0; n < count; n++) {
    const label = labels.data[n]!;
    if (!(label >= 0 && label < palette.length)) {
      throw new RangeError(`multiColorDigits: labels[${n}]: got ${label}, expected a digit from 0 to 9`);
    }
    inputs.set(
      values.subarray(n * pixels, (n + 1) * pixels).map((x) => digitGain * x),
      n * width,
    );
    for (let patch = 0; patch < patches; patch++) {
      const shown = random.uniform() < shares[patch]! ? random.integer(palette.length) : label;
      inputs.set(palette[colors[patch]![shown]!]!, n * width + pixels + 3 * patch);
    }
  }
  return columns({ inputs: float32(inputs, [count, width]), labels });
}
