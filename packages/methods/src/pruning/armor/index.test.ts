import { nToMMask } from '@evenkeel/nn';
import { grad, normal, randomKey, splitKey, type Tensor, tensor, uniform } from '@evenkeel/tensor';
import { gradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, requireOption, testGolden } from '../../testing/golden.js';
import {
  type ArmorFactors,
  armorLoss,
  blocked,
  blockedProduct,
  blockedTarget,
  fromBlocks,
  toBlocks,
} from './blocks.js';
import {
  chooseGroups,
  coreGradient,
  coreSlope,
  type GroupDamping,
  type GroupSelection,
  groupScores,
  updateGroups,
} from './coreStep.js';
import golden from './golden.json' with { type: 'json' };
import { ArmorLinear, denormalizeWeight, inputImportance, normalizeWeight, pruneNoWag } from './index.js';

type Numbers = number | Numbers[];
const float64 = (values: Numbers) => tensor(values as number[], 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
/** Nested as the tensor is. */
async function nested(x: Tensor): Promise<Numbers> {
  const flat = await numbersOf(x);
  const cut = (shape: readonly number[], from: number): Numbers => {
    if (shape.length === 0) return flat[from]!;
    const inner = shape.slice(1).reduce((a, b) => a * b, 1);
    return Array.from({ length: shape[0]! }, (_, i) => cut(shape.slice(1), from + i * inner));
  };
  return cut(x.shape, 0);
}

interface GivenFactors {
  readonly A: Numbers;
  readonly B: Numbers;
  readonly core: Numbers;
  readonly mask: Numbers;
}
const factorsOf = ({ A, B, core, mask }: GivenFactors): ArmorFactors => ({
  left: float64(A),
  right: float64(B),
  core: float64(core),
  mask: float64(mask),
});

/** One core step on whole matrices. */
function coreStep(
  factors: ArmorFactors,
  target: Tensor,
  importance: Tensor,
  {
    pattern = { n: 2, m: 4 },
    draws,
    chosen,
    ...options
  }: GroupSelection &
    GroupDamping & { pattern?: { n: number; m: number }; draws?: Tensor; chosen?: Tensor } = {
    choice: 'greedy',
  },
): ArmorFactors {
  const problem = blockedTarget(target, importance, factors);
  const parts = blocked(factors);
  const slope = coreSlope(parts, problem);
  const groups = chosen ?? chooseGroups(slope, pattern.m, options, draws ?? float64(0));
  const { core, mask } = updateGroups(parts, problem, groups, slope, { ...options, pattern });
  return { ...factors, core: fromBlocks(core), mask: fromBlocks(mask) };
}

const norms = ['L1', 'L2', 'Linf'] as const;

/** `greedy-L1`, `greedy-L2` or `greedy-Linf`: what is drawn at random has no golden values. */
function selectionOf(select = 'greedy-L1'): GroupSelection {
  const norm = norms.find((each) => select === `greedy-${each}`);
  requireOption('select', norm, norms);
  return { choice: 'greedy', ...(norm && { norm }) };
}

/**
 * The source noted the gradients of A and B in place, where the passes of two core steps added theirs before they were
 * written down: that of the same factors again, and that after the first step. Values without that are taken too.
 */
async function gradientAsNoted(noted: unknown, slope: Tensor, later: Tensor): Promise<Numbers> {
  const summed = slope.mul(2).add(later);
  if (noted === undefined) return nested(slope);
  const distance = (x: Tensor) =>
    x
      .sub(float64(noted as Numbers))
      .abs()
      .max()
      .item();
  return nested((await distance(slope)) < (await distance(summed)) ? slope : summed);
}

/** n of m in the groups of m of a mask. */
const patternOf = (mask: readonly (readonly number[])[], m: number) => ({
  n: mask[0]!.slice(0, m).filter((each) => each === 1).length,
  m,
});

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    nowagInit: {
      async run({ inputs, options: { n = 2, m = 4, eps = 1e-5 } }) {
        const weight = float64(inputs.weight);
        const { normalized, rowNorm, columnNorm } = normalizeWeight(weight, { epsilon: eps });
        const { importance } = inputs;
        const pruned = await pruneNoWag(weight, { importance, pattern: { n, m }, epsilon: eps });
        return {
          columnNorm: await nested(columnNorm),
          rowNorm: await nested(rowNorm),
          normalized: await nested(normalized),
          mask: await nested(pruned.mask),
          relativeLoss: pruned.relativeLoss,
        };
      },
    },
    relativeLoss: {
      async run({ inputs, options: { m: given, norm = 'L1' }, expected }) {
        requireOption('norm', norm, norms);
        const scores = expected.groupScores as readonly (readonly number[])[] | undefined;
        const m = given ?? (scores ? inputs.core[0].length / scores[0]!.length : 4);
        const factors = factorsOf(inputs);
        const [target, importance] = [float64(inputs.target), float64(inputs.importance)];
        const slopesAt = grad((at: ArmorFactors) => armorLoss(at, target, importance));
        const slopes = slopesAt(factors);
        const pattern = patternOf(inputs.mask, m);
        const later = slopesAt(coreStep(factors, target, importance, { choice: 'greedy', pattern }));
        const gradient = fromBlocks(
          coreGradient(blocked(factors), blockedTarget(target, importance, factors)),
        );
        return {
          reconstruction: await nested(fromBlocks(blockedProduct(blocked(factors)))),
          loss: await armorLoss(factors, target, importance).item(),
          gradA: await gradientAsNoted(expected.gradA, slopes.left, later.left),
          gradB: await gradientAsNoted(expected.gradB, slopes.right, later.right),
          gradCore: await nested(slopes.core),
          gradCoreUnmasked: await nested(gradient),
          groupScores: await nested(groupScores(gradient, m, norm)),
        };
      },
    },
    coreStep: {
      async run({ inputs, options: { n = 2, m = 4, select, damping, eps } }) {
        const factors = factorsOf(inputs);
        const [target, importance] = [float64(inputs.target), float64(inputs.importance)];
        const next = coreStep(factors, target, importance, {
          ...selectionOf(select),
          ...(damping !== undefined && { damping }),
          ...(eps !== undefined && { leastNorm: eps }),
          pattern: { n, m },
        });
        return {
          lossBefore: await armorLoss(factors, target, importance).item(),
          lossAfter: await armorLoss(next, target, importance).item(),
          core: await nested(next.core),
          mask: await nested(next.mask),
        };
      },
    },
    apply: {
      async run({ inputs }) {
        const { left, right, core } = factorsOf({ ...inputs, mask: [] });
        const kept = inputs.mask ? core.mul(float64(inputs.mask)) : core;
        return { y: await nested(new ArmorLinear({ left, right, core: kept }).call(float64(inputs.x))) };
      },
    },
  });
});

const keys = (seed: number, count: number) => splitKey(randomKey(seed), count) as Tensor[];

/** Everything random: target, importances, factors with a mask of the pattern. */
function randomProblem(
  seed: number,
  { down = 2, across = 2, bA = 3, bB = 4, pattern = { n: 2, m: 4 }, dtype = 'float64' as const } = {},
) {
  const [first, second, third, fourth, fifth] = keys(seed, 5);
  const [outputs, inputs] = [down * bA, across * bB];
  const core = normal(third!, [outputs, inputs], { dtype });
  return {
    pattern,
    target: normal(first!, [outputs, inputs], { dtype }),
    importance: uniform(second!, [inputs], { low: 0.1, high: 2, dtype }),
    factors: {
      left: normal(fourth!, [down, bA, bA], { dtype }),
      right: normal(fifth!, [across, bB, bB], { dtype }),
      core,
      mask: nToMMask(core.abs(), pattern),
    },
  };
}
const lossOf = async ({ factors, target, importance }: Omit<ReturnType<typeof randomProblem>, 'pattern'>) =>
  Number(await armorLoss(factors, target, importance).item());

async function expectPattern(mask: Tensor, { n, m }: { n: number; m: number }): Promise<void> {
  const kept = await numbersOf(mask);
  for (let from = 0; from < kept.length; from += m)
    expect(kept.slice(from, from + m).sort()).toEqual([...Array(m - n).fill(0), ...Array(n).fill(1)]);
}
const expectClose = async (actual: Tensor, expected: Tensor, within = 1e-12) =>
  expect(await actual.sub(expected).abs().max().item()).toBeLessThan(within);

describe('normalization', () => {
  const weight = float64([
    [3, -1, 2, 0.5],
    [1, 1, -4, 2],
  ]);

  it('divides by the norms of columns, then of rows', async () => {
    const { columnNorm, rowNorm, normalized } = normalizeWeight(weight);
    const norms = [10, 2, 20, 4.25].map((square) => Math.sqrt(square) + 1e-5);
    await expectClose(columnNorm, float64(norms));
    await expectClose(weight.div(columnNorm).square().sum({ axis: 1 }).sqrt().add(1e-5), rowNorm);
    expect(await normalized.square().sum({ axis: 1 }).sub(1).abs().max().item()).toBeLessThan(1e-4);
  });

  it('can be undone', () => expectClose(denormalizeWeight(normalizeWeight(weight)), weight));

  it('takes importances from inputs, and replaces those that say nothing by the mean of the others', async () => {
    const inputs = float64([[[1, 0, 2, 3]], [[3, 0, 0, 1]]]);
    expect(await numbersOf(inputImportance(inputs))).toEqual([10, 0, 4, 10]);
    const importance = [10, 0, 4, Number.NaN];
    const pruned = await pruneNoWag(weight, { importance });
    expect(pruned).toEqual(await pruneNoWag(weight, { importance: [10, 7, 4, 7] }));
  });
});

describe('the relative loss', () => {
  it('is 1 of nothing at all', async () => {
    const { factors, ...rest } = randomProblem(1);
    const core = factors.core.mul(0);
    expect(await lossOf({ ...rest, factors: { ...factors, core } })).toBeCloseTo(1, 12);
  });

  it('is what is dropped, without wrappers', async () => {
    const target = float64([[1, 2, 3, 4]]);
    const importance = float64([1, 1, 1, 1]);
    const mask = nToMMask(target.square().mul(importance), { n: 2, m: 4 });
    expect(await numbersOf(mask)).toEqual([0, 0, 1, 1]);
    const identity = float64([
      [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
      ],
    ]);
    const factors = { left: float64([[[1]]]), right: identity, core: target, mask };
    expect(await lossOf({ factors, target, importance })).toBeCloseTo(5 / 30, 12);
    const same = coreStep(factors, target, importance);
    expect(await numbersOf(same.core)).toEqual([0, 0, 3, 4]);
    expect(await numbersOf(same.mask)).toEqual([0, 0, 1, 1]);
    for (const core of [target, float64([[0, 0, 1.5, 2]])]) {
      const doubled = { ...factors, left: float64([[[2]]]), core };
      const next = coreStep(doubled, target, importance);
      await expectClose(next.core, float64([[0, 0, 1.5, 2]]), 1e-7);
      expect(await lossOf({ factors: next, target, importance })).toBeCloseTo(5 / 30, 12);
    }
  });

  it('has the gradient that differences have', async () => {
    const { factors, target, importance } = randomProblem(2);
    const leaves = ({ left, right, core }: ArmorFactors) => [left, right, core];
    const loss = (left: Tensor, right: Tensor, core: Tensor) =>
      armorLoss({ left, right, core, mask: factors.mask }, target, importance);
    expect(await gradientError(loss, leaves(factors))).toBeLessThan(1e-6);
  });

  it('does not change with the scale of importances, nor with scales that blocks and rows trade', async () => {
    const { pattern, ...problem } = randomProblem(3);
    const { factors, target, importance } = problem;
    const loss = await lossOf(problem);
    expect(await lossOf({ ...problem, importance: importance.mul(7) })).toBeCloseTo(loss, 12);
    const [one, other] = await Promise.all(
      [importance, importance.mul(7)].map(async (h) => numbersOf(coreStep(factors, target, h).core)),
    );
    other!.forEach((each, i) => {
      expect(each).toBeCloseTo(one![i]!, 7);
    });
    const scales = float64([[[3]], [[-0.5]]]);
    const ofRows = scales.mul(float64([[[1], [1], [1]]])).reshape([6, 1]);
    const traded = { ...factors, left: factors.left.mul(scales), core: factors.core.div(ofRows) };
    const product = (each: ArmorFactors) => fromBlocks(blockedProduct(blocked(each)));
    await expectClose(product(traded), product(factors));
  });
});

describe('the core step', () => {
  it('finds a better support, and its best values', async () => {
    const factors = {
      left: float64([[[2]]]),
      right: float64([
        [
          [1, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 1, 1],
          [0, 0, 0, 1],
        ],
      ]),
      core: float64([[1, 2, 0, 0]]),
      mask: float64([[1, 1, 0, 0]]),
    };
    const target = float64([[1, 1, 5, 5]]);
    const importance = float64([1, 1, 1, 1]);
    // [2, 4, 0, 0] - [1, 1, 5, 5], squared: 1 + 9 + 25 + 25 of 52.
    expect(52 * (await lossOf({ factors, target, importance }))).toBeCloseTo(60, 10);
    const next = coreStep(factors, target, importance);
    await expectClose(next.core, float64([[0.5, 0, 2.5, 0]]), 1e-7);
    expect(52 * (await lossOf({ factors: next, target, importance }))).toBeCloseTo(1, 7);
  });

  const patterns = [
    { pattern: { n: 2, m: 4 }, bB: 4 },
    { pattern: { n: 1, m: 4 }, bB: 8 },
    { pattern: { n: 3, m: 4 }, bB: 4 },
    { pattern: { n: 2, m: 6 }, bB: 12 },
    { pattern: { n: 1, m: 1 }, bB: 3 },
  ];
  const selections = fc.record({
    choice: fc.constantFrom('sampled' as const, 'greedy' as const, 'uniform' as const),
    norm: fc.constantFrom('L1' as const, 'L2' as const, 'Linf' as const),
  });

  it('keeps the pattern and never raises the loss', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom(...patterns),
        selections,
        async (seed, shape, selection) => {
          const { pattern, ...problem } = randomProblem(seed, shape);
          const { target, importance } = problem;
          let { factors } = problem;
          let loss = await lossOf(problem);
          for (let step = 0; step < 2; step++) {
            const draws = uniform(randomKey(seed + step), [2, 2], { dtype: 'float64' });
            factors = coreStep(factors, target, importance, { ...selection, pattern, draws });
            await expectPattern(factors.mask, pattern);
            const next = await lossOf({ target, importance, factors });
            expect(next).toBeLessThanOrEqual(loss * (1 + 1e-12));
            loss = next;
          }
        },
      ),
      { numRuns: 8, seed: 1 },
    );
  });

  it('takes the best of all supports', async () => {
    const { pattern, ...problem } = randomProblem(11, { down: 1, across: 1 });
    const { factors, target, importance } = problem;
    const row = 1;
    const next = coreStep(factors, target, importance, { chosen: tensor([[row]], 'int32') });
    const least = await lossOf({ ...problem, factors: next });
    const others = factors.core.mul(factors.mask).mul(float64([[1], [0], [1]]));
    const at = (values: Readonly<Record<number, number>>) => {
      const ofGroup = [0, 1, 2, 3].map((place) => values[place] ?? 0);
      const core = others.add(float64([[0, 0, 0, 0], ofGroup, [0, 0, 0, 0]]));
      return lossOf({ ...problem, factors: { ...factors, core, mask: core.mul(0).add(1) } });
    };
    const minima: number[] = [];
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ] as const) {
      // The loss is c + a x + b y + p x² + q y² + r x y, whose coefficients six of its values tell.
      const c = await at({});
      const [right, left] = [await at({ [i]: 1 }), await at({ [i]: -1 })];
      const [up, down] = [await at({ [j]: 1 }), await at({ [j]: -1 })];
      const [a, p] = [(right - left) / 2, (right + left) / 2 - c];
      const [b, q] = [(up - down) / 2, (up + down) / 2 - c];
      const r = (await at({ [i]: 1, [j]: 1 })) - c - a - b - p - q;
      const determinant = 4 * p * q - r * r;
      const [x, y] = [(r * b - 2 * q * a) / determinant, (r * a - 2 * p * b) / determinant];
      minima.push(c + (a * x + b * y) / 2);
    }
    expect(least).toBeCloseTo(Math.min(...minima), 7);
  });

  it('of all pairs at once is that of one after the other, in any order', async () => {
    const { pattern, ...problem } = randomProblem(5, { down: 2, across: 3 });
    const { factors, target, importance } = problem;
    const chosen = tensor(
      [
        [0, 2, 1],
        [1, 0, 2],
      ],
      'int32',
    );
    const atOnce = coreStep(factors, target, importance, { chosen });
    const order = [4, 0, 5, 2, 1, 3];
    let current = factors;
    for (const pair of order) {
      const all = coreStep(current, target, importance, { chosen });
      const isPair = tensor(
        Array.from({ length: 6 }, (_, i) => Number(i === pair)),
        'float64',
      ).reshape([2, 3, 1, 1]);
      const merge = (before: Tensor, after: Tensor) =>
        fromBlocks(
          toBlocks(after, 3, 4)
            .mul(isPair)
            .add(toBlocks(before, 3, 4).mul(isPair.neg().add(1))),
        );
      const [core, mask] = [merge(current.core.mul(current.mask), all.core), merge(current.mask, all.mask)];
      current = { ...current, core, mask };
    }
    await expectClose(current.core, atOnce.core, 1e-9);
    await expectClose(current.mask, atOnce.mask);
  });

  it('draws groups by their scores', async () => {
    const scores = [1, 3, 0, 0, 4, 0];
    const gradient = float64(scores.map((each) => [each, 0, 0, 0])).reshape([1, 1, 3, 8]);
    const chosenBy = (draws: readonly number[], choice?: GroupSelection['choice']) =>
      Promise.all(
        draws.map((each) =>
          chooseGroups(gradient, 4, { ...(choice && { choice }) }, float64([[each]])).item(),
        ),
      );
    // Sums are 1, 4, 4, 4, 8, 8 of 8.
    expect(await chosenBy([0, 0.12, 0.13, 0.49, 0.5, 0.99])).toEqual([0, 0, 1, 1, 4, 4]);
    expect(await chosenBy([0, 0.17, 0.5, 0.999, 1], 'uniform')).toEqual([0, 1, 3, 5, 5]);
    const choose = (selection: GroupSelection, x: Tensor) =>
      chooseGroups(x, 2, selection, float64([[0]])).item();
    const norms = float64([3, 3, 4.5, 0, 2.9, 2.9]).reshape([1, 1, 1, 6]);
    expect(await choose({ choice: 'greedy' }, norms)).toBe(0);
    expect(await choose({ choice: 'greedy', norm: 'L2' }, norms)).toBe(1);
    expect(await choose({ choice: 'greedy', norm: 'Linf' }, norms)).toBe(1);
  });
});
