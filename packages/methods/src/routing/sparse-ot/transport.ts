import { applyUpdates, type GradientTransform, lbfgs } from '@evenkeel/nn';
import { compile, copy, full, type Tensor, valueAndGrad, zeros } from '@evenkeel/tensor';
import { requireNotNegative, requireOneOf, requireWhole } from '../checks.js';
import {
  requireProblem,
  type SparseTransportPoint,
  type SparseTransportProblem,
  sparseTransportDual,
  sparseTransportSemiDual,
} from './dual.js';

export interface SparseTransportOptions {
  /** C, float `[m, n]`. Float64 is worth its while: the last digits decide when the search ends. */
  readonly cost: Tensor;
  /** Masses of the rows, `[m]`; even, with a sum of 1, unless said. */
  readonly a?: Tensor;
  /** Masses of the columns, `[n]`, positive; even, with a sum of 1, unless said. */
  readonly b?: Tensor;
  /** Most nonzeros of a column; above m it means m. */
  readonly k: number;
  /** γ, positive: how far masses are spread; 1 unless said. */
  readonly gamma?: number;
  /** `semi` keeps the masses of the columns exactly and prices the rows'; `dual` prices both. `semi` unless said. */
  readonly formulation?: 'semi' | 'dual';
  /** `lbfgs`, unless said, or an optimizer of nn, such as `adam({ learningRate: 0.01 })`. */
  readonly solver?: 'lbfgs' | GradientTransform;
  /** Ends when no element of the gradient is larger; 1e-9 unless said. */
  readonly tolerance?: number;
  /** 500 unless said. */
  readonly maxIterations?: number;
  /** Called after each iteration, from 1. */
  readonly onIteration?: (at: { readonly iteration: number; readonly objective: number }) => void;
  /** Stops the search: the call throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Prices of the masses: `beta` in the dual alone. */
export interface TransportPotentials {
  /** `[m]`; its mean is 0 in the semi-dual, where a constant changes nothing. */
  readonly alpha: Tensor;
  /** `[n]` */
  readonly beta?: Tensor;
}

export interface SparseTransport {
  /** T, `[m, n]`. */
  readonly plan: Tensor;
  readonly potentials: TransportPotentials;
  /** S(α) or D(α, β). */
  readonly objective: number;
  /** ⟨T, C⟩ */
  readonly transportCost: number;
  readonly nonzerosPerColumn: readonly number[];
  /** Σ_i |(T 1 - a)_i| */
  readonly rowError: number;
  /** Σ_j |(Tᵀ 1 - b)_j|; 0 up to rounding in the semi-dual. */
  readonly columnError: number;
  readonly iterations: number;
  /** Whether the gradient is within the tolerance; hardly ever at a tie. */
  readonly converged: boolean;
  /**
   * The least difference, over the columns with k nonzeros, between the k-th and the next entry of α - c_j (of
   * α + β_j 1 - c_j in the dual): near 0, the maximum is a kink where the rows' masses are missed. Infinite where no
   * column reaches k.
   */
  readonly tieGap: number;
}

type Evaluate = (potentials: TransportPotentials) => SparseTransportPoint;

/**
 * Solves optimal transport with a squared norm and at most k nonzeros per column (arXiv 2209.15466) through a concave
 * dual: k = 1 is transport without regularization, k = m the quadratic kind. Without ties the plan is optimal. In between,
 * the maximum is often a kink: columns and nonzeros then hold in the semi-dual, the rows' masses do not. See `rowError`.
 * `a` is scaled to the sum of `b`, from which it may differ by rounding.
 * @throws RangeError for options outside their range, masses that are negative (0 in `b`) or have other sums, and costs
 *   that are not finite; ShapeError for shapes that do not fit; DTypeError for integers; the signal's reason when aborted
 */
export async function sparseTransport(options: SparseTransportOptions): Promise<SparseTransport> {
  const name = 'sparseTransport';
  const { cost, a: given, b: wanted, k, gamma = 1, formulation = 'semi', solver = 'lbfgs' } = options;
  const { tolerance = 1e-9, maxIterations = 500 } = options;
  requireOneOf(name, 'formulation', formulation, ['semi', 'dual']);
  requireNotNegative(name, 'tolerance', tolerance);
  requireWhole(name, 'maxIterations', maxIterations, [1, Number.POSITIVE_INFINITY]);
  const [rows, columns] = [cost.shape[0] ?? 0, cost.shape[1] ?? 0];
  const problem = {
    cost: await copy(cost),
    a: await copy(given ?? full([rows], 1 / rows, cost.dtype)),
    b: await copy(wanted ?? full([columns], 1 / columns, cost.dtype)),
    k,
    gamma,
  };
  requireProblem(name, problem);
  const scaled = { ...problem, a: await copy(problem.a.mul(problem.b.sum().div(problem.a.sum()))) };
  const at: Evaluate = ({ alpha, beta }) =>
    beta ? sparseTransportDual(scaled, alpha, beta) : sparseTransportSemiDual(scaled, alpha);
  const alpha = zeros([rows], cost.dtype);
  const start = formulation === 'semi' ? { alpha } : { alpha, beta: zeros([columns], cost.dtype) };
  const search = { ...options, tolerance, maxIterations };
  const found = await (solver === 'lbfgs'
    ? climbByCurvature(at, start, search)
    : climbBy(solver, at, start, search));
  const potentials =
    formulation === 'semi'
      ? { alpha: found.potentials.alpha.sub(found.potentials.alpha.mean()) }
      : found.potentials;
  const { plan, objective } = at(potentials);
  return {
    ...(await measured(plan, scaled, potentials)),
    potentials: await copy(potentials),
    objective: await objective.item(),
    iterations: found.iterations,
    converged: found.converged,
  };
}

type Search = Required<Pick<SparseTransportOptions, 'tolerance' | 'maxIterations'>> &
  Pick<SparseTransportOptions, 'onIteration' | 'signal'>;

interface Found {
  readonly potentials: TransportPotentials;
  readonly iterations: number;
  readonly converged: boolean;
}

async function climbByCurvature(
  at: Evaluate,
  start: TransportPotentials,
  { maxIterations, tolerance, onIteration, signal }: Search,
): Promise<Found> {
  const { params, steps, converged } = await lbfgs((potentials) => at(potentials).objective.neg(), start, {
    steps: maxIterations,
    tolerance,
    ...(signal && { signal }),
    onStep: ({ step, loss }) => onIteration?.({ iteration: step, objective: -loss }),
  });
  return { potentials: params, iterations: steps, converged };
}

async function climbBy(
  optimizer: GradientTransform,
  at: Evaluate,
  start: TransportPotentials,
  { maxIterations, tolerance, onIteration, signal }: Search,
): Promise<Found> {
  const program = compile((potentials: TransportPotentials, state: unknown) => {
    const [loss, slopes] = valueAndGrad((each: TransportPotentials) => at(each).objective.neg())(potentials);
    const [updates, next] = optimizer.update(slopes, state, potentials);
    const steepest = Object.values(slopes).map((slope: Tensor) => slope.abs().max());
    return { loss, steepest, potentials: applyUpdates(potentials, updates), state: next };
  });
  try {
    let [potentials, state] = [start, optimizer.init(start)];
    for (let iteration = 0; ; iteration++) {
      signal?.throwIfAborted();
      const next = await program(potentials, state);
      if (iteration > 0) onIteration?.({ iteration, objective: -(await next.loss.item()) });
      const slopes = await Promise.all(next.steepest.map((each) => each.item()));
      const converged = Math.max(...slopes) <= tolerance;
      if (converged || iteration === maxIterations) return { potentials, iterations: iteration, converged };
      [potentials, state] = [next.potentials, next.state];
    }
  } finally {
    await program.release();
  }
}

async function measured(
  plan: Tensor,
  { cost, a, b, k }: SparseTransportProblem,
  { alpha, beta }: TransportPotentials,
) {
  const x = alpha.reshape([alpha.size, 1]).sub(cost);
  const [transport, byColumn, prices] = await Promise.all([
    copy(plan),
    plan.transpose().toArray() as Promise<number[][]>,
    (beta ? x.add(beta) : x).transpose().toArray() as Promise<number[][]>,
  ]);
  const nonzerosPerColumn = byColumn.map((column) => column.filter((mass) => mass > 0).length);
  const gaps = prices.map((column, j) => {
    const [last, next] = column.toSorted((p, q) => q - p).slice(k - 1, k + 1);
    return nonzerosPerColumn[j]! < k || next === undefined ? Number.POSITIVE_INFINITY : last! - next;
  });
  return {
    plan: transport,
    transportCost: await transport.mul(cost).sum().item(),
    nonzerosPerColumn,
    rowError: await transport.sum({ axis: 1 }).sub(a).abs().sum().item(),
    columnError: await transport.sum({ axis: 0 }).sub(b).abs().sum().item(),
    tieGap: Math.min(...gaps),
  };
}
