import {
  abs,
  argSort,
  cast,
  cumSum,
  equal,
  formatShape,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  max,
  onesLike,
  ShapeError,
  stopGradient,
  type Tensor,
  takeAlong,
  where,
} from '@evenkeel/tensor';

/**
 * Which filters of a layer should stay. `mass`: those that respond most and make up at most a share `r`, in (0, 1], of all
 * responses; r = 1 drops dead filters only, r < 0 keeps all, which is for warming heads up. `uniform`: all but a share
 * `pruned`, in [0, 1), of the filters, and no dead ones.
 */
export type GateTarget =
  | { readonly type: 'mass'; readonly r: number }
  | { readonly type: 'uniform'; readonly pruned: number };

/** Responses, or shares of them, up to which a filter counts as dead, and by which sums may pass r. */
const tolerance = 1e-5;

/** @throws RangeError for an unknown type, r = 0, above 1 or not finite, and pruned outside [0, 1) */
export function requireTarget(name: string, target: GateTarget): void {
  if (target.type === 'mass') {
    const { r } = target;
    if (!(Number.isFinite(r) && r !== 0 && r <= 1))
      throw new RangeError(`${name}: r: got ${r}, expected a share in (0, 1], or less than 0 to keep all`);
  } else if (target.type === 'uniform') {
    if (!(target.pruned >= 0 && target.pruned < 1))
      throw new RangeError(`${name}: pruned: got ${target.pruned}, expected a share in [0, 1)`);
  } else {
    const { type } = target as { type: unknown };
    throw new RangeError(`${name}: target type must be mass or uniform, got ${String(type)}`);
  }
}

/** @throws ShapeError unless activations are [n, channels, h, w] or [n, channels] */
export function requireActivations(name: string, x: Tensor): void {
  if (x.rank !== 4 && x.rank !== 2)
    throw new ShapeError(
      `${name}: expected activations [n, channels, h, w] or [n, channels], got ${formatShape(x.shape)}`,
    );
}

/**
 * How strongly each filter responds, a_f = max |O_f| over all places: `[n, channels, h, w]` or `[n, channels]` →
 * `[n, channels]`.
 * @throws ShapeError for other ranks
 */
export function peakActivations(output: Tensor): Tensor {
  requireActivations('peakActivations', output);
  return output.rank === 4 ? max(abs(output), { axis: [2, 3] }) : abs(output);
}

/**
 * The mask that a head is to predict, made from what the layer itself puts out before it is masked: `[n, channels, h, w]` or
 * `[n, channels]` → zeros and ones `[n, channels]`, without a gradient.
 *
 * `mass`: shares p_f = a_f / Σ a, largest first, are added up, and filters stay while the sum is at most r (1e-5 more
 * counts as r): the filter that passes r goes, so that a mask is empty where one filter has more than r. A sample without
 * any response, whose shares are 0 / 0, keeps all. `uniform`: ⌊pruned · channels⌋ filters of the smallest a go, and all with
 * a ≤ 1e-5. Of equals those that come first stay under `mass`, and go under `uniform`.
 * @throws ShapeError for other ranks; RangeError for targets out of range
 */
export function targetMask(output: Tensor, target: GateTarget): Tensor {
  requireTarget('targetMask', target);
  const peaks = stopGradient(peakActivations(output));
  if (target.type === 'uniform') {
    const dropped = Math.floor(target.pruned * peaks.length(1));
    const strong = logicalAnd(greaterEqual(argSort(argSort(peaks)), dropped), greater(peaks, tolerance));
    return cast(strong, output.dtype);
  }
  if (target.r < 0) return onesLike(peaks);
  const total = peaks.sum({ axis: 1, keepAxes: true });
  const silent = equal(total, 0);
  const shares = peaks.div(where(silent, 1, total));
  const kept = target.r === 1 ? greater(shares, tolerance) : largestWithin(shares, target.r);
  return where(silent, onesLike(peaks), cast(kept, output.dtype));
}

/** Whether the sum of a filter's share and of all larger ones is within r. */
function largestWithin(shares: Tensor, r: number): Tensor {
  const order = argSort(shares, { descending: true });
  const sums = cumSum(takeAlong(shares, order));
  const count = cast(lessEqual(sums, r + tolerance), 'int32').sum({ axis: 1, keepAxes: true });
  return less(argSort(order), count);
}
