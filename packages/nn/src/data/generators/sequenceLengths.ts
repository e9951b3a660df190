import { randomSource } from '../random.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface SequenceLengthsOptions {
  readonly seed: number;
  /** Tokens of the longest sequence; 131072 unless said. */
  readonly context?: number;
  /** Tokens of the shortest one; 64 unless said. */
  readonly shortest?: number;
  /** Before clipping; 2000 unless said. */
  readonly median?: number;
  /** Standard deviation of the natural logarithm; 1.6 unless said. */
  readonly sigma?: number;
  /** Sequences are added until there are so many tokens; 4194304 unless said. */
  readonly tokens?: number;
}

/**
 * Lengths of the texts of one global batch, most of them short and a few very long (arXiv 2502.21231):
 * median · exp(sigma · n), rounded and clipped to [shortest, context], drawn until their sum reaches `tokens`; the
 * last one is kept whole.
 * @throws RangeError for counts that are not whole and positive, a context below the shortest and a negative sigma
 */
export function sequenceLengths({
  seed,
  context = 131_072,
  shortest = 64,
  median = 2000,
  sigma = 1.6,
  tokens = 32 * 8192 * 16,
}: SequenceLengthsOptions): Int32Array {
  requireWhole('sequenceLengths', { context, shortest, median, tokens });
  requireNotNegative('sequenceLengths', { sigma });
  if (context < shortest) {
    throw new RangeError(
      `sequenceLengths: context: got ${context}, expected at least the shortest, ${shortest}`,
    );
  }
  const random = randomSource(seed);
  const lengths: number[] = [];
  for (let sum = 0; sum < tokens; sum += lengths.at(-1)!) {
    const length = Math.round(median * Math.exp(sigma * random.normal()));
    lengths.push(Math.min(Math.max(length, shortest), context));
  }
  return Int32Array.from(lengths);
}
