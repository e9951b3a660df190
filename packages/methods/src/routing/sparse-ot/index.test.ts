import { adam, Linear, lbfgs, MixtureOfExperts } from '@evenkeel/nn';
import {
  compile,
  full,
  grad,
  less,
  normal,
  randomKey,
  sigmoid,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '@evenkeel/tensor';
import { gradientError, secondGradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenCase, type GoldenFile, requireOption, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  kSupportNorm,
  projectSparseSimplex,
  type SparseTransportProblem,
  sparseTransport,
  sparseTransportDual,
  sparseTransportRouter,
  sparseTransportSemiDual,
  topKSquaredConjugate,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

describe('golden values', () => {
  const problemOf = ({ inputs, options }: GoldenCase): SparseTransportProblem => ({
    cost: float64(inputs.cost),
    a: float64(inputs.a),
    b: float64(inputs.b),
    k: options.k,
    gamma: options.gamma ?? 1,
  });
  testGolden(golden as unknown as GoldenFile, {
    projection: {
      async run({ inputs: { v }, options: { k, sum = 1, axis = 'columns' } }) {
        requireOption('axis', axis, ['columns', 'rows']);
        const found = projectSparseSimplex(float64(v), k, sum, axis === 'columns' ? 0 : -1);
        return { projection: await found.toArray() };
      },
    },
    semiDual: {
      async run(one) {
        const [problem, alpha] = [problemOf(one), float64(one.inputs.alpha)];
        const { objective, plan } = sparseTransportSemiDual(problem, alpha);
        const gradAlpha = grad((at: Tensor) => sparseTransportSemiDual(problem, at).objective)(alpha);
        return {
          objective: await objective.item(),
          plan: await plan.toArray(),
          gradAlpha: await gradAlpha.toArray(),
        };
      },
    },
    dual: {
      async run(one) {
        const problem = problemOf(one);
        const at = [float64(one.inputs.alpha), float64(one.inputs.beta)] as const;
        const { objective, plan } = sparseTransportDual(problem, ...at);
        const [gradAlpha, gradBeta] = grad(
          ([alpha, beta]: readonly [Tensor, Tensor]) => sparseTransportDual(problem, alpha, beta).objective,
        )(at);
        return {
          objective: await objective.item(),
          plan: await plan.toArray(),
          gradAlpha: await gradAlpha!.toArray(),
          gradBeta: await gradBeta!.toArray(),
        };
      },
    },
    solve: {
      // The file's masses have eight decimals.
      tolerance: { relative: 1e-7, absolute: 5e-8 },
      async run(one) {
        const { formulation, solver = 'lbfgs', tolerance, maxIterations } = one.options;
        requireOption('solver', solver, ['lbfgs', 'adam']);
        const found = await sparseTransport({
          ...problemOf(one),
          ...{ formulation, tolerance, maxIterations },
          solver: solver === 'adam' ? adam({ learningRate: 0.01 }) : 'lbfgs',
        });
        return { ...found, plan: await found.plan.toArray() };
      },
    },
  });
});

/** A random problem with even masses, unless said. */
function problemWith({ seed = 0, rows = 6, columns = 4, k = 2, gamma = 1 }): SparseTransportProblem {
  return {
    cost: uniform(randomKey(seed), [rows, columns], { dtype: 'float64' }),
    a: full([rows], 1 / rows, 'float64'),
    b: full([columns], 1 / columns, 'float64'),
    k,
    gamma,
  };
}

const sizes = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  rows: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 6 }),
  k: fc.integer({ min: 1, max: 11 }),
  gamma: fc.constantFrom(0.1, 1, 10),
});
const runs = { numRuns: 12 };
const drawn = (seed: number, shape: number[]) => normal(randomKey(seed + 1), shape, { dtype: 'float64' });
const countPositive = (values: readonly number[]) => values.filter((each) => each > 0).length;

describe('projectSparseSimplex', () => {
  it.each([
    [1, [1, 0, 0, 0]],
    [2, [0.55, 0.45, 0, 0]],
    [4, [0.5, 0.4, 0.1, 0]],
    [9, [0.5, 0.4, 0.1, 0]],
  ])('of [0.5, 0.4, 0.1, -0.2] with k = %i', async (k, expected) => {
    const found = await numbers(projectSparseSimplex(float64([0.5, 0.4, 0.1, -0.2]), k));
    for (const [i, each] of expected.entries()) expect(found[i]).toBeCloseTo(each, 14);
  });

  it('is at most k numbers that are not negative and have the sum, whatever constant is added', () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(0.5, 1, 3), async ({ seed, rows, columns, k }, z) => {
        const v = drawn(seed, [rows, columns]);
        const projected = projectSparseSimplex(v, k, z, 0);
        const lines = (await projected.transpose().toArray()) as number[][];
        const shifted = await numbers(projectSparseSimplex(v.add(1e3), k, z, 0));
        for (const line of lines) {
          expect(Math.min(...line)).toBeGreaterThanOrEqual(0);
          expect(countPositive(line)).toBeLessThanOrEqual(k);
          expect(line.reduce((total, each) => total + each, 0)).toBeCloseTo(z, 12);
        }
        for (const [i, each] of (await numbers(projected)).entries()) expect(shifted[i]).toBeCloseTo(each, 9);
      }),
      runs,
    ));

  it('keeps the first among equals', async () => {
    expect(await numbers(projectSparseSimplex(float64([1, 2, 2, 2]), 2))).toEqual([0, 0.5, 0.5, 0]);
  });

  it('is nearer than any other point of the k-sparse simplex', async () => {
    const v = [0.9, -0.3, 0.5, 0.4];
    const distance = (y: readonly number[]) => y.reduce((total, each, i) => total + (each - v[i]!) ** 2, 0);
    const best = distance(await numbers(projectSparseSimplex(float64(v), 2)));
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < i; j++) {
        for (let share = 0; share <= 1; share += 0.01) {
          const point = v.map((_, at) => (at === i ? share : at === j ? 1 - share : 0));
          expect(distance(point)).toBeGreaterThanOrEqual(best - 1e-12);
        }
      }
    }
  });

  it('has the gradient of finite differences', async () => {
    const v = float64([
      [0.5, 0.4, 0.1, -0.2],
      [2, 0.3, -0.1, 1.6],
    ]);
    for (const k of [1, 2, 4]) {
      expect(await gradientError((x) => projectSparseSimplex(x!, k), [v])).toBeLessThan(1e-6);
    }
  });
});

describe('topKSquaredConjugate', () => {
  it.each([
    [1, 4.5, [3, 0, 0]],
    [2, 5, [3, 1, 0]],
    [3, 5, [3, 1, 0]],
    [7, 5, [3, 1, 0]],
  ])('of [3, 1, -1] with k = %i', async (k, value, slope) => {
    const x = float64([3, 1, -1]);
    expect(await topKSquaredConjugate(x, k).item()).toBe(value);
    expect(await numbers(grad((at: Tensor) => topKSquaredConjugate(at, k))(x))).toEqual(slope);
    expect(await topKSquaredConjugate(x, k, 4).item()).toBe(value / 4);
  });

  it('goes along any axis', async () => {
    const x = float64([
      [3, 2],
      [1, 4],
    ]);
    expect(await topKSquaredConjugate(x, 1, 1, 0).toArray()).toEqual([4.5, 8]);
    expect(await topKSquaredConjugate(x, 1, 1, 1).toArray()).toEqual([4.5, 8]);
  });
});

describe('kSupportNorm', () => {
  it.each([
    [[3, 2, 1], 1, 36],
    [[3, 2, 1], 2, 18],
    [[3, 2, 1], 3, 14],
    [[-2, 5, 1], 2, 34],
    [[2, 2, 2], 5, 12],
  ])('of %j with k = %i', async (t, k, squared) => {
    expect((await kSupportNorm(float64(t), k).item()) ** 2).toBeCloseTo(squared, 12);
  });

  it('is the sum for k = 1 and the length for k = m', () =>
    fc.assert(
      fc.asyncProperty(sizes, async ({ seed, rows, columns }) => {
        const t = drawn(seed, [rows, columns]);
        const [ones, sums] = [await numbers(kSupportNorm(t, 1, 0)), await numbers(t.abs().sum({ axis: 0 }))];
        const all = await numbers(kSupportNorm(t, rows, 0));
        const lengths = await numbers(t.square().sum({ axis: 0 }).sqrt());
        for (let j = 0; j < columns; j++) {
          expect(ones[j]).toBeCloseTo(sums[j]!, 12);
          expect(all[j]).toBeCloseTo(lengths[j]!, 12);
        }
      }),
      runs,
    ));

  it('has half the square as the conjugate of half the k largest squares', () =>
    fc.assert(
      fc.asyncProperty(sizes, async ({ seed, rows, k }) => {
        const t = drawn(seed, [rows]).abs();
        const half = (x: Tensor) => kSupportNorm(x, k).square().div(2);
        // The gradient attains the supremum, and nothing is above it.
        const best = grad(half)(t);
        const value = (x: Tensor) => x.mul(t).sum().sub(topKSquaredConjugate(x, k));
        const norm = await half(t).item();
        expect(await value(best).item()).toBeCloseTo(norm, 10);
        expect(await value(drawn(seed + 7, [rows]).abs()).item()).toBeLessThanOrEqual(norm + 1e-12);
      }),
      runs,
    ));
});

describe('the semi-dual', () => {
  it('keeps columns and sparsity at every alpha, and a constant changes nothing', () =>
    fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        const problem = problemWith(size);
        const alpha = drawn(size.seed, [size.rows]);
        const { plan, objective } = sparseTransportSemiDual(problem, alpha);
        for (const column of (await plan.transpose().toArray()) as number[][]) {
          expect(column.reduce((total, each) => total + each, 0)).toBeCloseTo(1 / size.columns, 12);
          expect(countPositive(column)).toBeLessThanOrEqual(size.k);
        }
        const shifted = sparseTransportSemiDual(problem, alpha.add(5)).objective;
        expect(await shifted.sub(objective).abs().item()).toBeLessThan(1e-12);
      }),
      runs,
    ));

  it('never rises with k, and is no less than the dual', () =>
    fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        const problem = problemWith(size);
        const [alpha, beta] = [drawn(size.seed, [size.rows]), drawn(size.seed + 1, [size.columns])];
        const at = async (k: number) => sparseTransportSemiDual({ ...problem, k }, alpha).objective.item();
        const semi = await at(size.k);
        expect(await at(size.k + 1)).toBeLessThanOrEqual(semi + 1e-12);
        const dual = await sparseTransportDual(problem, alpha, beta).objective.item();
        expect(dual).toBeLessThanOrEqual(semi + 1e-12);
      }),
      runs,
    ));

  it('is the dual at its best beta', async () => {
    const problem = problemWith({ rows: 5, columns: 3, k: 2 });
    const alpha = drawn(3, [5]);
    const semi = await sparseTransportSemiDual(problem, alpha).objective.item();
    const { loss } = await lbfgs(
      (beta: Tensor) => sparseTransportDual(problem, alpha, beta).objective.neg(),
      zeros([3], 'float64'),
      { tolerance: 1e-10 },
    );
    expect(-loss).toBeCloseTo(semi, 9);
  });

  it('and the dual have the gradients of finite differences, also by costs and masses', async () => {
    const { cost, a, b, ...rest } = problemWith({ rows: 5, columns: 3, k: 2 });
    const [alpha, beta] = [drawn(1, [5]).mul(0.1), drawn(2, [3]).mul(0.1).add(0.6)];
    const semi = (...[c, p, q, at]: Tensor[]) =>
      sparseTransportSemiDual({ ...rest, cost: c!, a: p!, b: q! }, at!).objective;
    const dual = (...[c, p, q, at, to]: Tensor[]) =>
      sparseTransportDual({ ...rest, cost: c!, a: p!, b: q! }, at!, to!).objective;
    const masses = [a, b].map((each) => each.mul(1));
    expect(await gradientError(semi, [cost, ...masses, alpha])).toBeLessThan(1e-6);
    expect(await gradientError(dual, [cost, ...masses, alpha, beta])).toBeLessThan(1e-6);
    const withoutMasses = (c: Tensor, at: Tensor) => semi(c, a, b, at);
    expect(await secondGradientError(withoutMasses as never, [cost, alpha])).toBeLessThan(1e-6);
    const plan = (c: Tensor) => sparseTransportSemiDual({ ...rest, cost: c, a, b }, alpha).plan;
    expect(await gradientError(plan as never, [cost])).toBeLessThan(1e-6);
    const slope = await numbers(grad((c: Tensor) => semi(c, a, b, alpha))(cost));
    for (const [i, each] of (await numbers(plan(cost))).entries()) expect(slope[i]).toBeCloseTo(each, 12);
  });
});

/** The least total cost of a way to give every column a row of its own, by trying all. */
function cheapestAssignment(costs: readonly (readonly number[])[], from = 0, taken = 0): number {
  if (from === costs.length) return 0;
  return Math.min(
    ...costs[from]!.flatMap((each, j) =>
      taken & (1 << j) ? [] : [each + cheapestAssignment(costs, from + 1, taken | (1 << j))],
    ),
  );
}

describe('sparseTransport', () => {
  it('finds the best assignment for k = 1, whatever gamma is', async () => {
    for (const [seed, gamma] of [
      [0, 0.5],
      [1, 4],
    ] as const) {
      const problem = problemWith({ seed, rows: 6, columns: 6, k: 1, gamma });
      const { objective, transportCost, nonzerosPerColumn, rowError } = await sparseTransport(problem);
      const best = cheapestAssignment((await problem.cost.toArray()) as number[][]) / 6;
      expect(transportCost).toBeCloseTo(best, 9);
      expect(objective).toBeCloseTo(best + gamma / 12, 9);
      expect(nonzerosPerColumn).toEqual([1, 1, 1, 1, 1, 1]);
      expect(rowError).toBeLessThan(1e-12);
    }
  });

  it('is optimal without ties: rows are met and the primal value is the objective', async () => {
    const problem = problemWith({ seed: 5, rows: 7, columns: 4, k: 20, gamma: 2 });
    const found = await sparseTransport(problem);
    expect(found.rowError).toBeLessThan(1e-6);
    const square = await found.plan.square().sum().item();
    expect(found.transportCost + square).toBeCloseTo(found.objective, 8);
    expect(found.tieGap).toBe(Number.POSITIVE_INFINITY);
    expect(await found.potentials.alpha.sum().item()).toBeCloseTo(0, 12);
  });

  it('has a smaller optimum the larger k is, and says where it is a kink', async () => {
    const optima: number[] = [];
    for (const k of [1, 2, 3, 7]) {
      const found = await sparseTransport({
        ...problemWith({ seed: 2, rows: 8, columns: 8, k, gamma: 4 }),
        maxIterations: 150,
      });
      optima.push(found.objective);
      expect(Math.max(...found.nonzerosPerColumn)).toBeLessThanOrEqual(k);
      expect(found.columnError).toBeLessThan(1e-12);
      if (found.rowError > 1e-3) expect(found.tieGap).toBeLessThan(1e-3);
    }
    for (let i = 1; i < optima.length; i++) expect(optima[i]).toBeLessThanOrEqual(optima[i - 1]! + 1e-9);
  });

  it('finds the same by the dual and by other optimizers', async () => {
    const problem = problemWith({ seed: 5, rows: 5, columns: 3, k: 5, gamma: 2 });
    const { objective } = await sparseTransport(problem);
    const dual = await sparseTransport({ ...problem, formulation: 'dual' });
    expect(dual.objective).toBeCloseTo(objective, 8);
    expect(dual.columnError).toBeLessThan(1e-6);
    expect(dual.potentials.beta?.shape).toEqual([3]);
    const seen: number[] = [];
    const slow = await sparseTransport({
      ...problem,
      solver: adam({ learningRate: 0.02 }),
      tolerance: 1e-3,
      maxIterations: 300,
      onIteration: ({ iteration }) => seen.push(iteration),
    });
    expect(slow.objective).toBeCloseTo(objective, 3);
    expect(slow.converged).toBe(true);
    expect(seen).toEqual(Array.from({ length: slow.iterations }, (_, i) => i + 1));
  });

  it('stops by a signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(sparseTransport({ ...problemWith({}), signal })).rejects.toThrow('enough');
    const solver = adam({ learningRate: 0.1 });
    await expect(sparseTransport({ ...problemWith({}), solver, signal })).rejects.toThrow('enough');
  });

  it.each<[string, object, RegExp]>([
    ['k below 1', { k: 0 }, /k must be an integer of at least 1, got 0/],
    ['a k that is not whole', { k: 1.5 }, /k must be an integer of at least 1, got 1.5/],
    ['gamma of 0', { gamma: 0 }, /gamma must be positive and finite, got 0/],
    ['a negative mass', { a: float64([-0.5, 1.5]) }, /a must not be negative, got -0.5/],
    ['a column without mass', { b: float64([1, 0]) }, /b must be positive, got 0/],
    ['other sums', { a: float64([1, 1]) }, /must have the same sum, got 2 and 1/],
    [
      'costs of NaN',
      {
        cost: float64([
          [Number.NaN, 1],
          [1, 1],
        ]),
      },
      /costs must be finite, got NaN/,
    ],
    ['masses of another length', { a: float64([1]) }, /a: expected \[2\] for a cost \[2, 2\], got \[1\]/],
    ['a cost that is no matrix', { cost: float64([1, 2]) }, /expected a cost \[rows, columns\], got \[2\]/],
    [
      'integers',
      {
        cost: tensor(
          [
            [1, 2],
            [3, 4],
          ],
          'int32',
        ),
      },
      /expected float32 or float64, got int32/,
    ],
    [
      'an unknown formulation',
      { formulation: 'triple' },
      /formulation must be one of semi, dual, got triple/,
    ],
    ['a negative tolerance', { tolerance: -1 }, /tolerance must be finite and not negative/],
    ['no iterations', { maxIterations: 0 }, /maxIterations must be an integer of at least 1/],
  ])('refuses %s', async (_, wrong, message) => {
    const masses = float64([0.5, 0.5]);
    const fine = {
      cost: float64([
        [0, 1],
        [1, 0],
      ]),
      a: masses,
      b: masses,
      k: 1,
    };
    await expect(async () => sparseTransport({ ...fine, ...wrong })).rejects.toThrow(message);
  });

  it('refuses potentials of another length and sums that are not positive', () => {
    const problem = problemWith({});
    expect(() => sparseTransportSemiDual(problem, zeros([5], 'float64'))).toThrow(/alpha: expected \[6\]/);
    expect(() => sparseTransportDual(problem, zeros([6], 'float64'), zeros([6], 'float64'))).toThrow(
      /beta: expected \[4\]/,
    );
    expect(() => projectSparseSimplex(zeros([3]), 1, 0)).toThrow(/sum must be positive/);
    expect(() => projectSparseSimplex(zeros([]), 1)).toThrow(/expected an axis with elements/);
  });
});

describe('sparseTransportRouter', () => {
  it('gives an expert no more tokens than it has room for, and weighs by the plan', () =>
    fc.assert(
      fc.asyncProperty(sizes, async ({ seed, rows, columns, k }) => {
        const scores = sigmoid(drawn(seed, [rows, columns]));
        const { experts, weights } = sparseTransportRouter({ capacity: k, iterations: 20 })(scores);
        const [chosen, shares] = [await numbers(experts), await numbers(weights)];
        for (let expert = 0; expert < columns; expert++) {
          expect(chosen.filter((each) => each === expert).length).toBeLessThanOrEqual(k);
        }
        for (const [i, share] of shares.entries()) expect(share > 0).toBe(chosen[i]! >= 0);
        expect(shares.reduce((total, each) => total + each, 0)).toBeCloseTo(rows, 9);
      }),
      runs,
    ));

  it('meets the tokens’ masses where there is room for all', async () => {
    const scores = sigmoid(drawn(4, [32, 4]));
    const { weights } = sparseTransportRouter({ capacity: 32 })(scores);
    for (const each of await numbers(weights.sum({ axis: 1 }))) expect(Math.abs(each - 1)).toBeLessThan(0.02);
  });

  it('routes a layer that drops nothing, and its gate has a gradient', async () => {
    const router = sparseTransportRouter({ capacity: 4 });
    const layer = new MixtureOfExperts(randomKey(0), 6, 4, (key) => new Linear(key, 6, 6), {
      router: (logits) => router(sigmoid(logits)),
      capacity: 4 / 12,
    });
    const x = normal(randomKey(1), [12, 6]);
    const step = compile((model: typeof layer) => {
      const [, { load, dropped, experts }] = model.call(x);
      const slope = grad((gate: Tensor) => {
        const routed = Object.assign(Object.create(MixtureOfExperts.prototype), model, {
          gate: Object.assign(Object.create(Linear.prototype), model.gate, { weight: gate }),
        }) as typeof layer;
        return routed.call(x)[0].square().sum();
      })(model.gate.weight);
      return { load, dropped, unused: less(experts, 0).cast('int32').sum(), slope: slope.abs().max() };
    });
    const { load, dropped, unused, slope } = await step(layer);
    expect(Math.max(...(await numbers(load)))).toBeLessThanOrEqual(4);
    // What has no number is counted as dropped; nothing else is.
    expect(await dropped.item()).toBe(await unused.item());
    expect(await slope.item()).toBeGreaterThan(0);
  });

  it('gives a token as many experts as is said', () => {
    const { experts } = sparseTransportRouter({ capacity: 4, choices: 1 })(zeros([8, 3]));
    expect(experts.shape).toEqual([8, 1]);
  });

  it.each<[object, RegExp]>([
    [{ capacity: 0 }, /capacity must be an integer of at least 1, got 0/],
    [{ capacity: 2, gamma: -1 }, /gamma must be positive/],
    [{ capacity: 2, iterations: 0.5 }, /iterations must be an integer/],
    [{ capacity: 2, choices: 0 }, /choices must be an integer/],
  ])('refuses %j', (options, message) => {
    expect(() => sparseTransportRouter(options as { capacity: number })).toThrow(message);
  });

  it('refuses scores that are no matrix', () => {
    expect(() => sparseTransportRouter({ capacity: 2 })(zeros([3]))).toThrow(
      /expected scores \[tokens, experts\]/,
    );
  });
});
