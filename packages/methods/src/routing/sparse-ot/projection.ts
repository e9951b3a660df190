import {
  argMax,
  cast,
  cumSum,
  equal,
  formatShape,
  greater,
  greaterEqual,
  topK as largest,
  lessEqual,
  logicalAnd,
  logicalOr,
  maximum,
  oneHot,
  relu,
  requireFloat,
  ShapeError,
  slice,
  sort,
  stopGradient,
  sum,
  swapAxes,
  type Tensor,
  tensor,
  where,
} from '@evenkeel/tensor';
import { requirePositive, requireWhole } from '../checks.js';

// What stands at most k nonzeros: a projection, a conjugate and a norm.

/** The axis last, and `k` at most its length. @throws ShapeError for scalars and empty axes; RangeError for `k` */
function prepared(name: string, x: Tensor, k: number, axis: number): readonly [Tensor, number] {
  requireFloat(name, x);
  requireWhole(name, 'k', k, [1, Number.POSITIVE_INFINITY]);
  if (x.rank === 0 || x.length(axis) === 0) {
    throw new ShapeError(`${name}: expected an axis with elements, got ${formatShape(x.shape)}`);
  }
  return [swapAxes(x, axis, -1), Math.min(k, x.length(axis))];
}

/** Which are the k largest along the last axis, given the smallest of them; among equals the first. Bool, as `x`. */
function areLargest(x: Tensor, smallest: Tensor, k: number): Tensor {
  const [above, same] = [greater(x, smallest), equal(x, smallest)];
  const free = sum(cast(above, 'int32'), { axis: -1, keepAxes: true }).neg().add(k);
  return logicalOr(above, logicalAnd(same, lessEqual(cumSum(cast(same, 'int32')), free)));
}

/** The elements of which the k largest along the last axis are made, and zeros elsewhere. */
export function keepLargest(x: Tensor, k: number): Tensor {
  const smallest = slice(
    largest(x, k).values,
    [...x.shape.slice(0, -1).map(() => 0), k - 1],
    [...x.shape.slice(0, -1), k],
  );
  return where(areLargest(x, smallest, k), x, 0);
}

/**
 * P_k: Euclidean projection of an axis onto the simplex of at most k nonzeros (arXiv 2209.15466). Of the k largest entries
 * u_1 ≥ … ≥ u_k,
 *
 *   ρ = max{ i : u_i - (Σ_{l≤i} u_l - z) / i > 0 },  τ = (Σ_{l≤ρ} u_l - z) / ρ,  y = max(u - τ, 0), zeros elsewhere.
 *
 * Among equals the first ones are kept; `k` above the length of the axis means all of it. Has derivatives wherever the
 * k-th and the next entry differ.
 * @param z what the axis sums to afterwards, positive; 1 unless said
 * @throws RangeError for a `k` that is no positive integer and a sum that is not positive; ShapeError for scalars and
 *   empty axes; DTypeError for integers
 */
export function projectSparseSimplex(v: Tensor, k: number, z = 1, axis = -1): Tensor {
  const name = 'projectSparseSimplex';
  requirePositive(name, 'sum', z);
  const [given, most] = prepared(name, v, k, axis);
  // A constant changes nothing, and small numbers lose fewer digits.
  const x = given.sub(stopGradient(given.max({ axis: -1, keepAxes: true })));
  const { values: u } = largest(x, most);
  const counts = tensor(
    Float64Array.from({ length: most }, (_, i) => i + 1),
    { dtype: v.dtype, shape: [most] },
  );
  const supports = greater(u.sub(cumSum(u).sub(z).div(counts)), 0);
  const rho = sum(cast(supports, v.dtype), { axis: -1, keepAxes: true });
  const tau = sum(where(supports, u, 0), { axis: -1, keepAxes: true })
    .sub(z)
    .div(rho);
  const smallest = slice(u, [...u.shape.slice(0, -1).map(() => 0), most - 1], u.shape);
  const y = where(areLargest(x, smallest, most), maximum(x.sub(tau), 0), 0);
  return swapAxes(y, axis, -1);
}

/**
 * δ(x) = 1/(2γ) · Σ over the k largest entries of max(x_i, 0)², the conjugate of (γ/2) ‖t‖² over t ≥ 0 with at most k
 * nonzeros (arXiv 2209.15466). Its gradient is max(x_i, 0) / γ at those entries and 0 elsewhere. `[…, m, …]` → `[…]`
 * without the axis.
 * @throws RangeError for a `k` that is no positive integer and a gamma that is not positive; ShapeError and DTypeError as
 *   `projectSparseSimplex`
 */
export function topKSquaredConjugate(x: Tensor, k: number, gamma = 1, axis = -1): Tensor {
  requirePositive('topKSquaredConjugate', 'gamma', gamma);
  const [given, most] = prepared('topKSquaredConjugate', x, k, axis);
  const squares = sum(relu(largest(given, most).values).square(), { axis: -1, keepAxes: true });
  return swapAxes(squares, axis, -1)
    .sum({ axis })
    .div(2 * gamma);
}

/**
 * The k-support norm: the sum of absolute values for k = 1, the Euclidean norm for k = m. Half its square is the conjugate
 * of half the sum of the k largest squares. With |t| in descending order it is the root of
 * Σ_{i<k-r} t_i² + (Σ_{i≥k-r} t_i)² / (r + 1), where r is the one number of 0 … k - 1 with
 * t_{k-r-1} > Σ_{i≥k-r} t_i / (r + 1) ≥ t_{k-r}. `[…, m, …]` → `[…]` without the axis.
 * @throws RangeError for a `k` that is no positive integer; ShapeError and DTypeError as `projectSparseSimplex`
 */
export function kSupportNorm(t: Tensor, k: number, axis = -1): Tensor {
  const [given, most] = prepared('kSupportNorm', t, k, axis);
  const { values } = sort(given.abs(), { descending: true });
  const first = (x: Tensor) =>
    slice(
      x,
      x.shape.map(() => 0),
      [...x.shape.slice(0, -1), most],
    );
  const tails = first(cumSum(values, { reverse: true }));
  const heads = first(cumSum(values.square(), { exclusive: true }));
  const shared = tensor(
    Float64Array.from({ length: most }, (_, i) => most - i),
    { dtype: t.dtype, shape: [most] },
  );
  // The first place from which the mean of the tail is no less than its largest: the second condition holds before it.
  const place = argMax(cast(greaterEqual(tails, first(values).mul(shared)), 'int32'), -1);
  const squares = heads.add(tails.square().div(shared)).mul(oneHot(place, most, t.dtype));
  return swapAxes(sum(squares, { axis: -1, keepAxes: true }), axis, -1)
    .sum({ axis })
    .sqrt();
}
