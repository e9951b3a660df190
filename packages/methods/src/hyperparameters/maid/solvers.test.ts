import { noisyRectangles, toTensors } from '@evenkeel/nn';
import { compile, grad, jvp, matMul, normal, randomKey, type Tensor, tensor, zeros } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { conjugateGradients } from './conjugateGradients.js';
import { denoisingProblem, smoothedTotalVariation } from './denoising.js';
import {
  bilevelOracle,
  gradientDescent,
  hypergradientErrorBound,
  type LowerSolver,
  nesterov,
} from './index.js';
import { spectralNorm } from './spectralNorm.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const distance = async (a: Tensor, b: Tensor) => a.sub(b).square().sum().sqrt().item();
/** Eigenvalues 1, 4 and 100. */
const curved = float64([
  [1, 0, 0],
  [0, 4, 0],
  [0, 0, 100],
]);
const target = float64([1, -2, 3]);

const solveWith = (solver: LowerSolver, tolerance: number, maximum = 5000) =>
  compile(() =>
    solver((x: Tensor) => matMul(curved, x.sub(target)), zeros([3], 'float64'), {
      ...{ tolerance: float64(tolerance), strongConvexity: float64(1), smoothness: float64(100), maximum },
    }),
  )();

describe('solvers', () => {
  it.each([
    ['nesterov', nesterov],
    ['gradient descent', gradientDescent],
  ] as const)('%s: |∇h| ≤ ε μ brings x within ε of the solution', async (_, solver) => {
    for (const eps of [1, 1e-3, 1e-9]) {
      const { x, gradientNorm } = await solveWith(solver, eps);
      expect(await gradientNorm.item()).toBeLessThanOrEqual(eps);
      expect(await distance(x, target)).toBeLessThanOrEqual(eps);
    }
  });

  it('take fewer iterations with momentum, none at the solution, and at most as many as allowed', async () => {
    const [fast, slow] = [await solveWith(nesterov, 1e-6), await solveWith(gradientDescent, 1e-6)];
    expect(await fast.iterations.item()).toBeLessThan(0.5 * (await slow.iterations.item()));
    expect(await (await solveWith(nesterov, 1e6)).iterations.item()).toBe(0);
    const cut = await solveWith(nesterov, 1e-6, 5);
    expect(await cut.iterations.item()).toBe(5);
    expect(await cut.gradientNorm.item()).toBeGreaterThan(1e-6);
  });
});

describe('conjugate gradients', () => {
  const solve = (matrix: Tensor, tolerance: number) =>
    compile(() =>
      conjugateGradients((v: Tensor) => matMul(matrix, v), target, {
        tolerance: float64(tolerance),
        maximum: 50,
      }),
    )();

  it('end with the dimension, at a residual below the tolerance', async () => {
    const { solution, iterations, curvature, residual } = await solve(curved, 1e-9);
    expect(await iterations.item()).toBe(3);
    expect(await residual.item()).toBeLessThanOrEqual(1e-9);
    expect(await distance(matMul(curved, solution), target)).toBeLessThan(1e-9);
    expect(await curvature.item()).toBeGreaterThanOrEqual(1);
    const coarse = await solve(curved, 10);
    expect(await coarse.iterations.item()).toBe(0);
    expect(await coarse.residual.item()).toBeCloseTo(Math.sqrt(14), 12);
  });

  it('stop where the matrix is not positive definite, and say so', async () => {
    const { curvature, iterations } = await solve(curved.neg(), 1e-9);
    expect(await curvature.item()).toBeLessThan(0);
    expect(await iterations.item()).toBe(1);
  });
});

describe('the spectral norm', () => {
  it('is the largest singular value, and 0 of a map that is zero', async () => {
    const matrix = float64([
      [3, 0],
      [4, 5],
    ]);
    const gram = (v: Tensor) => matMul(matrix.transpose(), matMul(matrix, v));
    expect(await spectralNorm(gram, zeros([2], 'float64')).item()).toBeCloseTo(Math.sqrt(45), 8);
    for (const dtype of ['float32', 'float64'] as const) {
      expect(await spectralNorm((v: Tensor) => v.mul(0), zeros([2], dtype)).item()).toBe(0);
    }
  });
});

describe('total-variation denoising', () => {
  const pairs = toTensors(noisyRectangles({ seed: 0, samples: 2, size: 8 }).columns);
  const problem = denoisingProblem(pairs);
  const start = { x: pairs.noisy, theta: float64([-2, -1.5]) };
  const [weight, nu] = [Math.exp(-2), Math.exp(-1.5)];

  it('measures lengths of gradients', async () => {
    const x = float64([
      [
        [
          [0, 0, 0],
          [0, 3, 0],
          [0, 0, 0],
        ],
      ],
    ]);
    // A spike is left twice towards it and once away from it, in a corner.
    const expected = 2 * 3 + Math.hypot(3, 3);
    expect(await smoothedTotalVariation(x, float64(0)).item()).toBeCloseTo(expected, 12);
    expect(await smoothedTotalVariation(x.mul(0), float64(0.5)).item()).toBeCloseTo(4.5, 12);
  });

  it('has the constants that it says', async () => {
    const { lower } = problem;
    const at = { x: start.x, theta: start.theta };
    const constant = async (which: 'smoothness' | 'mixedLipschitz' | 'inverseHessianLipschitz') => {
      const oracle = bilevelOracle(problem, at);
      const { mixedLipschitz, inverseHessianLipschitz } = await oracle.hypergradient(at.x, at.theta, 1);
      const smoothness = await (lower.smoothness as (theta: Tensor) => Tensor)(at.theta).item();
      return { smoothness, mixedLipschitz, inverseHessianLipschitz }[which];
    };
    expect(await constant('smoothness')).toBeCloseTo(1 + (8 * weight) / nu, 10);
    const slope = grad((x: Tensor) => lower.loss(x, start.theta));
    const hessian = (x: Tensor) => (v: Tensor) => grad((at: Tensor) => slope(at).mul(v).sum())(x);
    const largest = (map: (v: Tensor) => Tensor) => spectralNorm((v: Tensor) => map(map(v)), start.x).item();
    // Flat pictures bend the most.
    const flat = start.x.mul(0);
    expect(await largest(hessian(flat))).toBeLessThanOrEqual(await constant('smoothness'));
    expect(await largest(hessian(flat))).toBeGreaterThan(0.8 * (await constant('smoothness')));
    for (const seed of [1, 2, 3]) {
      const shift = normal(randomKey(seed), start.x.shape, { dtype: 'float64' }).mul(0.05);
      const change = await largest((v) => hessian(flat.add(shift))(v).sub(hessian(flat)(v)));
      const length = await shift.square().sum().sqrt().item();
      const jacobian = (x: Tensor, v: Tensor) =>
        jvp((theta: Tensor) => grad((at: Tensor) => lower.loss(at, theta))(x), start.theta, v)[1];
      for (const v of [float64([1, 0]), float64([0, 1]), float64([0.6, -0.8])]) {
        const moved = await distance(jacobian(flat.add(shift), v), jacobian(flat, v));
        expect(moved).toBeLessThanOrEqual((await constant('mixedLipschitz')) * length);
      }
      // μ = 1, so that H⁻¹ changes at most as H does.
      expect(change).toBeLessThanOrEqual((await constant('inverseHessianLipschitz')) * length);
    }
  });

  it('has hypergradients that are off by ω at most', async () => {
    const oracle = bilevelOracle(problem, start);
    const { x: exactX } = await oracle.solve(start.x, start.theta, 1e-11);
    const { z: exactZ } = await oracle.hypergradient(exactX, start.theta, 1e-11);
    for (const eps of [1, 0.1, 1e-3]) {
      const { x, gradientNorm } = await oracle.solve(start.x, start.theta, eps);
      expect(await distance(x, exactX)).toBeLessThanOrEqual(eps);
      const delta = eps / 10;
      const gradient = await oracle.hypergradient(x, start.theta, delta);
      const { upperSmoothness } = oracle;
      const omega = hypergradientErrorBound({
        ...{ ...gradient, eps, delta, upperSmoothness, upperGradientNorm: gradientNorm },
      });
      expect(await distance(gradient.z, exactZ)).toBeLessThanOrEqual(omega);
    }
  });
});
