import {
  argMax,
  argSort,
  clip,
  concat,
  cumSum,
  div,
  formatShape,
  greater,
  greaterEqual,
  lessEqual,
  logicalAnd,
  max,
  maximum,
  minimum,
  mul,
  onesLike,
  ShapeError,
  sort,
  stopGradient,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  topK,
  where,
  zerosLike,
} from '@evenkeel/tensor';

// Group Envelope Regularization, arXiv 2212.12921, as functions of the norms ‖w_j‖ of m groups. Only the abstract was open:
// the formulas are those of the convex envelope of ½ Σ d_j ‖w_j‖² under "at most k groups are nonzero". The weights stand in
// the quadratic; the paper might have them in the budget instead.

/** At most how many groups, and how much each costs. */
export interface EnvelopeOptions {
  /** Groups that may stay, an integer from 1 to their number m. With k = m the envelope is the ridge penalty. */
  readonly k: number;
  /** d `[m]`, each above 0; 1 unless said. */
  readonly weights?: readonly number[];
}

/** @throws ShapeError or RangeError for what makes no sense; NaN is found where values are known */
function weightsOf(name: string, norms: Tensor, { k, weights }: EnvelopeOptions): Tensor {
  if (norms.rank !== 1 || norms.size === 0)
    throw new ShapeError(`${name}: expected norms [groups], got ${formatShape(norms.shape)}`);
  if (!(Number.isInteger(k) && k >= 1 && k <= norms.size))
    throw new RangeError(`${name}: k: got ${k}, expected an integer from 1 to ${norms.size}, the groups`);
  const known = norms.value && Array.from(norms.value.data, Number);
  const wrong = known?.find((norm) => !(Number.isFinite(norm) && norm >= 0));
  if (wrong !== undefined)
    throw new RangeError(`${name}: norms must be finite and not negative, got ${wrong}`);
  return weights ? tensor(requireWeights(name, weights, norms.size), norms.dtype) : onesLike(norms);
}

/** @throws RangeError unless there are `count` weights above 0 */
export function requireWeights(name: string, weights: readonly number[], count: number): number[] {
  const wrong = weights.find((weight) => !(Number.isFinite(weight) && weight > 0));
  if (wrong !== undefined) throw new RangeError(`${name}: weights must be above 0, got ${wrong}`);
  if (weights.length !== count)
    throw new RangeError(`${name}: got ${weights.length} weights for ${count} groups`);
  return [...weights];
}

/**
 * WGSEF_k = min over u of ½ Σ d_j ‖w_j‖² / u_j with 0 ≤ u_j ≤ 1 and Σ u_j ≤ k: half the squared k-support norm of a_j = √d_j
 * ‖w_j‖. The largest q norms have u = 1 and the others share what is left of k by their size, where q is the least number
 * for which no share exceeds 1. Its gradient is a subgradient of the penalty.
 * @param norms `[groups]`, float32 or float64
 * @returns a scalar
 * @throws ShapeError for other shapes; RangeError for k, weights or known norms that make no sense
 */
export function envelopeValue(norms: Tensor, options: EnvelopeOptions): Tensor {
  const sizes = norms.mul(weightsOf('envelopeValue', norms, options).pow(0.5));
  const shares = sharesOfValue(stopGradient(sizes), options.k);
  const inside = greater(shares, 0);
  return sum(where(inside, sizes.square().div(where(inside, shares, 1)), 0)).mul(0.5);
}

/** The minimizing u. */
function sharesOfValue(sizes: Tensor, k: number): Tensor {
  const { values } = sort(sizes, { descending: true });
  const rest = cumSum(values, { reverse: true });
  const candidates = take(rest, tensor(range(k), 'int32'));
  const left = tensor(
    range(k).map((q) => k - q),
    sizes.dtype,
  );
  const fits = lessEqual(mul(take(values, tensor(range(k), 'int32')), left), candidates);
  const first = argMax(where(fits, onesLike(left), zerosLike(left)));
  const [total, budget] = [take(candidates, first), take(left, first)];
  const some = greater(total, 0);
  const shared = minimum(sizes.mul(budget).div(where(some, total, 1)), 1);
  return where(greater(sizes, 0), where(some, shared, 1), 0);
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/**
 * The conjugate: ½ the sum of the k largest ‖y_j‖² / d_j.
 * @param norms ‖y_j‖ `[groups]`
 * @throws as `envelopeValue`
 */
export function envelopeConjugate(norms: Tensor, options: EnvelopeOptions): Tensor {
  const scores = norms.square().div(weightsOf('envelopeConjugate', norms, options));
  return sum(topK(scores, options.k).values).mul(0.5);
}

/**
 * How much of each group is kept by the proximal step of λ WGSEF_k at v: u_j = clip(α √d_j ‖v_j‖ - λ d_j, 0, 1) with Σ u_j =
 * k. The step is w_j = v_j u_j / (u_j + λ d_j) (`envelopeFactors`). Σ u_j(α) is piecewise linear: its 2m breakpoints are
 * sorted, and α comes of the piece that reaches k, so that it is exact. At most k nonzero groups have u = 1.
 * @param norms ‖v_j‖ `[groups]`
 * @param lambda at least 0: the penalty's weight times the learning rate
 * @throws as `envelopeValue`; RangeError for λ < 0
 */
export function envelopeShares(norms: Tensor, lambda: Tensor | number, options: EnvelopeOptions): Tensor {
  const weights = weightsOf('envelopeShares', norms, options);
  requireLambda('envelopeShares', lambda);
  const { k } = options;
  // Only ratios of sizes count: with the largest at 1, breakpoints stay in the range of float32.
  const raw = norms.mul(weights.pow(0.5));
  const largest = max(raw);
  const sizes = raw.div(where(greater(largest, 0), largest, 1));
  const inside = greater(sizes, 0);
  const costs = mul(weights, lambda);
  const at = (height: Tensor) => where(inside, minimum(div(height, where(inside, sizes, 1)), 1e30), 1e30);
  const [starts, ends] = [at(costs), at(costs.add(1))];

  // Σ u(α) = slope · α + offset between two breakpoints.
  const breakpoints = concat([starts, ends], 0);
  const order = argSort(breakpoints);
  const ordered = take(breakpoints, order);
  const running = (changes: readonly [Tensor, Tensor]) => cumSum(take(concat(changes, 0), order));
  const slopes = running([sizes, sizes.neg()]);
  const offsets = running([costs.neg(), costs.add(1)]);
  const totals = slopes.mul(ordered).add(offsets);
  // The first breakpoint at which the total has reached k, and the one before. A total that rounding keeps from k has reached
  // it: else α would go on to where the next group is just not zero.
  const rounding = sum(costs)
    .add(k)
    .mul(4 * (norms.dtype === 'float64' ? 2 ** -52 : 2 ** -23));
  const reaches = greaterEqual(totals, sub(k, rounding));
  const next = argMax(where(reaches, onesLike(totals), zerosLike(totals)));
  const low = take(ordered, maximum(next.sub(1), 0));
  const high = take(ordered, next);

  // The running sums have rounded: those of the piece are added up afresh.
  const rising = logicalAnd(lessEqual(starts, low), greaterEqual(ends, high));
  const full = lessEqual(ends, low);
  const total = (of: Tensor, which: Tensor) => sum(where(which, of, 0));
  const slope = total(sizes, rising);
  const reached = sub(total(onesLike(sizes), full), total(costs, rising));
  const within = sub(k, reached).div(where(greater(slope, 0), slope, 1));
  const alpha = where(greater(slope, 0), minimum(maximum(within, low), high), low);
  const shares = clip(sizes.mul(alpha).sub(costs), 0, 1);

  const few = lessEqual(total(onesLike(sizes), inside), k);
  return where(inside, where(few, 1, shares), 0);
}

/** u / (u + λ d), by which the proximal step multiplies each group; exactly 0 where u is. Parameters as `envelopeShares`. */
export function envelopeFactors(norms: Tensor, lambda: Tensor | number, options: EnvelopeOptions): Tensor {
  const shares = envelopeShares(norms, lambda, options);
  const costs = mul(weightsOf('envelopeFactors', norms, options), lambda);
  const inside = greater(shares, 0);
  return where(inside, shares.div(where(inside, shares.add(costs), 1)), 0);
}

/** @throws RangeError for a λ that is known and negative or not finite */
export function requireLambda(name: string, lambda: Tensor | number): void {
  if (typeof lambda === 'number' && !(Number.isFinite(lambda) && lambda >= 0))
    throw new RangeError(`${name}: lambda: got ${lambda}, expected at least 0`);
}
