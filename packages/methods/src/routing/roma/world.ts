import {
  adam,
  crossEntropy,
  Linear,
  loader,
  MixtureOfExperts,
  type RoutedTasks,
  type Router,
  relu,
  routedTasks,
  type TensorBatch,
  topKRouter,
  toTensors,
  train,
} from '@evenkeel/nn';
import {
  argMax,
  compile,
  concat,
  copy,
  equal,
  mean,
  normal,
  oneHot,
  randomKey,
  slice,
  softmax,
  splitKey,
  stack,
  sum,
  type Tensor,
  zeros,
} from '@evenkeel/tensor';
import type { RoutedAnswers } from './index.js';

// Eight tasks that a router has to tell apart, and an expert for each.

export const tasks = 8;
const contentWidth = 6;
const centreWidth = 8;
/** With the content beside them, which says nothing of the task, a router sees 48 numbers that mean nothing. */
const nuisance = 42;
const width = centreWidth + nuisance + contentWidth;

/** What a mixture gets, a noisy view of the task and the content; a cleaner view; and what is to be told. */
export type Samples = Readonly<Record<'inputs' | 'embeddings' | 'tasks' | 'labels', Tensor>>;

export function drawSamples(seed: number, count: number): Samples {
  const { samples } = routedTasks({ seed, nuisance, samples: count });
  const { contents, routerInputs, ...rest } = toTensors(samples.columns);
  return { inputs: concat([routerInputs, contents], -1), ...rest };
}

/** Two layers over the content, which is the last of what a mixture gets. */
class Expert {
  readonly hidden: Linear;
  readonly output: Linear;

  constructor(key: Tensor) {
    const [hidden, output] = splitKey(key) as [Tensor, Tensor];
    this.hidden = new Linear(hidden, contentWidth, 32);
    this.output = new Linear(output, 32, 3);
  }

  call(x: Tensor): Tensor {
    const [rows, all] = x.shape as [number, number];
    const content = slice(x, [0, all - contentWidth], [rows, all]);
    return this.output.call(relu(this.hidden.call(content)));
  }
}

/** The two experts with the highest scores, their weights divided by the sum of both. */
const router: Router = (scores) => {
  const { experts, weights } = topKRouter(2)(scores);
  return { experts, weights: weights.div(sum(weights, { axis: -1, keepAxes: true })) };
};

export type Mixture = MixtureOfExperts<Expert, Router>;

export function answers(mixture: Mixture, { inputs }: Pick<Samples, 'inputs'>): RoutedAnswers {
  const [logits, statistics] = mixture.call(inputs);
  return { logits, routers: [statistics] };
}

/** What each sample's own expert says of it: `[n, 3]`. */
const byOwnExpert = (mixture: Mixture, { inputs, tasks: own }: Pick<Samples, 'inputs' | 'tasks'>): Tensor => {
  const all = stack(
    mixture.experts.map((expert) => expert.call(inputs)),
    1,
  );
  return sum(all.mul(oneHot(own, tasks).reshape([own.size, tasks, 1])), { axis: 1 });
};

/** A mixture whose experts have learned a task each, and whose router knows a third of what tells the tasks. */
export async function pretrained(seed: number, signal?: AbortSignal): Promise<Mixture> {
  const [key, gateKey] = splitKey(randomKey(seed)) as [Tensor, Tensor];
  const start: Mixture = new MixtureOfExperts(key, width, tasks, (each) => new Expert(each), { router });
  const [steps, batchSize] = [500, 256];
  const { samples } = routedTasks({ seed: 2000 + seed, nuisance: 0, samples: steps * batchSize });
  let mixture = start;
  for await (const { model } of train({
    model: start,
    loss: (each: Mixture, { contents, tasks: own, labels }: TensorBatch<RoutedTasks>) =>
      crossEntropy(byOwnExpert(each, { inputs: contents, tasks: own }), labels),
    optimizer: adam({ learningRate: 1e-2 }),
    batches: loader(samples, { batchSize, seed }),
    steps,
    signal,
  })) {
    mixture = model;
  }
  const { centres } = routedTasks({ seed, nuisance, samples: 1 });
  const known = toTensors({ centres }).centres.transpose().mul(0.35);
  const weight = concat([known, zeros([width - centreWidth, tasks])], 0).add(
    normal(gateKey, [width, tasks]).mul(0.25),
  );
  const gate = Object.assign(Object.create(Linear.prototype), mixture.gate, { weight });
  return copy(Object.assign(Object.create(MixtureOfExperts.prototype), mixture, { gate }) as Mixture);
}

const rightly = (logits: Tensor, labels: Tensor) => mean(equal(argMax(logits, -1), labels).cast('float32'));

/** Accuracy, the share of samples whose expert with the highest score is their own, and mean routing by task. */
export const measure = compile((mixture: Mixture, samples: Samples) => {
  const { logits, routers } = answers(mixture, samples);
  const shares = softmax(routers[0]!.scores);
  const marks = oneHot(samples.tasks, tasks);
  return {
    accuracy: rightly(logits, samples.labels),
    ownExpert: rightly(shares, samples.tasks),
    byTask: marks
      .transpose()
      .matMul(shares)
      .div(sum(marks, { axis: 0 }).reshape([tasks, 1])),
  };
});

/** The same where every sample goes to its own expert. */
export const measureOracle = compile((mixture: Mixture, samples: Samples) => ({
  accuracy: rightly(byOwnExpert(mixture, samples), samples.labels),
}));
