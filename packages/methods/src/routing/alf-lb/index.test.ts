import {
  crossEntropy,
  fit,
  Linear,
  MixtureOfExperts,
  readSafetensors,
  repeat,
  saveModel,
  sgd,
} from '@evenkeel/nn';
import {
  compile,
  evaluate,
  flatten,
  grad,
  normal,
  randomKey,
  sigmoid,
  slice,
  splitKey,
  stack,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, requireOption, testGolden } from '../../testing/golden.js';
import { countChoices } from '../measures.js';
import golden from './golden.json' with { type: 'json' };
import {
  balancingTrajectory,
  type DualStepOptions,
  dualObjective,
  dualStep,
  lagrangian,
  lossFreeBalancer,
  selection,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

/** `sign`, `proportional`, and either with `/sqrt` or `/n` behind it. */
function stepOf({
  rule = 'sign',
  step,
  topK,
}: {
  rule: string;
  step: number;
  topK: number;
}): DualStepOptions {
  const [kind, ...schedule] = rule.split('/');
  const schedules: Record<string, DualStepOptions['schedule']> = {
    '': 'constant',
    sqrt: '1/sqrt(n)',
    n: '1/n',
  };
  requireOption('schedule', schedule.join('/'), Object.keys(schedules));
  return {
    rule: kind as DualStepOptions['rule'] & string,
    step,
    topK,
    schedule: schedules[schedule.join('/')]!,
  };
}

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    route: {
      // The file has eight decimals.
      tolerance: { absolute: 1e-8 },
      async run({ inputs, options: { topK, score, normalize, scale } }) {
        const logits = float64(inputs.logits);
        const experts = logits.length(1);
        const balancer = lossFreeBalancer({ experts, topK, score, normalize, scale, dtype: 'float64' });
        const biased = Object.assign(Object.create(balancer), {
          bias: float64(inputs.bias ?? Array(experts).fill(0)),
        });
        const { experts: chosen, weights } = biased.call(logits);
        const rows = (await chosen.toArray()) as number[][];
        const shares = (await weights.toArray()) as number[][];
        const loads = countChoices(chosen, experts);
        return {
          indices: rows.map((row) => [...row].sort((a, b) => a - b)),
          weights: rows.map((row, token) =>
            Array.from({ length: experts }, (_, expert) => shares[token]![row.indexOf(expert)] ?? 0),
          ),
          loads: await loads.toArray(),
          maxVio: await balancer.maxVio(loads).item(),
        };
      },
    },
    trajectory: {
      async run({ inputs, options }) {
        const { iterations } = options;
        const found = balancingTrajectory(float64(inputs.affinity), { ...stepOf(options), iterations });
        return {
          bias: await found.bias.toArray(),
          loads: await found.loads.toArray(),
          dualObjective: await found.dualObjective.toArray(),
          maxVio: await found.maxVio.toArray(),
        };
      },
    },
    dualStep: {
      async run({ inputs, options }) {
        const affinity = float64(inputs.affinity);
        const found = dualStep(affinity, float64(inputs.bias), stepOf(options));
        const [tokens, experts] = affinity.shape as [number, number];
        return {
          target: (options.topK * tokens) / experts,
          loads: await found.loads.toArray(),
          newBias: await found.newBias.toArray(),
          newLoads: await found.newLoads.toArray(),
          dualBefore: await found.dualBefore.item(),
          dualAfter: await found.dualAfter.item(),
          dualDecreaseTerm: await found.dualDecreaseTerm.item(),
          switchingBenefit: await found.switchingBenefit.toArray(),
        };
      },
    },
  });
});

/** Affinities and biases of a random problem. */
const problems = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  tokens: fc.integer({ min: 1, max: 24 }),
  experts: fc.integer({ min: 2, max: 7 }),
  rule: fc.constantFrom('sign' as const, 'proportional' as const),
  schedule: fc.constantFrom('constant' as const, '1/n' as const, '1/sqrt(n)' as const),
});

const drawn = ({ seed, tokens, experts }: { seed: number; tokens: number; experts: number }) => {
  const [affinityKey, biasKey] = splitKey(randomKey(seed), 2);
  return {
    affinity: sigmoid(normal(affinityKey!, [tokens, experts], { dtype: 'float64' })),
    bias: normal(biasKey!, [experts], { dtype: 'float64' }).mul(0.1),
    topK: 1 + (seed % experts),
  };
};

describe('choosing', () => {
  it('sends K tokens each, and ignores a bias that is the same for all', () =>
    fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const { affinity, topK } = drawn(problem);
        const { experts, tokens } = problem;
        const plain = lossFreeBalancer({ experts, topK, dtype: 'float64' });
        const shifted = Object.assign(Object.create(plain), { bias: plain.bias.add(0.25) });
        const [chosen, other] = [plain.call(affinity), shifted.call(affinity)];
        expect(await numbers(other.experts)).toEqual(await numbers(chosen.experts));
        expect(await numbers(other.weights)).toEqual(await numbers(chosen.weights));
        const loads = await numbers(countChoices(chosen.experts, experts));
        expect(loads.reduce((a, b) => a + b)).toBe(topK * tokens);
      }),
      { numRuns: 15 },
    ));

  it('chooses by biased scores and weighs by unbiased ones, as DeepSeek-V3 does', async () => {
    const scores = [0.6, 0.5, 0.4];
    const logits = float64([scores.map((p) => Math.log(p / (1 - p)))]);
    const balancer = lossFreeBalancer({ experts: 3, topK: 2, dtype: 'float64' });
    const biased = Object.assign(Object.create(balancer), { bias: float64([0, 0, 0.3]) });
    const { experts, weights } = biased.call(logits);
    expect(await numbers(experts)).toEqual([2, 0]);
    for (const [i, weight] of (await numbers(weights)).entries())
      expect(weight).toBeCloseTo([0.4, 0.6][i]!, 12);
  });

  it('gives biases no gradient, and scores that of the weights alone', async () => {
    const logits = float64([[0.2, 1, -0.5]]);
    const balancer = lossFreeBalancer({ experts: 3, topK: 2, normalize: false, dtype: 'float64' });
    const total = (router: typeof balancer, at: Tensor) => router.call(at).weights.sum();
    expect(await numbers(grad(total)(balancer, logits).bias)).toEqual([0, 0, 0]);
    const slopes = await numbers(grad((at: Tensor) => total(balancer, at))(logits));
    const slope = (x: number) => Math.exp(-x) / (1 + Math.exp(-x)) ** 2;
    for (const [i, each] of [slope(0.2), slope(1), 0].entries()) expect(slopes[i]).toBeCloseTo(each, 12);
  });

  it('balances any router, and weighs nothing where it sends a token nowhere', async () => {
    const balancer = lossFreeBalancer({
      experts: 3,
      topK: 1,
      dtype: 'float64',
      choose: (scores) => ({ experts: tensor([[1], [-1]], 'int32'), weights: scores }),
    });
    const { experts, weights } = balancer.call(zeros([2, 3], 'float64'));
    expect(await numbers(experts)).toEqual([1, -1]);
    expect(await numbers(weights)).toEqual([1, 0]);
  });
});

describe('updating', () => {
  const balancer = (options = {}) => lossFreeBalancer({ experts: 2, topK: 1, dtype: 'float64', ...options });

  it('raises biases below the mean load, lowers those above, and leaves even loads alone', async () => {
    expect(await numbers(balancer({ step: 0.2 }).update(tensor([4, 0])).bias)).toEqual([-0.2, 0.2]);
    expect(await numbers(balancer({ step: 0.2 }).update(tensor([2, 2])).bias)).toEqual([0, 0]);
    expect(await numbers(balancer({ rule: 'proportional', step: 0.1 }).update(tensor([4, 0])).bias)).toEqual([
      -0.2, 0.2,
    ]);
  });

  it('moves as the sign rule does with steps of u / |L - A|', () =>
    fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const { affinity, bias, topK } = drawn(problem);
        const step = 0.05;
        const { newBias, loads } = dualStep(affinity, bias, { topK, rule: 'sign', step });
        const target = (topK * problem.tokens) / problem.experts;
        const [moved, from, counts] = [await numbers(newBias), await numbers(bias), await numbers(loads)];
        moved.forEach((each, k) => {
          const missing = target - counts[k]!;
          const epsilon = missing === 0 ? 0 : step / Math.abs(missing);
          expect(each).toBeCloseTo(from[k]! + epsilon * missing, 12);
        });
      }),
      { numRuns: 15 },
    ));

  it('keeps the sum of biases with the proportional rule and with centring, not with the sign rule', async () => {
    const counts = tensor([6, 1, 2]);
    const total = async (options: object) =>
      await lossFreeBalancer({ experts: 3, topK: 1, dtype: 'float64', ...options })
        .update(counts)
        .bias.sum()
        .item();
    expect(await total({ rule: 'proportional' })).toBeCloseTo(0, 12);
    expect(await total({ center: true })).toBeCloseTo(0, 12);
    expect(await total({})).toBeCloseTo(0.001, 12);
  });

  it.each([
    ['constant', [0.1, 0.1, 0.1]],
    ['1/n', [0.1, 0.05, 0.1 / 3]],
    ['1/sqrt(n)', [0.1, 0.1 / Math.SQRT2, 0.1 / Math.sqrt(3)]],
  ] as const)('divides steps by what the schedule %s says', async (schedule, steps) => {
    let router = balancer({ step: 0.1, schedule });
    let before = 0;
    for (const step of steps) {
      router = await evaluate(router.update(tensor([1, 0])));
      const [, now] = await numbers(router.bias);
      expect(now! - before).toBeCloseTo(step, 12);
      before = now!;
    }
    expect(await router.updates.item()).toBe(3);
  });

  it('is state of the model: trained, saved and left alone by evaluation', async () => {
    const make = () => {
      const [moeKey, headKey] = splitKey(randomKey(1), 2);
      const router = lossFreeBalancer({ experts: 4, topK: 2, step: 0.01 });
      return {
        moe: new MixtureOfExperts(moeKey!, 3, 4, (key) => new Linear(key, 3, 3), { router }),
        head: new Linear(headKey!, 3, 2),
      };
    };
    const batch = {
      inputs: normal(randomKey(2), [32, 3]),
      labels: tensor(
        Array.from({ length: 32 }, (_, i) => i % 2),
        'int32',
      ),
    };
    const start = make();
    const [, { load }] = start.moe.call(batch.inputs);
    const expected = await numbers(start.moe.router.update(load).bias);
    const { model } = await fit({
      model: start,
      loss: ({ moe, head }, { inputs, labels }: typeof batch) => {
        const [features, statistics] = moe.call(inputs);
        const loss = crossEntropy(head.call(features), labels);
        return { loss, model: { head, moe: moe.withRouter(moe.router.update(statistics.load)) } };
      },
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
      batches: repeat(batch),
      steps: 1,
    });
    expect(await numbers(model.moe.router.bias)).toEqual(expected);
    const { arrays } = readSafetensors(await saveModel(model));
    expect(Object.keys(arrays)).toEqual(expect.arrayContaining(['moe.router.bias', 'moe.router.updates']));
    await evaluate(model.moe.call(batch.inputs)[0]);
    expect(await numbers(model.moe.router.bias)).toEqual(expected);
    expect(flatten(start).paths).toContain('moe.router.bias');
  });
});

describe('the assignment problem', () => {
  const gamma = float64([
    [0.9, 0.1],
    [0.8, 0.3],
    [0.7, 0.4],
    [0.6, 0.5],
  ]);

  it('is solved by one step where it can be done by hand', async () => {
    const found = dualStep(gamma, float64([0, 0]), { topK: 1, rule: 'sign', step: 0.2 });
    expect(await numbers(found.loads)).toEqual([4, 0]);
    expect(await numbers(found.newLoads)).toEqual([2, 2]);
    const close = async (scalar: Tensor, expected: number) =>
      expect(await scalar.item()).toBeCloseTo(expected, 12);
    await close(found.dualBefore, 3);
    await close(found.dualDecreaseTerm, 0.8);
    await close(found.switchingBenefit.sum(), 0.4);
    await close(found.dualAfter, 2.6);
    await close(found.preferenceViolations, 0);
  });

  it('has a dual that a constant does not change, and that no balanced assignment exceeds', () =>
    fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const { seed, experts } = problem;
        // As many tokens as experts: shifting the experts round gives each K tokens.
        const { affinity, bias, topK } = drawn({ ...problem, tokens: experts });
        const dual = await dualObjective(affinity, bias, topK).item();
        expect(await dualObjective(affinity, bias.add(3), topK).item()).toBeCloseTo(dual, 9);
        const round = Array.from({ length: experts }, (_, i) =>
          Array.from({ length: experts }, (__, k) => Number((k + i + seed) % experts < topK)),
        );
        const value = await affinity.mul(float64(round)).sum().item();
        expect(value).toBeLessThanOrEqual(dual + 1e-9);
        expect(await lagrangian(float64(round), affinity, bias, topK).item()).toBeCloseTo(value, 9);
        const chosen = selection(affinity, bias, topK);
        expect(await lagrangian(chosen, affinity, bias, topK).item()).toBeCloseTo(dual, 9);
      }),
      { numRuns: 15 },
    ));

  it('has a dual that is convex', () =>
    fc.assert(
      fc.asyncProperty(problems, fc.integer({ min: 0, max: 10 }), async (problem, tenths) => {
        const t = tenths / 10;
        const { affinity, bias, topK } = drawn(problem);
        const other = normal(randomKey(problem.seed + 1), bias.shape, { dtype: 'float64' });
        const between = bias.mul(t).add(other.mul(1 - t));
        const [first, second, inside] = await numbers(
          stack([bias, other, between].map((each) => dualObjective(affinity, each, topK))),
        );
        expect(inside).toBeLessThanOrEqual(t * first! + (1 - t) * second! + 1e-9);
      }),
      { numRuns: 15 },
    ));

  it('falls by what balancing gains less what tokens gain, and they only move to less loaded experts', () =>
    fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const { affinity, bias, topK } = drawn(problem);
        const { rule, schedule } = problem;
        const found = dualStep(affinity, bias, { topK, rule, schedule, step: 0.03 }, tensor(5, 'float64'));
        const [before, after, decrease] = await numbers(
          stack([found.dualBefore, found.dualAfter, found.dualDecreaseTerm]),
        );
        const benefits = await numbers(found.switchingBenefit);
        const total = benefits.reduce((a, b) => a + b);
        expect(Math.abs(after! - before! - (total - decrease!))).toBeLessThan(1e-9);
        for (const benefit of benefits) expect(benefit).toBeGreaterThanOrEqual(-1e-12);
        if (rule === 'sign')
          for (const benefit of benefits) expect(benefit).toBeLessThanOrEqual(topK * 0.06 + 1e-12);
        expect(await found.preferenceViolations.item()).toBe(0);
      }),
      { numRuns: 25 },
    ));

  it('ends within a band of E - 1 tokens around even loads, and no token ever breaks the preference rule', async () => {
    const affinity = uniform(randomKey(3), [40, 4], { dtype: 'float64' }).mul(float64([1, 0.9, 0.5, 0.4]));
    const run = compile((each: Tensor) =>
      balancingTrajectory(each, { topK: 1, rule: 'proportional', step: 0.002, iterations: 200 }),
    );
    const { preferenceViolations, loads, dualObjective: dual } = await run(affinity);
    expect(Math.max(...(await numbers(preferenceViolations)))).toBe(0);
    const counts = (await loads.toArray()) as number[][];
    const deviation = (row: number[]) => Math.max(...row.map((load) => Math.abs(load - 10)));
    expect(deviation(counts[0]!)).toBeGreaterThan(3);
    expect(deviation(counts[200]!)).toBeLessThanOrEqual(3);
    const objective = await numbers(dual);
    expect(objective[200]!).toBeLessThan(objective[0]!);
  });
});

describe('a trajectory', () => {
  it('goes on where another one ended, and schedules with it', async () => {
    const { affinity } = drawn({ seed: 4, tokens: 12, experts: 3 });
    const options = { topK: 1, rule: 'sign', step: 0.1, schedule: '1/n', iterations: 6 } as const;
    const { bias, loads, switchingBenefit } = balancingTrajectory(affinity, options);
    const later = balancingTrajectory(affinity, {
      ...options,
      iterations: 2,
      bias: slice(bias, [4], [5]).reshape([3]),
      updates: tensor(4, 'float64'),
    });
    expect(await numbers(later.bias)).toEqual(await numbers(slice(bias, [4])));
    expect(await numbers(later.loads)).toEqual(await numbers(slice(loads, [4])));
    expect(await numbers(later.switchingBenefit)).toEqual(await numbers(slice(switchingBenefit, [4])));
  });
});

describe('bad input', () => {
  const make = (options: object) => lossFreeBalancer({ experts: 4, topK: 2, ...options });
  const problem = (options: object = {}) => dualStep(zeros([3, 2]), zeros([2]), { topK: 1, ...options });

  it.each([
    ['no experts for a token', () => make({ topK: 0 }), /topK must be an integer from 1 to 4, got 0/],
    ['more experts for a token than there are', () => make({ topK: 5 }), /from 1 to 4, got 5/],
    ['half an expert', () => make({ experts: 1.5 }), /experts must be an integer of at least 1, got 1.5/],
    ['a negative step', () => make({ step: -0.1 }), /step must be finite and not negative, got -0.1/],
    ['an unknown rule', () => make({ rule: 'cube' }), /rule must be one of sign, proportional, got cube/],
    ['an unknown schedule', () => make({ schedule: '1/n²' }), /schedule must be one of constant, 1\/n, /],
    ['an unknown score', () => make({ score: 'tanh' }), /score must be one of sigmoid, softmax, got tanh/],
    ['a scale of 0', () => make({ scale: 0 }), /scale must be positive and finite, got 0/],
    [
      'scores of other experts',
      () => make({}).call(zeros([5, 3])),
      /expected scores \[tokens, 4\], got \[5, 3\]/,
    ],
    ['too few counts', () => make({}).update(tensor([1, 2])), /expected counts \[..., 4\], got \[2\]/],
    [
      'counts of two batches',
      () => make({}).update(zeros([2, 4])),
      /update: expected counts \[4\], got \[2, 4\]/,
    ],
    ['a negative count', () => make({}).update(tensor([1, 2, -3, 0])), /finite and not negative, got -3/],
    [
      'a count that is not finite',
      () => make({}).update(tensor([1, 1 / 0, 0, 0])),
      /not negative, got Infinity/,
    ],
    ['counts of nothing', () => make({}).update(tensor([0, 0, 0, 0])), /counts must not all be 0/],
    ['MaxVio of too many counts', () => make({}).maxVio(tensor([1, 2, 3, 4, 5])), /maxVio: expected counts/],
    [
      'affinities of rank 1',
      () => dualObjective(zeros([3]), zeros([3]), 1),
      /affinities \[tokens, experts\], got \[3\]/,
    ],
    [
      'biases of other experts',
      () => dualObjective(zeros([3, 2]), zeros([3]), 1),
      /expected biases \[2\], got \[3\]/,
    ],
    ['mixed precision', () => dualObjective(zeros([3, 2]), zeros([2], 'float64'), 1), /float32 and float64/],
    [
      'an assignment of other tokens',
      () => lagrangian(zeros([4, 2]), zeros([3, 2]), zeros([2]), 1),
      /expected x \[3, 2\]/,
    ],
    [
      'a dual step with too many experts',
      () => problem({ topK: 3 }),
      /dualStep: topK must be an integer from 1 to 2/,
    ],
    [
      'a negative dual step',
      () => problem({ step: -1 }),
      /dualStep: step must be finite and not negative, got -1/,
    ],
    [
      'no iterations',
      () => balancingTrajectory(zeros([3, 2]), { topK: 1, iterations: 0 }),
      /iterations must be an integer of at least 1, got 0/,
    ],
  ])('refuses %s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });

  it('refuses a second update in one step, in a trace too, and takes the next step', async () => {
    const counts = tensor([3, 1, 0, 0]);
    const twice = (router: ReturnType<typeof make>) => router.update(counts).update(counts);
    expect(() => twice(make({}))).toThrow(/update: called twice for one step/);
    await expect(compile(twice)(make({}))).rejects.toThrow(/called twice for one step/);
    const once = compile((router: ReturnType<typeof make>) => router.update(counts));
    const second = await once(await once(make({})));
    expect(await second.updates.item()).toBe(2);
  });
});
