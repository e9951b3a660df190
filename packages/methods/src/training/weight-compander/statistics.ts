import { abs, cast, concat, div, less, type Tensor } from '@evenkeel/tensor';

/** How weights are spread, as scalars. */
export interface WeightStatistics {
  /** Largest |w|. */
  readonly largest: Tensor;
  /** Share of weights with |w| below `nearZero`. */
  readonly shareNearZero: Tensor;
  /** Fourth moment about the mean over the squared variance: 3 for a normal distribution, 1.8 for an even one. */
  readonly kurtosis: Tensor;
}

const flat = (weights: readonly Tensor[]): Tensor => concat(weights.map((each) => each.reshape([each.size])));

/**
 * Statistics of all elements of the weights taken together. `nearZero` is 0.01 unless said. For use inside `compile`.
 * @throws RangeError for no weights, or `nearZero` that is not positive
 */
export function weightStatistics(
  weights: readonly Tensor[],
  { nearZero = 0.01 }: { readonly nearZero?: number } = {},
): WeightStatistics {
  if (weights.length === 0) throw new RangeError('weightStatistics: expected at least one weight');
  if (!(nearZero > 0)) throw new RangeError(`weightStatistics: nearZero must be above 0, got ${nearZero}`);
  const all = flat(weights);
  const squares = all.sub(all.mean()).square();
  return {
    largest: abs(all).max(),
    shareNearZero: cast(less(abs(all), nearZero), all.dtype).mean(),
    kurtosis: div(squares.square().mean(), squares.mean().square()),
  };
}

/** A histogram: shares of the weights in bins of equal width around `centres`. */
export interface WeightHistogram {
  readonly centres: readonly number[];
  readonly shares: readonly number[];
}

/**
 * How the elements of weights, as they are now, are spread over bins from -range to range; what lies outside is counted
 * in the outermost bins.
 * @throws RangeError for a range that is not positive or a number of bins that is no positive integer
 */
export async function weightHistogram(
  weights: readonly Tensor[],
  { range, bins = 61 }: { readonly range: number; readonly bins?: number },
): Promise<WeightHistogram> {
  if (!(range > 0 && range < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`weightHistogram: range must be positive and finite, got ${range}`);
  }
  if (!(Number.isSafeInteger(bins) && bins > 0)) {
    throw new RangeError(`weightHistogram: bins must be a positive integer, got ${bins}`);
  }
  const counts = new Array<number>(bins).fill(0);
  const elements = Array.from(await flat(weights).data(), Number);
  for (const each of elements) {
    const bin = Math.floor(((each + range) / (2 * range)) * bins);
    counts[Math.min(Math.max(bin, 0), bins - 1)]! += 1;
  }
  return {
    centres: counts.map((_, i) => ((2 * i + 1) / bins - 1) * range),
    shares: counts.map((count) => count / elements.length),
  };
}
