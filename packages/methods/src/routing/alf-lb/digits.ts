import type { Budget } from '@evenkeel/lab';
import {
  accuracy,
  adam,
  type Columns,
  crossEntropy,
  type GreyImages,
  Linear,
  loader,
  MixtureOfExperts,
  type RouterStatistics,
  relu,
  type TensorBatch,
  toTensors,
} from '@evenkeel/nn';
import { compile, randomKey, sigmoid, splitKey, type Tensor } from '@evenkeel/tensor';
import { loadBalanceLoss } from '../global-batch-lbl/index.js';
import { maxViolation } from '../measures.js';
import type { Part, PartOutcome, PartProgress } from '../parts.js';
import { BalanceHistory, trainBalanced, valuesOf } from '../training.js';
import { inShares } from './assignment.js';
import { type BalancingStep, type LossFreeBalancer, lossFreeBalancer } from './index.js';

const [experts, topK, width, pixels, batchSize] = [16, 2, 32, 28 * 28, 128];
const stepsOf: Readonly<Record<Budget, number>> = { full: 600, quick: 200 };
const measureEvery = 20;

type Samples = TensorBatch<GreyImages>;

export interface Digits {
  readonly train: Columns<GreyImages>;
  readonly test: Columns<GreyImages>;
}

/** Linear, ReLU, linear. */
class Expert {
  readonly first: Linear;
  readonly second: Linear;

  constructor(key: Tensor) {
    const [firstKey, secondKey] = splitKey(key);
    this.first = new Linear(firstKey, width, width);
    this.second = new Linear(secondKey, width, width);
  }

  call(x: Tensor): Tensor {
    return this.second.call(relu(this.first.call(x)));
  }
}

/** A layer, what a mixture of experts adds to it, and logits. */
class Network {
  readonly input: Linear;
  readonly mixture: MixtureOfExperts<Expert, LossFreeBalancer>;
  readonly output: Linear;

  constructor(key: Tensor, router: LossFreeBalancer) {
    const [inputKey, mixtureKey, outputKey] = splitKey(key, 3);
    this.input = new Linear(inputKey, pixels, width);
    this.mixture = new MixtureOfExperts(mixtureKey, width, experts, (each) => new Expert(each), { router });
    this.output = new Linear(outputKey, width, 10);
  }

  call(images: Tensor): [logits: Tensor, statistics: RouterStatistics] {
    const features = relu(this.input.call(images.reshape([images.length(0), pixels])));
    const [mixed, statistics] = this.mixture.call(features);
    return [this.output.call(features.add(mixed)), statistics];
  }

  withRouter(router: LossFreeBalancer): Network {
    return Object.assign(Object.create(Network.prototype), this, {
      mixture: this.mixture.withRouter(router),
    });
  }
}

/** The usual auxiliary loss over a batch; sigmoid scores divided by their sum are its probabilities. */
export function auxiliaryLoss({ scores, experts: chosen }: RouterStatistics, weight: number): Tensor {
  const affinities = sigmoid(scores);
  const probabilities = affinities.div(affinities.sum({ axis: -1, keepAxes: true }));
  return loadBalanceLoss(probabilities.reshape([1, ...scores.shape]), chosen.reshape([1, ...chosen.shape]), {
    weight,
  }).loss;
}

const measure = compile((network: Network, { images, labels }: Samples) => {
  const [logits, { load }] = network.call(images);
  const testLoss = crossEntropy(logits, labels);
  return {
    load,
    metrics: {
      testLoss,
      logTestLoss: testLoss.log(),
      accuracy: accuracy(logits, labels),
      maxVio: maxViolation(load),
    },
  };
});

export interface DigitsRun {
  readonly data: Digits;
  readonly step: BalancingStep;
  /** Weight of an auxiliary loss; 0 for none. */
  readonly auxiliary: number;
  readonly seed: number;
  readonly budget: Budget;
  readonly signal?: AbortSignal | undefined;
}

/** Trains a network with a mixture of experts on digits, and measures it on others. */
export const digitsPart = (run: DigitsRun): Part => ({
  steps: stepsOf[run.budget],
  run: () => trainOnDigits(run),
});

async function* trainOnDigits({
  data,
  step,
  auxiliary,
  seed,
  budget,
  signal,
}: DigitsRun): AsyncGenerator<PartProgress, PartOutcome, void> {
  const router = lossFreeBalancer({ experts, topK, ...inShares(step, batchSize) });
  let model = new Network(randomKey(seed), router);
  const history = new BalanceHistory();
  for await (const progress of trainBalanced({
    ...{ model, experts, steps: stepsOf[budget], seed, signal },
    loss: (network: Network, { images, labels }: Samples) => {
      const [logits, statistics] = network.call(images);
      const task = crossEntropy(logits, labels);
      const loss = auxiliary > 0 ? task.add(auxiliaryLoss(statistics, auxiliary)) : task;
      const { load } = statistics;
      return { loss, task, load, model: network.withRouter(network.mixture.router.update(load)) };
    },
    optimizer: adam({ learningRate: 3e-3 }),
    batches: loader(data.train, { batchSize, seed }),
  })) {
    history.add(progress);
    model = progress.model;
    if (progress.step % measureEvery === 0) yield { step: progress.step, metrics: history.recent() };
  }
  const { metrics, load } = await measure(model, toTensors(data.test.columns));
  const found = await valuesOf(metrics);
  const deadExperts = Array.from(await load.data(), Number).filter((each) => each === 0).length;
  return {
    // What is 0 has no logarithm.
    metrics: {
      ...found,
      logMaxVio: Math.log(Math.max(found.maxVio, 1e-4)),
      deadExperts,
      ...history.recent(),
    },
    exhibits: [history.exhibit('Digits: load of each expert in training, 1 is an even share')],
  };
}
