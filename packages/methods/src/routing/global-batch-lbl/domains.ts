import type { Budget } from '@evenkeel/lab';
import {
  adam,
  type Columns,
  type DomainTokens,
  domainTokens,
  Linear,
  MixtureOfExperts,
  meanSquaredError,
  type Router,
  type RouterStatistics,
  relu,
  topKRouter,
} from '@evenkeel/nn';
import { compile, randomKey, softmax, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import { countChoices, maxViolation, specialization } from '../measures.js';
import type { Part, PartOutcome, PartProgress } from '../parts.js';
import { BalanceHistory, batchesBy, loadMap, trainBalanced, valuesOf } from '../training.js';
import { type LoadBalanceOptions, loadBalanceLoss } from './index.js';

const [groups, tokens, domains, experts] = [8, 32, 4, 8];
const [inputs, hidden] = [12, 8];
/** Micro-batches of a domain that are measured, with as many tokens each. */
const [testBatches, testTokens] = [10, 100];
const stepsOf: Readonly<Record<Budget, number>> = { full: 1000, quick: 300 };
const learningRate = 5e-3;
const measureEvery = 20;

/** Tokens of four domains. */
export interface Domains {
  readonly train: Columns<DomainTokens>;
  readonly test: Columns<DomainTokens>;
}

export const loadDomains = (seed: number, budget: Budget): Domains => ({
  train: domainTokens({ seed: 2 * seed, batches: stepsOf[budget], domains, microBatches: groups, tokens }),
  test: domainTokens({
    ...{ seed: 2 * seed + 1, batches: testBatches, domains },
    ...{ microBatches: domains, tokens: testTokens },
  }),
});

/** Micro-batches of tokens, and what to predict of them. */
interface Batch {
  /** `[G, n, 12]` */
  readonly inputs: Tensor;
  /** `[G, n]` */
  readonly targets: Tensor;
}

/** Global batches from one to before another, with the micro-batches of all of them together. */
function batchesIn(
  { columns: { inputs: x, targets: y } }: Columns<DomainTokens>,
  from: number,
  to: number,
): Batch {
  const [, perBatch, n, width] = x.shape as [number, number, number, number];
  const rows = (data: ArrayLike<number>, each: number) => {
    const size = perBatch * n * each;
    return (data as Float32Array).slice(from * size, to * size);
  };
  const count = (to - from) * perBatch;
  return {
    inputs: tensor(rows(x.data, width), { shape: [count, n, width] }),
    targets: tensor(rows(y.data, 1), { shape: [count, n] }),
  };
}

/** The two experts with the highest scores, their softmax weights divided by the sum of both. */
export const topTwo: Router = (scores) => {
  const { experts: chosen, weights } = topKRouter(2)(scores);
  return { experts: chosen, weights: weights.div(weights.sum({ axis: -1, keepAxes: true })) };
};

/** The balancing loss of what a router did with `count` micro-batches of equally many tokens. */
export function balanceLoss(
  { scores, experts: chosen }: RouterStatistics,
  count: number,
  options: LoadBalanceOptions,
): Tensor {
  const each = scores.length(0) / count;
  const probabilities = softmax(scores).reshape([count, each, scores.length(1)]);
  return loadBalanceLoss(probabilities, chosen.reshape([count, each, chosen.length(1)]), options).loss;
}

/** Linear, ReLU, linear, to one number. */
class Expert {
  readonly hidden: Linear;
  readonly output: Linear;

  constructor(key: Tensor) {
    const [hiddenKey, outputKey] = splitKey(key);
    this.hidden = new Linear(hiddenKey, inputs, hidden);
    this.output = new Linear(outputKey, hidden, 1);
  }

  call(x: Tensor): Tensor {
    return this.output.call(relu(this.hidden.call(x)));
  }
}

type Mixture = MixtureOfExperts<Expert, Router>;

const measure = compile((mixture: Mixture, { inputs: x, targets: y }: Batch) => {
  const [output, statistics] = mixture.call(x);
  const chosen = statistics.experts.reshape([testBatches, domains, testTokens, 2]);
  const counts = countChoices(chosen, experts).sum({ axis: 0 });
  const variance = y.square().mean().sub(y.mean().square());
  const error = meanSquaredError(output.reshape(y.shape), y).div(variance);
  return {
    counts,
    metrics: {
      error,
      logError: error.log(),
      specialization: specialization(counts),
      maxVio: maxViolation(counts.sum({ axis: 0 })),
      microLoss: balanceLoss(statistics, testBatches * domains, { level: 'micro', weight: 1 }),
    },
  };
});

export interface DomainTraining {
  readonly data: Domains;
  /** None where nothing balances. */
  readonly balance: LoadBalanceOptions | undefined;
  readonly seed: number;
  readonly budget: Budget;
  readonly signal?: AbortSignal | undefined;
}

/** Trains a mixture of experts on four domains, and measures it on new tokens. */
export const domainsPart = (training: DomainTraining): Part => ({
  steps: stepsOf[training.budget],
  run: () => trainOnDomains(training),
});

async function* trainOnDomains({
  data,
  balance,
  seed,
  budget,
  signal,
}: DomainTraining): AsyncGenerator<PartProgress, PartOutcome, void> {
  const steps = stepsOf[budget];
  let model: Mixture = new MixtureOfExperts(randomKey(seed), inputs, experts, (key) => new Expert(key), {
    router: topTwo,
  });
  const history = new BalanceHistory();
  for await (const progress of trainBalanced({
    ...{ model, experts, steps, seed, signal },
    loss: (mixture: Mixture, { inputs: x, targets: y }: Batch, key) => {
      const [output, statistics] = mixture.call(x);
      const error = meanSquaredError(output.reshape(y.shape), y);
      const loss = balance ? error.add(balanceLoss(statistics, groups, keyed(balance, key))) : error;
      return { loss, task: error, load: statistics.load };
    },
    optimizer: adam({ learningRate: decayed(steps) }),
    batches: batchesBy((step) => batchesIn(data.train, step, step + 1)),
  })) {
    history.add(progress);
    model = progress.model;
    if (progress.step % measureEvery === 0) yield { step: progress.step, metrics: history.recent() };
  }
  const { metrics, counts } = await measure(model, batchesIn(data.test, 0, testBatches));
  return {
    metrics: { ...(await valuesOf(metrics)), ...history.recent() },
    exhibits: [
      history.exhibit('Load of each expert in training, 1 is an even share'),
      loadMap(
        'Load of each expert by domain, 1 is an even share',
        'domain',
        (await counts.toArray()) as number[][],
      ),
    ],
  };
}

/** Options with the key of a step where they need one. */
export const keyed = (options: LoadBalanceOptions, key: Tensor): LoadBalanceOptions =>
  options.level === 'shuffle' ? { ...options, key } : options;

/** A line to almost 0. */
const decayed = (steps: number) => (step: Tensor) =>
  step.cast('float32').div(-steps).add(1).mul(learningRate).add(1e-5);
