import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float64, logistic, normals } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface GateScoresOptions {
  readonly seed: number;
  /** Number of a batch of tokens: each has tokens of its own, the experts stay the same. 0 unless said. */
  readonly batch?: number;
  /** 512 unless said. */
  readonly tokens?: number;
  /** 16 unless said. */
  readonly experts?: number;
  /** Standard deviation of the experts' popularity; 1 unless said. */
  readonly skew?: number;
}

/**
 * How well tokens like the experts of a mixture, some of which are popular with all
 * (arXiv 2512.03915, 2209.15466): score_tk = σ(z_tk + skew · m_k), with z and m standard normal. Scores
 * `[tokens, experts]`, float64, from 0 to 1.
 * @throws RangeError for counts that are not whole and positive and a negative skew
 */
export function gateScores({
  seed,
  batch = 0,
  tokens = 512,
  experts = 16,
  skew = 1,
}: GateScoresOptions): Columns<{ readonly scores: HostArray }> {
  requireWhole('gateScores', { tokens, experts });
  requireWhole('gateScores', { batch }, 0);
  requireNotNegative('gateScores', { skew });
  const random = randomSource(seed);
  const popularities = normals(random.fork('experts'), experts);
  const scores = normals(random.fork('batches').fork(batch), tokens, experts).map((z, i) =>
    logistic(z + skew * popularities[i % experts]!),
  );
  return columns({ scores: float64(scores, [tokens, experts]) });
}
