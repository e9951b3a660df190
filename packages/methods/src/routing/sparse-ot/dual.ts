import { formatShape, relu, requireFloat, ShapeError, sum, type Tensor } from '@evenkeel/tensor';
import { known, requirePositive, requireWhole } from '../checks.js';
import { keepLargest, projectSparseSimplex, topKSquaredConjugate } from './projection.js';

/**
 * To carry masses a to masses b at the least cost, with at most k nonzeros in each column of the plan:
 *
 *   min over T ≥ 0, T 1 = a, Tᵀ 1 = b, ‖t_j‖₀ ≤ k  of  ⟨T, C⟩ + (γ/2) ‖T‖²   (arXiv 2209.15466)
 */
export interface SparseTransportProblem {
  /** C, float `[m, n]`. With experts, rows are tokens, columns are experts and costs are what speaks against a pair. */
  readonly cost: Tensor;
  /** Masses of the rows, `[m]`, not negative. */
  readonly a: Tensor;
  /** Masses of the columns, `[n]`, positive; their sum is that of `a`. */
  readonly b: Tensor;
  /** Most nonzeros of a column, at least 1; above m it means m. */
  readonly k: number;
  /** γ, positive: how far masses are spread. */
  readonly gamma: number;
}

/** A concave function at given potentials, and the plan that belongs to them. */
export interface SparseTransportPoint {
  /** Scalar. */
  readonly objective: Tensor;
  /** `[m, n]`. */
  readonly plan: Tensor;
}

/** @throws RangeError and ShapeError for what the problem's fields do not allow, values as far as they are known */
export function requireProblem(name: string, { cost, a, b, k, gamma }: SparseTransportProblem): void {
  for (const each of [cost, a, b]) requireFloat(name, each);
  requireWhole(name, 'k', k, [1, Number.POSITIVE_INFINITY]);
  requirePositive(name, 'gamma', gamma);
  if (cost.rank !== 2 || cost.size === 0) {
    throw new ShapeError(`${name}: expected a cost [rows, columns], got ${formatShape(cost.shape)}`);
  }
  for (const [field, given, length] of [
    ['a', a, cost.length(0)],
    ['b', b, cost.length(1)],
  ] as const) {
    if (given.rank === 1 && given.length(0) === length) continue;
    throw new ShapeError(
      `${name}: ${field}: expected [${length}] for a cost ${formatShape(cost.shape)}, got ${formatShape(given.shape)}`,
    );
  }
  const wrongCost = known(cost).find((each) => !Number.isFinite(each));
  if (wrongCost !== undefined) throw new RangeError(`${name}: costs must be finite, got ${wrongCost}`);
  const [rows, columns] = [known(a), known(b)];
  const wrongRow = rows.find((each) => !(each >= 0 && each < Number.POSITIVE_INFINITY));
  if (wrongRow !== undefined) throw new RangeError(`${name}: a must not be negative, got ${wrongRow}`);
  const wrongColumn = columns.find((each) => !(each > 0 && each < Number.POSITIVE_INFINITY));
  if (wrongColumn !== undefined) throw new RangeError(`${name}: b must be positive, got ${wrongColumn}`);
  const [supply, demand] = [rows, columns].map((all) => all.reduce((total, each) => total + each, 0));
  if (rows.length > 0 && columns.length > 0 && Math.abs(supply! - demand!) > 1e-5 * demand!) {
    throw new RangeError(`${name}: a and b must have the same sum, got ${supply} and ${demand}`);
  }
}

function requirePotentials(name: string, field: string, potentials: Tensor, length: number): void {
  if (potentials.rank !== 1 || potentials.length(0) !== length) {
    throw new ShapeError(`${name}: ${field}: expected [${length}], got ${formatShape(potentials.shape)}`);
  }
}

/**
 * The semi-dual, which keeps the masses of the columns and prices those of the rows:
 *
 *   S(α) = ⟨α, a⟩ - Σ_j b_j max_j(α - c_j),  max_j(x) = y_j · x - (γ b_j / 2) ‖y_j‖²,  y_j = P_k(x / (γ b_j)),  t_j = b_j y_j
 *
 * The plan has the columns' masses and at most k nonzeros in each at any α. The gradient by α is a - T 1 and that by C is
 * T; at a maximum without ties the rows' masses are met too, and the plan is optimal. S(α + c 1) = S(α).
 * @param alpha `[m]`
 * @throws RangeError and ShapeError for what does not fit, values as far as they are known; DTypeError for integers
 */
export function sparseTransportSemiDual(
  problem: SparseTransportProblem,
  alpha: Tensor,
): SparseTransportPoint {
  const { cost, a, b, k, gamma } = problem;
  requireProblem('sparseTransportSemiDual', problem);
  requirePotentials('sparseTransportSemiDual', 'alpha', alpha, cost.length(0));
  // Columns as rows, since what is done to each runs along the last axis.
  const x = alpha.sub(cost.transpose());
  const widths = b.mul(gamma).reshape([cost.length(1), 1]);
  const y = projectSparseSimplex(x.div(widths), k);
  const best = sum(y.mul(x).sub(y.square().mul(widths).div(2)), { axis: -1 });
  return {
    objective: alpha.mul(a).sum().sub(best.mul(b).sum()),
    plan: y.transpose().mul(b),
  };
}

/**
 * The dual, which prices the masses of rows and columns:
 *
 *   D(α, β) = ⟨α, a⟩ + ⟨β, b⟩ - Σ_j δ(α + β_j 1 - c_j)   with δ of `topKSquaredConjugate`,  t_j = ∇δ
 *
 * D(α, β) ≤ S(α), with equality at the best β. The gradients are a - T 1 and b - Tᵀ 1.
 * @param alpha `[m]`
 * @param beta `[n]`
 * @throws as `sparseTransportSemiDual`
 */
export function sparseTransportDual(
  problem: SparseTransportProblem,
  alpha: Tensor,
  beta: Tensor,
): SparseTransportPoint {
  const { cost, a, b, k, gamma } = problem;
  requireProblem('sparseTransportDual', problem);
  requirePotentials('sparseTransportDual', 'alpha', alpha, cost.length(0));
  requirePotentials('sparseTransportDual', 'beta', beta, cost.length(1));
  const x = alpha.add(beta.reshape([cost.length(1), 1])).sub(cost.transpose());
  return {
    objective: alpha
      .mul(a)
      .sum()
      .add(beta.mul(b).sum())
      .sub(topKSquaredConjugate(x, k, gamma).sum()),
    plan: keepLargest(relu(x), Math.min(k, cost.length(0)))
      .transpose()
      .div(gamma),
  };
}
