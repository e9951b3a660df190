import { bilevelQuadratic, toTensors } from '@evenkeel/nn';
import { copy, matMul, solve, type Tensor, tensor, zeros } from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  type BilevelOracle,
  type BilevelProblem,
  bilevelOracle,
  fixedAccuracySteps,
  hoagSteps,
  hypergradientErrorBound,
  type MaidOptions,
  maid,
  maidSteps,
  sufficientDecrease,
  upperBracket,
} from './index.js';
import { type QuadraticTerms, quadraticProblem, quadraticValues } from './quadratic.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const distance = async (a: Tensor, b: Tensor) => a.sub(b).square().sum().sqrt().item();

/** Far below what float64 losses can tell. */
const exactly = 1e-13;

/** A small quadratic problem, where it begins, and its closed form. */
async function quadratic(seed = 0) {
  const terms = toTensors(
    bilevelQuadratic({ seed, rows: 20, unknowns: 4, hyperparameters: 3, noise: 0.3 }).columns,
  );
  const problem = await quadraticProblem(terms);
  const start = { x: zeros([4], 'float64'), theta: float64([1, -1, 0.5]) };
  return { terms, problem, start, ...(await quadraticValues(terms)), oracle: bilevelOracle(problem, start) };
}

/** h = ½ (x - θ)², g = ½ (x - 3)², both for one number. */
const scalarProblem: BilevelProblem<Tensor, Tensor> = {
  lower: {
    loss: (x, theta) => x.sub(theta).square().sum().div(2),
    strongConvexity: 1,
    smoothness: 1,
    mixedLipschitz: 0,
    inverseHessianLipschitz: 0,
  },
  upper: { loss: (x) => x.sub(3).square().sum().div(2), smoothness: 1 },
};
const scalarStart = { x: float64([0]), theta: float64([1]) };

async function collect<Step, Status>(steps: AsyncGenerator<Step, Status, void>) {
  const taken: Step[] = [];
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) taken.push(next.value);
  return { steps: taken, status: next.value };
}

// biome-ignore lint/suspicious/noExplicitAny: the inputs of a golden case.
const termsOf = ({ A1, A2, A3, b1, b2 }: any) => ({
  a1: float64(A1),
  a2: float64(A2),
  a3: float64(A3),
  b1: float64(b1),
  b2: float64(b2),
});

/** The oracle of a quadratic problem that solves everything exactly, whatever accuracy is asked for. */
const exact = (
  oracle: BilevelOracle<Tensor, Tensor>,
  { a2, a3, b2 }: Pick<QuadraticTerms, 'a2' | 'a3' | 'b2'>,
): BilevelOracle<Tensor, Tensor> => ({
  ...oracle,
  async solve(_, theta) {
    const x = solve(matMul(a2.transpose(), a2), matMul(a2.transpose(), b2.sub(matMul(a3, theta))));
    return oracle.solve(await copy(x), theta, Number.POSITIVE_INFINITY);
  },
  hypergradient: (x, theta) => oracle.hypergradient(x, theta, exactly),
});

/** Settings as golden files call them. */
const settingNames = [
  ...(['eps0', 'delta0', 'alpha0', 'rho', 'rhoBar', 'nu', 'nuBar', 'eta', 'armijo', 'maxBT'] as const),
  ...(['steps', 'budget', 'tol', 'upperConvex', 'checkDescent'] as const),
];

// biome-ignore lint/suspicious/noExplicitAny: the options of a golden case.
const settingsOf = (options: any): MaidOptions =>
  Object.fromEntries(
    settingNames.flatMap((name) =>
      options[name] === undefined ? [] : [[name === 'tol' ? 'tolerance' : name, options[name]]],
    ),
  );

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    exactHypergradient: {
      async run({ inputs }) {
        const problem = await quadraticProblem(termsOf(inputs));
        const { mixedNorm: _, ...lower } = problem.lower;
        const start = { x: zeros([inputs.A1[0].length], 'float64'), theta: float64(inputs.theta) };
        // Badly conditioned cases take many.
        const oracle = bilevelOracle({ ...problem, lower }, start, { lowerIterations: 20_000 });
        const { x, value } = await oracle.solve(start.x, start.theta, exactly);
        const { z, q, mixedNorm, strongConvexity } = await oracle.hypergradient(x, start.theta, exactly);
        return {
          lowerSolution: await numbersOf(x),
          upperValue: value,
          adjoint: await numbersOf(q),
          hypergradient: await numbersOf(z),
          mu: strongConvexity,
          mixedJacobianNorm: mixedNorm,
          upperLipschitz: problem.upper.smoothness,
        };
      },
    },
    errorBound: {
      run: async ({ inputs }) => ({
        omega: hypergradientErrorBound({
          eps: inputs.eps,
          delta: inputs.delta,
          strongConvexity: inputs.mu,
          upperSmoothness: inputs.upperLipschitz,
          mixedNorm: inputs.mixedJacobianNorm,
          upperGradientNorm: inputs.upperGradNorm,
          inverseHessianLipschitz: inputs.invHessianLipschitz ?? 0,
          mixedLipschitz: inputs.mixedJacobianLipschitz ?? 0,
        }),
      }),
    },
    lineSearch: {
      async run({ inputs, options }) {
        const psi = sufficientDecrease({
          before: { value: inputs.upperOld, gradientNorm: inputs.upperGradNormOld, eps: inputs.epsOld },
          after: { value: inputs.upperNew, gradientNorm: inputs.upperGradNormNew, eps: inputs.epsNew },
          upperSmoothness: inputs.upperLipschitz,
          upperConvex: options.upperConvex,
          stepSize: inputs.stepSize,
          gradientSquare: inputs.gradNormSq,
          armijo: options.armijo,
        });
        return { psi, accept: psi <= 0 };
      },
    },
    traceExactOracle: {
      async run({ inputs, options }) {
        const start = { x: zeros([inputs.A1[0].length], 'float64'), theta: float64(inputs.theta0) };
        const terms = termsOf(inputs);
        const oracle = exact(bilevelOracle(await quadraticProblem(terms), start), terms);
        const trace = [];
        for await (const step of maidSteps(oracle, start, settingsOf(options))) {
          trace.push({
            theta: await numbersOf(step.theta),
            acceptedStep: step.stepSize,
            backtracks: step.backtracks,
            refinements: step.refinements,
            epsUsed: step.eps,
            deltaUsed: step.delta,
            epsNext: step.next.eps,
            deltaNext: step.next.delta,
            stepNext: step.next.stepSize,
            upperValue: step.loss,
          });
        }
        return { trace };
      },
    },
  });
});

describe('the hypergradient', () => {
  it('is the gradient of the closed form when everything is solved exactly', async () => {
    for (const seed of [0, 1, 2]) {
      const { oracle, start, value } = await quadratic(seed);
      const { x } = await oracle.solve(start.x, start.theta, exactly);
      const z = await numbersOf((await oracle.hypergradient(x, start.theta, exactly)).z);
      for (const [i, slope] of z.entries()) {
        const shift = float64([0, 1, 2].map((each) => (each === i ? 1e-4 : 0)));
        const [up, down] = [value(start.theta.add(shift)), value(start.theta.sub(shift))];
        const difference = ((await (await up).item()) - (await (await down).item())) / 2e-4;
        expect(Math.abs(slope - difference)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)));
      }
    }
  });

  it('has a bound that is tight: x̂ = θ, z = -1.9 at x = 1.1 where it should be -2', async () => {
    const oracle = bilevelOracle(scalarProblem, scalarStart);
    const gradient = await oracle.hypergradient(float64([1.1]), scalarStart.theta, 0);
    expect((await numbersOf(gradient.z))[0]).toBeCloseTo(-1.9, 12);
    expect(gradient).toMatchObject({ residual: 0, strongConvexity: 1 });
    expect(gradient.mixedNorm).toBeCloseTo(1, 12);
    const terms = { ...gradient, delta: 0, upperSmoothness: 1, upperGradientNorm: 1.9 };
    expect(hypergradientErrorBound({ ...terms, eps: 0.1 })).toBeCloseTo(0.1, 12);
    expect(hypergradientErrorBound({ ...terms, eps: 0.1, delta: 0.2 })).toBeCloseTo(0.3, 12);
  });

  it('is off by ω at most, for x anywhere within ε and any residual within δ', async () => {
    const { oracle, start } = await quadratic();
    const { x: exactX } = await oracle.solve(start.x, start.theta, exactly);
    const { z: exactZ } = await oracle.hypergradient(exactX, start.theta, exactly);
    const direction = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    const small = fc.double({ min: 1e-6, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(direction, small, small, async (towards, eps, delta) => {
        const length = Math.max(Math.hypot(...towards), 1e-9);
        const x = exactX.add(float64(towards.map((each) => (each / length) * eps)));
        const gradient = await oracle.hypergradient(x, start.theta, delta);
        expect(gradient.residual).toBeLessThanOrEqual(delta);
        const { gradientNorm } = await oracle.solve(x, start.theta, 1e9);
        const { upperSmoothness } = oracle;
        const omega = hypergradientErrorBound({
          ...{ ...gradient, eps, delta, upperSmoothness, upperGradientNorm: gradientNorm },
        });
        expect(await distance(gradient.z, exactZ)).toBeLessThanOrEqual(omega * (1 + 1e-9));
      }),
      { numRuns: 40 },
    );
  });

  it('scales with g, and so does its bound, when δ scales too', async () => {
    const { problem, start } = await quadratic();
    const scale = 7;
    const { loss, smoothness } = problem.upper;
    const upper = { loss: (x: Tensor) => loss(x).mul(scale), smoothness: smoothness * scale };
    const [one, other] = [problem, { ...problem, upper }].map((each) => bilevelOracle(each, start));
    const [a, b] = [
      await one!.hypergradient(start.x, start.theta, 0.1),
      await other!.hypergradient(start.x, start.theta, 0.1 * scale),
    ];
    expect(await distance(a.z.mul(scale), b.z)).toBeLessThan(1e-9 * b.norm);
    const bound = { ...a, eps: 0.01, delta: 0.1, upperSmoothness: smoothness, upperGradientNorm: 3 };
    const scaled = {
      ...bound,
      delta: 0.1 * scale,
      upperSmoothness: smoothness * scale,
      upperGradientNorm: 21,
    };
    expect(hypergradientErrorBound(scaled)).toBeCloseTo(scale * hypergradientErrorBound(bound), 10);
  });

  it('takes a regularizer of θ into its value and its slope', async () => {
    const { problem, start, oracle } = await quadratic();
    const upper = { ...problem.upper, regularizer: (theta: Tensor) => theta.square().sum() };
    const other = bilevelOracle({ ...problem, upper }, start);
    const [plain, more] = [
      await oracle.solve(start.x, start.theta, 1e-9),
      await other.solve(start.x, start.theta, 1e-9),
    ];
    expect(more.value - plain.value).toBeCloseTo(2.25, 10);
    const [a, b] = [oracle, other].map((each) => each.hypergradient(plain.x, start.theta, 1e-9));
    const difference = (await b!).z.sub((await a!).z);
    expect(await distance(difference, start.theta.mul(2))).toBeLessThan(1e-10);
  });
});

describe('the bounds', () => {
  const terms = {
    ...{
      eps: 0.01,
      delta: 0.02,
      strongConvexity: 0.5,
      upperSmoothness: 2,
      mixedNorm: 3,
      upperGradientNorm: 4,
    },
    ...{ inverseHessianLipschitz: 0, mixedLipschitz: 0 },
  };

  it('are the sums of their terms', () => {
    expect(hypergradientErrorBound(terms)).toBeCloseTo(0.24, 12);
    expect(
      hypergradientErrorBound({ ...terms, inverseHessianLipschitz: 0.7, mixedLipschitz: 0.3 }),
    ).toBeCloseTo(0.34812, 12);
  });

  it('leave the exact test of Armijo where nothing is inexact', () => {
    const exact = { ...terms, eps: 0, delta: 0, inverseHessianLipschitz: 0.7, mixedLipschitz: 0.3 };
    expect(hypergradientErrorBound(exact)).toBe(0);
    const trial = { upperSmoothness: 3, stepSize: 0.2, gradientSquare: 2.25, armijo: 0.1 };
    const [before, after] = [
      { value: 1.2, gradientNorm: 2, eps: 0 },
      { value: 0.8, gradientNorm: 1.5, eps: 0 },
    ];
    expect(sufficientDecrease({ ...trial, before, after })).toBeCloseTo(0.8 - 1.2 + 0.1 * 0.2 * 2.25, 12);
    expect(upperBracket(before, trial)).toEqual([1.2, 1.2]);
    const exactly = { before: { ...before, value: 2 }, after: { ...after, value: 1 }, stepSize: 1 };
    expect(sufficientDecrease({ ...trial, ...exactly, gradientSquare: 2, armijo: 0.5 })).toBe(0);
  });

  it('decide a line search: -0.340754 accepts, 0.1626 refuses', () => {
    const trial = { upperSmoothness: 3, stepSize: 0.2, gradientSquare: 1.4, armijo: 0.1 };
    const [before, after] = [
      { value: 1.2, gradientNorm: 2, eps: 0.008 },
      { value: 0.8, gradientNorm: 1.5, eps: 0.01 },
    ];
    expect(sufficientDecrease({ ...trial, before, after })).toBeCloseTo(-0.340754, 10);
    const coarse = { before: { ...before, value: 1, eps: 0.08 }, after: { ...after, eps: 0.1 } };
    expect(sufficientDecrease({ ...trial, ...coarse })).toBeCloseTo(0.1626, 10);
    const convex = sufficientDecrease({ ...trial, ...coarse, upperConvex: true });
    expect(convex).toBeCloseTo(0.1626 - 1.5 * 0.08 ** 2, 10);
  });

  it('hold the exact loss, and every step taken lowers it by what it promises', async () => {
    for (const options of [{ upperConvex: true }, {}, { eps0: 10, nuBar: 3 }, { checkDescent: false }]) {
      const { oracle, start, value } = await quadratic();
      const armijo = 1e-4;
      const { steps } = await collect(maidSteps(oracle, start, { steps: 40, armijo, ...options }));
      let before = await (await value(start.theta)).item();
      expect(steps.length).toBe(40);
      for (const { theta, bracket, stepSize, gradientNorm, omega } of steps) {
        const after = await (await value(theta)).item();
        const rounding = 1e-11 * Math.abs(before);
        expect(before - after).toBeGreaterThanOrEqual(armijo * stepSize * gradientNorm ** 2 - rounding);
        expect(bracket[0]).toBeLessThanOrEqual(after + rounding);
        expect(bracket[1]).toBeGreaterThanOrEqual(after - rounding);
        if (options.checkDescent !== false) expect(omega).toBeLessThanOrEqual((1 - 1e-4) * gradientNorm);
        before = after;
      }
    }
  });
});

describe('MAID', () => {
  it('comes to the best loss whatever the first accuracy and step', async () => {
    const { oracle, start, value, least } = await quadratic();
    for (const [eps0, alpha0] of [
      [10, 1e-4],
      [1e-1, 1e-2],
      [1e-5, 1e3],
    ] as const) {
      const { steps } = await collect(
        maidSteps(oracle, start, { eps0, alpha0, steps: 300, upperConvex: true }),
      );
      const reached = await (await value(steps.at(-1)!.theta)).item();
      expect(reached - least).toBeLessThan(0.01 * ((await (await value(start.theta)).item()) - least));
    }
  });

  it('tells what it did: work, accuracies and what comes next', async () => {
    const { problem, start } = await quadratic();
    const { history, status, loss, x, theta } = await maid(problem, start, { steps: 5, eps0: 1 });
    expect(status).toBe('steps');
    expect(history.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(x.shape).toEqual([4]);
    expect(theta.shape).toEqual([3]);
    const last = history.at(-1)!;
    expect(loss).toBe(last.loss);
    for (const [i, record] of history.entries()) {
      expect(record.next.eps).toBeCloseTo(1.25 * record.eps, 14);
      expect(record.next.stepSize).toBeCloseTo((10 / 9) * record.stepSize, 14);
      expect(record.adjointIterations).toBeGreaterThan(0);
      const begins = history[i - 1]?.next.eps ?? 1;
      expect(record.eps).toBeCloseTo(begins * 0.5 ** record.refinements, 14);
    }
    expect(history[0]!.lowerIterations).toBeGreaterThan(0);
  });

  const statusOf = async (options: MaidOptions, problem = scalarProblem) =>
    (await maid(problem, scalarStart, { alpha0: 0.5, ...options })).status;

  it('says why it ends', async () => {
    expect(await statusOf({ tolerance: 1e-3, steps: 500 })).toBe('converged');
    expect(await statusOf({ steps: 3 })).toBe('steps');
    expect(await statusOf({ budget: 2, steps: 500 })).toBe('budget');
    // At the best θ no direction passes the descent test, however fine the accuracies.
    expect(await statusOf({ steps: 500, leastAccuracy: 1e-6 })).toBe('stalled');
    // No step can lower a constant.
    const flat = { ...scalarProblem, upper: { loss: (x: Tensor) => x.mul(0).sum(), smoothness: 0 } };
    expect(await statusOf({ steps: 10 }, flat)).toBe('stalled');
    expect(await statusOf({ steps: 10, tolerance: 1e-9 }, flat)).toBe('converged');
  });

  it('refuses trial steps where the loss is not finite, and goes on', async () => {
    const upper = {
      loss: (x: Tensor) => x.sub(3).square().sum().div(2).sub(x.sub(4).neg().log().sum().mul(0)),
      smoothness: 1,
    };
    const { history, loss } = await maid({ ...scalarProblem, upper }, scalarStart, {
      alpha0: 100,
      steps: 60,
    });
    expect(history[0]!.backtracks).toBeGreaterThan(2);
    expect(loss).toBeLessThan(1e-3);
  });

  it('works on trees, in float32, with losses from products of its own', async () => {
    const terms = { a: tensor([1, 2]), b: tensor([[3], [4]]) };
    const calls = { gradient: 0, hessianVector: 0, mixedTransposed: 0, upperGradient: 0 };
    type X = { readonly a: Tensor; readonly b: Tensor };
    type Theta = { readonly scale: Tensor };
    const away = (x: X, theta: Theta) => ({ a: x.a.sub(terms.a.mul(theta.scale)), b: x.b.sub(terms.b) });
    const squares = ({ a, b }: X) => a.square().sum().add(b.square().sum()).div(2);
    const problem: BilevelProblem<X, Theta> = {
      lower: {
        loss: (x, theta) => squares(away(x, theta)),
        ...{ strongConvexity: 1, smoothness: 1, mixedLipschitz: 0, inverseHessianLipschitz: 0 },
      },
      upper: { loss: ({ a, b }) => squares({ a: a.sub(tensor([2, 4])), b }), smoothness: 1 },
    };
    const counted = <Result>(name: keyof typeof calls, result: Result): Result => {
      calls[name]++;
      return result;
    };
    const own: BilevelProblem<X, Theta> = {
      lower: {
        ...problem.lower,
        gradient: (x, theta) => counted('gradient', away(x, theta)),
        hessianVector: (_x, _theta, v) => counted('hessianVector', v),
        mixedTransposed: (_x, _theta, q) =>
          counted('mixedTransposed', { scale: q.a.mul(terms.a).sum().neg() }),
      },
      upper: {
        ...problem.upper,
        gradient: ({ a, b }) => counted('upperGradient', { a: a.sub(tensor([2, 4])), b }),
      },
    };
    const start = { x: { a: tensor([0, 0]), b: tensor([[0], [0]]) }, theta: { scale: tensor(0) } };
    const options = { eps0: 1e-2, alpha0: 0.1, steps: 30 };
    const results = [await maid(problem, start, options), await maid(own, start, options)];
    for (const { theta, loss } of results) {
      expect(await theta.scale.item()).toBeCloseTo(2, 2);
      expect(loss).toBeCloseTo(12.5, 3);
    }
    for (const [name, count] of Object.entries(calls)) expect(count, name).toBeGreaterThan(0);
  });

  it('takes several training problems as one, and the mean of their losses', async () => {
    const parts = [await quadratic(3), await quadratic(4)];
    const { start } = parts[0]!;
    const [first, second] = parts.map(({ problem }) => problem) as [
      (typeof parts)[0]['problem'],
      (typeof parts)[0]['problem'],
    ];
    const joint: BilevelProblem<readonly [Tensor, Tensor], Tensor> = {
      lower: {
        loss: ([a, b], theta) => first.lower.loss(a, theta).add(second.lower.loss(b, theta)),
        strongConvexity: Math.min(...parts.map(({ problem }) => problem.lower.strongConvexity as number)),
        smoothness: Math.max(...parts.map(({ problem }) => problem.lower.smoothness as number)),
        ...{ mixedLipschitz: 0, inverseHessianLipschitz: 0 },
      },
      upper: {
        loss: ([a, b]) => first.upper.loss(a).add(second.upper.loss(b)).div(2),
        smoothness: Math.max(first.upper.smoothness, second.upper.smoothness) / 2,
      },
    };
    const oracle = bilevelOracle(joint, { x: [start.x, start.x], theta: start.theta });
    const { x, value } = await oracle.solve([start.x, start.x], start.theta, exactly);
    const { z } = await oracle.hypergradient(x, start.theta, exactly);
    const each = await Promise.all(
      parts.map(async ({ oracle }) => {
        const solution = await oracle.solve(start.x, start.theta, exactly);
        return { ...solution, z: (await oracle.hypergradient(solution.x, start.theta, exactly)).z };
      }),
    );
    expect(value).toBeCloseTo((each[0]!.value + each[1]!.value) / 2, 9);
    expect(await distance(z, each[0]!.z.add(each[1]!.z).div(2))).toBeLessThan(1e-8);
  });
});

describe('the baselines', () => {
  it('stall with a fixed accuracy, the later the finer it is', async () => {
    const { oracle, start, value } = await quadratic();
    const runs = [1e-1, 1e-4].map(async (eps0) => {
      const { steps, status } = await collect(
        fixedAccuracySteps(oracle, start, { eps0, steps: 5_000, upperConvex: true }),
      );
      expect(status).toBe('stalled');
      expect(steps.every(({ eps, delta }) => eps === eps0 && delta === eps0)).toBe(true);
      return { steps: steps.length, loss: await (await value(steps.at(-1)!.theta)).item() };
    });
    const [coarse, fine] = await Promise.all(runs);
    expect(fine!.steps).toBeGreaterThan(coarse!.steps);
    expect(fine!.loss).toBeLessThan(coarse!.loss);
  });

  it('follow their sequences of accuracies in HOAG', async () => {
    const { oracle, start } = await quadratic();
    for (const [sequence, at] of [
      ['geometric', (k: number) => 0.9 ** k],
      ['quadratic', (k: number) => 1 / (k + 1) ** 2],
      ['cubic', (k: number) => 1 / (k + 1) ** 3],
    ] as const) {
      const { steps, status } = await collect(hoagSteps(oracle, start, { sequence, eps0: 0.5, steps: 6 }));
      expect(status).toBe('steps');
      for (const [k, { eps }] of steps.entries()) expect(eps).toBeCloseTo(0.5 * at(k), 14);
      expect(steps[0]!.stepSize * steps[0]!.gradientNorm).toBeCloseTo(1, 12);
      expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
    }
  });

  it('lengthen HOAG’s steps while the loss falls and halve them when it rises', async () => {
    const oracle = bilevelOracle(scalarProblem, scalarStart);
    const { steps } = await collect(hoagSteps(oracle, scalarStart, { alpha0: 2.5, eps0: 1e-6, steps: 8 }));
    expect(steps[1]!.stepSize).toBeCloseTo(1.25, 12);
    const short = await collect(hoagSteps(oracle, scalarStart, { alpha0: 0.1, eps0: 1e-6, steps: 3 }));
    expect(short.steps[2]!.stepSize).toBeCloseTo(0.1 / 0.95 ** 2, 12);
    expect((await collect(hoagSteps(oracle, scalarStart, { budget: 1, steps: 90 }))).status).toBe('budget');
  });

  it('keep θ where it is projected to', async () => {
    const oracle = bilevelOracle(scalarProblem, scalarStart, { project: (theta) => theta.clip(-2, 2) });
    const { steps } = await collect(hoagSteps(oracle, scalarStart, { steps: 10 }));
    expect(await numbersOf(steps.at(-1)!.theta)).toEqual([2]);
  });
});

describe('bad input', () => {
  const { lower, upper } = scalarProblem;
  const run = (changed: object, options: MaidOptions = {}) =>
    maid({ lower: { ...lower, ...changed }, upper }, scalarStart, { steps: 2, ...options });

  it('is refused for constants of the problem', async () => {
    await expect(run({ strongConvexity: 0 })).rejects.toThrow(
      new RangeError('bilevelOracle: lower.strongConvexity must be positive and finite, got 0'),
    );
    await expect(run({ strongConvexity: () => float64(-1) })).rejects.toThrow(
      'strongConvexity must be positive',
    );
    await expect(run({ smoothness: 0.5 })).rejects.toThrow(
      'smoothness must be at least lower.strongConvexity',
    );
    await expect(run({ smoothness: Number.NaN })).rejects.toThrow('smoothness must be positive');
    await expect(run({ mixedNorm: -1 })).rejects.toThrow(
      'lower.mixedNorm must be finite and not negative, got -1',
    );
    await expect(run({ mixedLipschitz: undefined })).rejects.toThrow('the descent test needs');
    await expect(run({ mixedLipschitz: undefined }, { checkDescent: false })).resolves.toBeDefined();
    const rough = { lower, upper: { ...upper, smoothness: -1 } };
    await expect(maid(rough, scalarStart)).rejects.toThrow(
      'upper.smoothness must be finite and not negative, got -1',
    );
  });

  it('is refused for options', async () => {
    const refused: readonly [MaidOptions, string][] = [
      [{ eps0: 0 }, 'eps0 must be positive and finite, got 0'],
      [{ delta0: -1 }, 'delta0 must be positive'],
      [{ alpha0: Number.POSITIVE_INFINITY }, 'alpha0 must be positive'],
      [{ rho: 1 }, 'rho must be between 0 and 1, got 1'],
      [{ nu: 0 }, 'nu must be between'],
      [{ eta: 1 }, 'eta must be between'],
      [{ armijo: 0 }, 'armijo must be between'],
      [{ rhoBar: 1 }, 'rhoBar must be above 1'],
      [{ nuBar: 0.9 }, 'nuBar must be above 1'],
      [{ maxBT: 0 }, 'maxBT must be a whole number'],
      [{ steps: 1.5 }, 'steps must be a whole number'],
      [{ budget: 0 }, 'budget must be above 0'],
      [{ tolerance: -1 }, 'tolerance must be finite'],
      [{ armijo: 0.2, eta: 0.1 }, 'armijo must be at most eta'],
    ];
    for (const [options, message] of refused)
      await expect(run({}, options), message).rejects.toThrow(message);
    await expect(run({}, { armijo: 0.2, eta: 0.1, checkDescent: false })).resolves.toBeDefined();
    const oracle = bilevelOracle(scalarProblem, scalarStart);
    for (const [options, message] of [
      [{ sequence: 'linear' as never }, 'sequence must be one of geometric, quadratic, cubic, got linear'],
      [{ eps0: 0 }, 'hoag: eps0 must be positive'],
      [{ alpha0: -1 }, 'hoag: alpha0 must be positive'],
      [{ steps: 0 }, 'hoag: steps must be'],
      [{ budget: 0 }, 'hoag: budget must be'],
      [{ leastAccuracy: -1 }, 'hoag: leastAccuracy must be'],
    ] as const) {
      await expect(hoagSteps(oracle, scalarStart, options).next(), message).rejects.toThrow(message);
    }
  });

  it('is refused for losses that are not finite, not convex, or of other shapes', async () => {
    const infinite = { lower, upper: { ...upper, loss: (x: Tensor) => x.sum().sub(10).log() } };
    await expect(maid(infinite, scalarStart)).rejects.toThrow(
      'the upper loss must be finite at the start, got NaN',
    );
    const saddle = (x: Tensor, theta: Tensor) => x.square().sum().neg().add(theta.sum());
    await expect(run({ loss: saddle })).rejects.toThrow('must be strongly convex in x');
    const wide = { ...scalarStart, x: float64([[0, 1, 2]]) };
    const matrix = { ...lower, loss: (x: Tensor, theta: Tensor) => x.matMul(theta).sum() };
    await expect(maid({ lower: matrix, upper }, wide)).rejects.toThrow('matMul');
    await expect(maid(scalarProblem, { x: float64([0]), theta: tensor([1], 'int32') })).rejects.toThrow(
      'theta must hold tensors of one float dtype, got int32 [1]',
    );
    await expect(maid({ lower, upper: { ...upper, loss: (x: Tensor) => x } }, scalarStart)).rejects.toThrow(
      'scalar',
    );
    await expect(
      maid<object, Tensor>(scalarProblem as never, { x: {}, theta: float64([1]) }),
    ).rejects.toThrow('x must hold tensors of one float dtype, got none');
    const two = { x: float64([0, 0]), theta: float64([1, 1]) };
    for (const own of ['gradient', 'hessianVector', 'mixedTransposed'] as const) {
      const short = { ...lower, [own]: () => float64([1]) };
      await expect(maid({ lower: short, upper }, two), own).rejects.toThrow(`lower.${own}: expected`);
    }
    const shortUpper = { ...upper, gradient: () => float64([1]) };
    await expect(maid({ lower, upper: shortUpper }, two)).rejects.toThrow('upper.gradient: expected');
    const terms = {
      ...{ eps: 0.1, delta: 0.1, upperSmoothness: 1, upperGradientNorm: 1, mixedNorm: 1 },
      ...{ mixedLipschitz: 0, inverseHessianLipschitz: 0, strongConvexity: 1 },
    };
    for (const [what, value] of [
      ['strongConvexity', 0],
      ['eps', -1],
      ['mixedNorm', Number.NaN],
    ] as const) {
      expect(() => hypergradientErrorBound({ ...terms, [what]: value }), what).toThrow(what);
    }
  });
});
