import {
  add,
  compile,
  concat,
  type DType,
  full,
  grad,
  jvp,
  leavesOf,
  reshape,
  type Tensor,
  tensor,
} from '@evenkeel/tensor';
import { conjugateGradients } from './conjugateGradients.js';
import {
  type BilevelPoint,
  type BilevelProblem,
  derivativesOf,
  type ProblemConstant,
  requireProblem,
  requireStrongConvexity,
} from './problem.js';
import { nesterov } from './solvers.js';
import { spectralNorm } from './spectralNorm.js';
import { norm, plus, scaled } from './vectors.js';

/** An inexact solution of the lower problem, with the upper loss there. */
export interface LowerSolution<X> {
  readonly x: X;
  /** |∇ₓh| / μ ≥ |x - x̂(θ)|: at most the accuracy asked for, unless the solver came to its most iterations. */
  readonly accuracy: number;
  readonly iterations: number;
  /** g(x) + r(θ) */
  readonly value: number;
  /** |∇g(x)| */
  readonly gradientNorm: number;
}

/** An inexact hypergradient z, and what bounds its error. */
export interface Hypergradient<X, Theta> {
  /** z = -J(x)ᵀ q + ∇r(θ) */
  readonly z: Theta;
  /** H(x) q ≈ ∇g(x), like x. */
  readonly q: X;
  /** |z| */
  readonly norm: number;
  /** |H q - ∇g(x)|: at most δ, unless conjugate gradients came to their most iterations. */
  readonly residual: number;
  readonly iterations: number;
  readonly strongConvexity: number;
  readonly mixedNorm: number;
  readonly mixedLipschitz: number;
  readonly inverseHessianLipschitz: number;
}

/** All that the outer methods ask of a problem. */
export interface BilevelOracle<X, Theta> {
  /** L_g */
  readonly upperSmoothness: number;
  /** Solves the lower problem from x on to the accuracy eps. */
  solve(x: X, theta: Theta, eps: number): Promise<LowerSolution<X>>;
  /** The hypergradient at x, its linear system solved to the residual delta. */
  hypergradient(x: X, theta: Theta, delta: number): Promise<Hypergradient<X, Theta>>;
  /** θ - stepSize · z */
  move(theta: Theta, z: Theta, stepSize: number): Promise<Theta>;
  /** Frees the compiled graphs. */
  release(): Promise<void>;
}

export interface OracleOptions<Theta = unknown> {
  /** Most iterations of the lower solver in a call; 2,000 unless said. */
  readonly lowerIterations?: number;
  /** Most iterations of conjugate gradients; 2,000 unless said. */
  readonly adjointIterations?: number;
  /**
   * Whether the constants of the descent test are computed, of which |J| is some work; true unless said. Without them
   * they count as 0.
   */
  readonly bounds?: boolean;
  /** Where every step is projected to; nowhere unless said. Traced. */
  readonly project?: (theta: Theta) => Theta;
}

/**
 * The oracle of a problem: three compiled graphs, each with its iterations as a loop of its own, so that one outer step
 * takes a handful of calls.
 * @param start where it begins: only shapes and dtypes count
 * @throws RangeError for constants out of range, ShapeError for a start without float tensors of one dtype; when called,
 *   RangeError for a lower loss that is not strongly convex
 */
export function bilevelOracle<X, Theta>(
  problem: BilevelProblem<X, Theta>,
  start: BilevelPoint<X, Theta>,
  options: OracleOptions<Theta> = {},
): BilevelOracle<X, Theta> {
  requireProblem('bilevelOracle', problem, start, options.bounds ?? true);
  const { dtype } = leavesOf(start.x)[0]!;
  const scalar = (value: number) => tensor(value, dtype);
  const solve = compile(solveGraph(problem, dtype, options));
  const hypergradient = compile(hypergradientGraph(problem, dtype, options));
  const { project = (theta: Theta) => theta } = options;
  const move = compile((theta: Theta, z: Theta, stepSize: Tensor) => project(plus(theta, stepSize.neg(), z)));
  return {
    upperSmoothness: problem.upper.smoothness,
    async solve(x, theta, eps) {
      const { x: found, numbers } = await solve(x, theta, scalar(eps));
      const { strongConvexity, ...rest } = await named(numbers, solutionNumbers);
      requireStrongConvexity('bilevelOracle', strongConvexity);
      return { x: found, ...rest };
    },
    async hypergradient(x, theta, delta) {
      const { z, q, numbers } = await hypergradient(x, theta, scalar(delta));
      const { curvature, ...rest } = await named(numbers, hypergradientNumbers);
      if (curvature <= 0) {
        throw new RangeError(
          `bilevelOracle: the lower loss must be strongly convex in x, but conjugate gradients met the curvature ${curvature}`,
        );
      }
      return { z, q, ...rest };
    },
    move: (theta, z, stepSize) => move(theta, z, scalar(stepSize)),
    async release() {
      await Promise.all([solve.release(), hypergradient.release(), move.release()]);
    },
  };
}

/** The solution from which an outer method begins. @throws RangeError for an upper loss that is not finite */
export async function solveStart<X, Theta>(
  name: string,
  oracle: BilevelOracle<X, Theta>,
  { x, theta }: BilevelPoint<X, Theta>,
  eps: number,
): Promise<LowerSolution<X>> {
  const solution = await oracle.solve(x, theta, eps);
  if (!Number.isFinite(solution.value)) {
    throw new RangeError(`${name}: the upper loss must be finite at the start, got ${solution.value}`);
  }
  return solution;
}

/** Scalars as one tensor, which is read at once. */
const together = <Name extends string>(
  names: readonly Name[],
  scalars: Readonly<Record<Name, Tensor>>,
): Tensor => concat(names.map((name) => reshape(scalars[name], [1])));

async function named<Name extends string>(
  numbers: Tensor,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const elements = await numbers.data();
  return Object.fromEntries(names.map((name, i) => [name, Number(elements[i])])) as Record<Name, number>;
}

const constantAt = <Point extends readonly unknown[]>(
  constant: ProblemConstant<Point> | undefined,
  dtype: DType,
  ...point: Point
): Tensor => (typeof constant === 'function' ? constant(...point) : full([], constant ?? 0, dtype));

const solutionNumbers = ['accuracy', 'iterations', 'value', 'gradientNorm', 'strongConvexity'] as const;

/** (x, θ, ε) ↦ the solution and its numbers. */
function solveGraph<X, Theta>(
  problem: BilevelProblem<X, Theta>,
  dtype: DType,
  { lowerIterations = 2000 }: OracleOptions<Theta>,
) {
  const { lower, upper } = problem;
  const { gradient, upperGradient } = derivativesOf(problem);
  return (from: X, theta: Theta, eps: Tensor) => {
    const strongConvexity = constantAt(lower.strongConvexity, dtype, theta);
    const { x, gradientNorm, iterations } = (lower.solver ?? nesterov)((at: X) => gradient(at, theta), from, {
      tolerance: eps.mul(strongConvexity),
      strongConvexity,
      smoothness: constantAt(lower.smoothness, dtype, theta),
      maximum: lowerIterations,
    });
    const loss = upper.loss(x);
    const numbers = together(solutionNumbers, {
      accuracy: gradientNorm.div(strongConvexity),
      iterations,
      value: upper.regularizer ? add(loss, upper.regularizer(theta)) : loss,
      gradientNorm: norm(upperGradient(x)),
      strongConvexity,
    });
    return { x, numbers };
  };
}

const hypergradientNumbers = [
  'norm',
  'residual',
  'iterations',
  'curvature',
  'strongConvexity',
  'mixedNorm',
  'mixedLipschitz',
  'inverseHessianLipschitz',
] as const;

/** (x, θ, δ) ↦ z and its numbers. */
function hypergradientGraph<X, Theta>(
  problem: BilevelProblem<X, Theta>,
  dtype: DType,
  { adjointIterations = 2000, bounds = true }: OracleOptions<Theta>,
) {
  const { lower, upper } = problem;
  const { gradient, hessianVector, mixedTransposed, upperGradient } = derivativesOf(problem);
  const mixedNormAt = (x: X, theta: Theta) =>
    spectralNorm(
      (v: Theta) => mixedTransposed(x, theta, jvp((at: Theta) => gradient(x, at), theta, v)[1]),
      theta,
    );
  return (x: X, theta: Theta, delta: Tensor) => {
    const {
      solution: q,
      residual,
      iterations,
      curvature,
    } = conjugateGradients((v: X) => hessianVector(x, theta, v), upperGradient(x), {
      tolerance: delta,
      maximum: adjointIterations,
    });
    const pulled = scaled(mixedTransposed(x, theta, q), full([], -1, dtype));
    const { regularizer } = upper;
    const z = regularizer
      ? plus(pulled, full([], 1, dtype), grad((at: Theta) => regularizer(at))(theta))
      : pulled;
    const atPoint = (constant: ProblemConstant<[X, Theta]> | undefined) =>
      constantAt(bounds ? constant : 0, dtype, x, theta);
    const numbers = together(hypergradientNumbers, {
      norm: norm(z),
      residual,
      iterations,
      curvature,
      strongConvexity: constantAt(lower.strongConvexity, dtype, theta),
      mixedNorm: atPoint(lower.mixedNorm ?? mixedNormAt),
      mixedLipschitz: atPoint(lower.mixedLipschitz),
      inverseHessianLipschitz: atPoint(lower.inverseHessianLipschitz),
    });
    return { z, q, numbers };
  };
}
