import {
  formatShape,
  grad,
  isFloat,
  leavesOf,
  mapPlaces,
  ShapeError,
  sameShape,
  Tensor,
  vjp,
} from '@evenkeel/tensor';
import type { LowerSolver } from './solvers.js';
import { dot } from './vectors.js';

/** A number, or a function of the point where it is wanted: traced, a scalar of the dtype of x. */
export type ProblemConstant<Point extends readonly unknown[]> = number | ((...point: Point) => Tensor);

/**
 * Training, for hyperparameters θ: x̂(θ) = argmin over x of h(x, θ). x and θ are trees of tensors. All functions here are
 * traced, so that they run as compiled graphs.
 */
export interface LowerProblem<X, Theta> {
  /** h, twice differentiable and strongly convex in x: a scalar. */
  loss(x: X, theta: Theta): Tensor;
  /** μ > 0: h(·, θ) is μ-strongly convex. */
  readonly strongConvexity: ProblemConstant<[theta: Theta]>;
  /** L ≥ μ: the gradient of h by x is L-Lipschitz in x. The solvers take their step from it. */
  readonly smoothness: ProblemConstant<[theta: Theta]>;
  /** `nesterov` unless said. */
  readonly solver?: LowerSolver;
  /** ∇ₓh(x, θ), like x; by differentiation unless said. */
  gradient?(x: X, theta: Theta): X;
  /** H(x) v with H = ∂²h / ∂x², like x; by differentiation unless said. */
  hessianVector?(x: X, theta: Theta, v: X): X;
  /** J(x)ᵀ q with J = ∂²h / ∂x∂θ, like θ; by differentiation unless said. */
  mixedTransposed?(x: X, theta: Theta, q: X): Theta;
  /** |J|, the spectral norm; by power iteration unless said. */
  readonly mixedNorm?: ProblemConstant<[x: X, theta: Theta]>;
  /** Lipschitz constant of J in x, or an estimator: 0 for a quadratic h. Only the descent test asks for it. */
  readonly mixedLipschitz?: ProblemConstant<[x: X, theta: Theta]>;
  /** Lipschitz constant of H⁻¹ in x, or an estimator: 0 for a quadratic h. Only the descent test asks for it. */
  readonly inverseHessianLipschitz?: ProblemConstant<[x: X, theta: Theta]>;
}

/** Validation: g(x̂(θ)) + r(θ) is to become small. */
export interface UpperProblem<X, Theta> {
  /** g: a scalar. */
  loss(x: X): Tensor;
  /** L_g ≥ 0: the gradient of g is L_g-Lipschitz. */
  readonly smoothness: number;
  /** ∇g(x), like x; by differentiation unless said. */
  gradient?(x: X): X;
  /** r, smooth: a scalar. None unless said. */
  regularizer?(theta: Theta): Tensor;
}

/**
 * min over θ of f(θ) = g(x̂(θ)) + r(θ). Several training problems are one: x holds the variables of all of them, h is the
 * sum of their losses and g the mean of their validation losses; what bounds the whole then bounds the mean.
 */
export interface BilevelProblem<X, Theta> {
  readonly lower: LowerProblem<X, Theta>;
  readonly upper: UpperProblem<X, Theta>;
}

/** Where one begins. */
export interface BilevelPoint<X, Theta> {
  readonly x: X;
  readonly theta: Theta;
}

/**
 * The derivatives of a problem: its own, or those of the engine.
 * @throws (when traced) ShapeError for own ones that do not have the form of x or θ
 */
export function derivativesOf<X, Theta>({ lower, upper }: BilevelProblem<X, Theta>) {
  const ownGradient = lower.gradient;
  const gradient: (x: X, theta: Theta) => X = ownGradient
    ? (x, theta) => like('lower.gradient', ownGradient(x, theta), x)
    : grad((x: X, theta: Theta) => lower.loss(x, theta));
  const { hessianVector, mixedTransposed } = lower;
  const upperGradient = upper.gradient;
  return {
    gradient,
    hessianVector: (x: X, theta: Theta, v: X): X =>
      hessianVector
        ? like('lower.hessianVector', hessianVector(x, theta, v), x)
        : // The gradient's derivative along v, so that an own gradient is made use of.
          grad((at: X) => dot(gradient(at, theta), v))(x),
    mixedTransposed: (x: X, theta: Theta, q: X): Theta =>
      mixedTransposed
        ? like('lower.mixedTransposed', mixedTransposed(x, theta, q), theta)
        : vjp((at: Theta) => gradient(x, at), theta)[1](q),
    upperGradient: (x: X): X =>
      upperGradient ? like('upper.gradient', upperGradient(x), x) : grad((at: X) => upper.loss(at))(x),
  };
}

/** The tree, if it has the form of another one: shapes that broadcast would go unnoticed. */
function like<T>(name: string, tree: T, expected: T): T {
  mapPlaces(
    (leaf, [other], path) => {
      if (other instanceof Tensor && sameShape(leaf.shape, other.shape) && leaf.dtype === other.dtype) {
        return leaf;
      }
      throw new ShapeError(`${name}: expected ${leaf}${path && ` at ${path}`}, got ${other}`);
    },
    expected,
    tree,
  );
  return tree;
}

/** @throws RangeError for constants out of range or, for bounds, missing ones; ShapeError for a start without float tensors */
export function requireProblem<X, Theta>(
  name: string,
  { lower, upper }: BilevelProblem<X, Theta>,
  start: BilevelPoint<X, Theta>,
  bounds: boolean,
): void {
  const { strongConvexity: mu, smoothness } = lower;
  if (typeof mu === 'number') requireStrongConvexity(name, mu);
  if (typeof smoothness === 'number' && !(smoothness > 0 && smoothness < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: lower.smoothness must be positive and finite, got ${smoothness}`);
  }
  if (typeof mu === 'number' && typeof smoothness === 'number' && smoothness < mu) {
    throw new RangeError(
      `${name}: lower.smoothness must be at least lower.strongConvexity, got ${smoothness} and ${mu}`,
    );
  }
  const { mixedNorm, mixedLipschitz, inverseHessianLipschitz } = lower;
  if (bounds && (mixedLipschitz === undefined || inverseHessianLipschitz === undefined)) {
    throw new RangeError(
      `${name}: the descent test needs lower.mixedLipschitz and lower.inverseHessianLipschitz: 0 for a quadratic loss, or an estimator; else switch it off by checkDescent: false`,
    );
  }
  const rest = {
    'lower.mixedNorm': mixedNorm,
    'lower.mixedLipschitz': mixedLipschitz,
    'lower.inverseHessianLipschitz': inverseHessianLipschitz,
    'upper.smoothness': upper.smoothness,
  };
  for (const [what, value] of Object.entries(rest)) {
    if (typeof value === 'number') requireNotNegative(name, what, value);
  }
  for (const what of ['x', 'theta'] as const) {
    const leaves = leavesOf(start[what]);
    const odd = leaves.find((leaf) => !isFloat(leaf.dtype) || leaf.dtype !== leavesOf(start.x)[0]!.dtype);
    if (leaves.length === 0 || odd) {
      throw new ShapeError(
        `${name}: ${what} must hold tensors of one float dtype, got ${odd ? `${odd.dtype} ${formatShape(odd.shape)}` : 'none'}`,
      );
    }
  }
}

/** @throws RangeError unless positive and finite */
export function requireStrongConvexity(name: string, mu: number): void {
  if (!(mu > 0 && mu < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: lower.strongConvexity must be positive and finite, got ${mu}`);
  }
}

/** @throws RangeError unless finite and not negative */
export function requireNotNegative(name: string, what: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: ${what} must be finite and not negative, got ${value}`);
  }
}
