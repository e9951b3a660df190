import { formatShape, iota, matMul, maximum, ShapeError, sqrt, type Tensor } from '@evenkeel/tensor';
import { crossEntropy } from './crossEntropy.js';
import { requireTemperature } from './divergence.js';
import { requireSame } from './pairs.js';
import { type Reduction, reduceLosses } from './reduction.js';

/** How `infoNce` compares. */
export interface InfoNceOptions {
  /** The mean over pairs unless said. */
  readonly reduction?: Reduction;
  /** Cosines are divided by it; positive, 0.07 unless said. */
  readonly temperature?: number;
  /** Whether the keys look for their queries too, and both losses are averaged; false unless said. */
  readonly symmetric?: boolean;
}

/** Rows divided by their lengths; rows shorter than 1e-12 by that. */
const unitRows = (rows: Tensor): Tensor =>
  rows.div(sqrt(maximum(rows.square().sum({ axis: -1, keepAxes: true }), 1e-24)));

/**
 * Cross-entropy of finding each query's own key, the row of the same number, among all keys by their cosines
 * (arXiv 1807.03748): queries and keys `[pairs, width]`.
 * @throws ShapeError, DTypeError unless both are of one such shape, with at least 2 pairs, and of one float dtype;
 *   RangeError for a temperature that is not positive
 */
export function infoNce(
  queries: Tensor,
  keys: Tensor,
  { reduction = 'mean', temperature = 0.07, symmetric = false }: InfoNceOptions = {},
): Tensor {
  requireSame('infoNce', 'queries', queries, 'keys', keys);
  if (queries.rank !== 2 || queries.length(0) < 2) {
    throw new ShapeError(
      `infoNce: expected queries of shape [pairs, width] with at least 2 pairs, got ${formatShape(queries.shape)}`,
    );
  }
  requireTemperature('infoNce', temperature);
  const cosines = matMul(unitRows(queries), unitRows(keys), { transposeB: true });
  const own = iota(queries.length(0));
  const lossOf = (similarities: Tensor) =>
    crossEntropy(similarities.div(temperature), own, { reduction: 'none' });
  const losses = symmetric ? lossOf(cosines).add(lossOf(cosines.transpose())).mul(0.5) : lossOf(cosines);
  return reduceLosses('infoNce', losses, reduction);
}
