import type { Budget } from '@evenkeel/lab';
import {
  compile,
  evaluate,
  foldIn,
  iota,
  normal,
  randomKey,
  scan,
  sigmoid,
  slice,
  splitKey,
  type Tensor,
  tensor,
  zeros,
} from '@evenkeel/tensor';
import { countChoices } from '../measures.js';
import type { Part, PartOutcome, PartProgress } from '../parts.js';
import { BalanceHistory } from '../training.js';
import {
  type BalancingStep,
  balancingTrajectory,
  dualObjective,
  type LossFreeBalancer,
  lossFreeBalancer,
} from './index.js';

const dtype = 'float64';
const topK = 2;

/** The same tokens again and again. */
const fixed = { tokens: 512, experts: 16, chunk: 20 } as const;
/** New tokens every step, and those that regret is measured with. */
const fresh = { tokens: 256, experts: 8, chunk: 20, sample: 20_000, early: 300 } as const;
const stepsOf: Readonly<Record<Budget, { fixed: number; fresh: number }>> = {
  full: { fixed: 2000, fresh: 3000 },
  quick: { fixed: 400, fresh: 600 },
};

/** Affinities of the fixed tokens, and where the fresh ones come from. */
export interface Assignments {
  readonly affinity: Tensor;
  /** How much experts are liked by all: `[experts]`. */
  readonly means: Tensor;
  readonly key: Tensor;
  /** Affinities of tokens like them, and the least value of the dual for each of these. */
  readonly sample: Tensor;
  readonly least: number;
}

const draw = (key: Tensor, tokens: number, means: Tensor) =>
  normal(key, [tokens, means.size], { dtype }).add(means);

/** f(p), the dual for each token. */
const objective = compile((affinity: Tensor, bias: Tensor) =>
  dualObjective(affinity, bias, topK).div(affinity.length(0)),
);

const towardsLeast = compile((balancer: LossFreeBalancer, sample: Tensor) =>
  balancer.update(countChoices(balancer.select(sample), fresh.experts)),
);

/** The least f(p) on a path of subgradient steps, short enough in the end for eight digits. */
async function leastObjective(sample: Tensor): Promise<number> {
  const { experts } = fresh;
  const step: BalancingStep = { rule: 'proportional', step: 1 / sample.length(0), schedule: '1/sqrt(n)' };
  let balancer = lossFreeBalancer({ experts, topK, ...step, dtype });
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 100; i++) {
    balancer = await towardsLeast(balancer, sample);
    if (i >= 80) least = Math.min(least, await (await objective(sample, balancer.bias)).item());
  }
  return least;
}

export async function drawAssignments(seed: number): Promise<Assignments> {
  const [fixedKey, fixedMeans, freshMeans, sampleKey, key] = splitKey(randomKey(seed), 5) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const means = normal(freshMeans, [fresh.experts], { dtype });
  const drawn = await evaluate({
    affinity: sigmoid(draw(fixedKey, fixed.tokens, normal(fixedMeans, [fixed.experts], { dtype }))),
    ...{ means, key },
    sample: sigmoid(draw(sampleKey, fresh.sample, means)),
  });
  return { ...drawn, least: await leastObjective(drawn.sample) };
}

/** Steps of the proportional rule in shares of the tokens. */
export const inShares = (step: BalancingStep, tokens: number): BalancingStep =>
  step.rule === 'proportional' ? { ...step, step: step.step! / tokens } : step;

export interface AssignmentRun {
  readonly data: Assignments;
  readonly step: BalancingStep;
  readonly budget: Budget;
  readonly signal?: AbortSignal | undefined;
}

/** Balances one batch of tokens, step by step. */
export const fixedTokensPart = (run: AssignmentRun): Part => ({
  steps: stepsOf[run.budget].fixed / fixed.chunk,
  run: () => balanceFixedTokens(run),
});

async function* balanceFixedTokens({
  data: { affinity },
  step,
  budget,
  signal,
}: AssignmentRun): AsyncGenerator<PartProgress, PartOutcome, void> {
  const options = { topK, ...inShares(step, fixed.tokens), iterations: fixed.chunk };
  const advance = compile((from: Tensor, updates: Tensor) =>
    balancingTrajectory(affinity, { ...options, bias: from, updates }),
  );
  const history = new BalanceHistory();
  const found = { fixedDeviation: 0, dual: 0, preferenceViolations: 0, identityError: 0, rising: 0 };
  const steps = stepsOf[budget].fixed;
  let bias = zeros([fixed.experts], dtype);
  for (let from = 0; from < steps; from += fixed.chunk) {
    signal?.throwIfAborted();
    const states = await advance(bias, tensor(from, dtype));
    bias = slice(states.bias, [fixed.chunk]).reshape([fixed.experts]);
    const dual = await rowsOf<number>(states.dualObjective);
    const decrease = await rowsOf<number>(states.dualDecreaseTerm);
    const benefit = await rowsOf<number>(states.switchingBenefit);
    const loads = await rowsOf<number[]>(states.loads);
    decrease.forEach((each, i) => {
      const change = dual[i + 1]! - dual[i]!;
      found.identityError = Math.max(found.identityError, Math.abs(change + each - benefit[i]!));
      // A change within rounding is none.
      if (change > 1e-9) found.rising += 1 / steps;
      history.add({ task: dual[i]!, load: loads[i]! });
    });
    found.preferenceViolations += await states.preferenceViolations.sum().item();
    const even = (topK * fixed.tokens) / fixed.experts;
    found.fixedDeviation = Math.max(...loads.at(-1)!.map((load) => Math.abs(load - even)));
    found.dual = dual.at(-1)!;
    yield { step: from / fixed.chunk + 1, metrics: { fixedDeviation: found.fixedDeviation } };
  }
  await advance.release();
  return {
    metrics: found,
    exhibits: [history.exhibit('Fixed tokens: load of each expert, 1 is an even share')],
  };
}

const rowsOf = async <Row>(x: Tensor): Promise<Row[]> => (await x.toArray()) as Row[];

/** Routes new tokens every step, and counts what that loses against the best biases. */
export const freshTokensPart = (run: AssignmentRun): Part => ({
  steps: stepsOf[run.budget].fresh / fresh.chunk,
  run: () => balanceFreshTokens(run),
});

/** Biases before each of some steps, and loads in them. */
const advanceFresh = compile((balancer: LossFreeBalancer, means: Tensor, key: Tensor, first: Tensor) =>
  scan(
    (each: LossFreeBalancer, n: Tensor) => {
      const { experts } = each.call(draw(foldIn(key, n), fresh.tokens, means));
      const load = countChoices(experts, fresh.experts);
      return [each.update(load), { bias: each.bias, load }] as const;
    },
    balancer,
    iota(fresh.chunk).add(first),
  ),
);

async function* balanceFreshTokens({
  data: { means, key, sample, least },
  step,
  budget,
  signal,
}: AssignmentRun): AsyncGenerator<PartProgress, PartOutcome, void> {
  const steps = stepsOf[budget].fresh;
  const history = new BalanceHistory();
  const own = inShares(step, fresh.tokens);
  let balancer = lossFreeBalancer({ experts: fresh.experts, topK, ...own, dtype });
  let [regret, earlyRegret] = [0, 0];
  for (let from = 0; from < steps; from += fresh.chunk) {
    signal?.throwIfAborted();
    const [next, rows] = await advanceFresh(balancer, means, key, tensor(from, 'int32'));
    balancer = next;
    const biases = await rowsOf<number[]>(rows.bias);
    const loads = await rowsOf<number[]>(rows.load);
    for (const load of loads) history.add({ task: regret, load });
    // The first hundred steps each, then one for all of a chunk.
    const measured = from < 100 ? biases : biases.slice(0, 1);
    for (const bias of measured) {
      const value = await (await objective(sample, tensor(bias, dtype))).item();
      regret += ((value - least) * fresh.chunk) / measured.length;
    }
    if (from + fresh.chunk === fresh.early) earlyRegret = regret;
    yield { step: from / fresh.chunk + 1, metrics: { regret } };
  }
  const lateRegret = regret - earlyRegret;
  return {
    // What is not above 0 has no logarithm.
    metrics: { regret, lateRegret, logLateRegret: Math.log(Math.max(lateRegret, 1e-6)) },
    exhibits: [history.exhibit('New tokens every step: load of each expert, 1 is an even share')],
  };
}
