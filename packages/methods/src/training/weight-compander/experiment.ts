import {
  type ArmContext,
  type Budget,
  defineExperiment,
  type LinesExhibit,
  type Metrics,
  type Outcome,
  type Progress,
} from '@evenkeel/lab';
import {
  accuracy,
  chain,
  cosineSchedule,
  crossEntropy,
  decayWeights,
  type GradientTransform,
  Linear,
  loader,
  materialize,
  prototypeClasses,
  Reparameterized,
  relu,
  reparameterize,
  sgd,
  type TensorBatch,
  toTensors,
  train,
} from '@evenkeel/nn';
import { compile, randomKey, splitKey, type Tensor } from '@evenkeel/tensor';
import {
  slowShape,
  type WeightCompanderOptions,
  weightCompander,
  weightHistogram,
  weightStatistics,
} from './index.js';

const [features, width, classes] = [96, 128, 10];
const batchSize = 50;
const stepsOf: Readonly<Record<Budget, number>> = { full: 800, quick: 200 };
/** Steps between two measurements. */
const measureEvery = 40;
const learningRate = 0.05;
const decay = 5e-3;

type Task = ReturnType<typeof prototypeClasses>;
type Samples = TensorBatch<Task['train']['columns']>;

/** Three layers of weights with ReLU between them. */
class Network {
  readonly first: Linear;
  readonly second: Linear;
  readonly third: Linear;

  constructor(key: Tensor) {
    const keys = splitKey(key, 3);
    this.first = new Linear(keys[0], features, width);
    this.second = new Linear(keys[1], width, width);
    this.third = new Linear(keys[2], width, classes);
  }

  /** Logits `[samples, classes]`. */
  call(inputs: Tensor): Tensor {
    return this.third.call(relu(this.second.call(relu(this.first.call(inputs)))));
  }
}

type Model = Network | Reparameterized<Network>;

const networkOf = (model: Model): Network => (model instanceof Reparameterized ? materialize(model) : model);

const measure = compile((model: Model, { inputs, labels }: Samples) => {
  const network = networkOf(model);
  const logits = network.call(inputs);
  const weights = [network.first.weight, network.second.weight, network.third.weight];
  const { largest, kurtosis, shareNearZero } = weightStatistics(weights);
  return {
    weights,
    metrics: {
      testAccuracy: accuracy(logits, labels),
      testLoss: crossEntropy(logits, labels),
      largestWeight: largest,
      kurtosis,
      logKurtosis: kurtosis.log(),
      nearZero: shareNearZero,
    },
  };
});

async function histogramOf(weights: readonly Tensor[]): Promise<LinesExhibit> {
  const { centres, shares } = await weightHistogram(weights, { range: 0.3 });
  return {
    kind: 'lines',
    title: 'Weights',
    xAxis: 'weight (±0.3, beyond in the last bins)',
    yAxis: 'share',
    lines: [{ label: 'share', points: centres.map((centre, i) => [centre, shares[i]!] as const) }],
  };
}

interface ArmOptions {
  readonly compander?: WeightCompanderOptions;
  readonly decay?: number;
  /** Factor of the learning rate of a and b. */
  readonly shapeRate?: number;
}

/** Trains the network, with its weights companded if asked. */
const trainWith = ({ compander, decay: rate = 0, shapeRate }: ArmOptions) =>
  async function* run({
    data,
    seed,
    budget,
    signal,
  }: ArmContext<Task>): AsyncGenerator<Progress, Outcome, void> {
    const steps = stepsOf[budget];
    const network = new Network(randomKey(seed));
    const start: Model = compander
      ? await reparameterize(network, /weight$/, weightCompander(compander))
      : network;
    const transforms: GradientTransform[] = [
      ...(rate > 0 ? [decayWeights(rate)] : []),
      sgd({ learningRate: cosineSchedule(learningRate, steps), momentum: 0.9 }),
      ...(shapeRate ? [slowShape(shapeRate)] : []),
    ];
    const test = toTensors(data.test.columns);
    let metrics: Metrics = {};
    for await (const { step, loss, model } of train({
      model: start,
      loss: (model: Model, { inputs, labels }: Samples) =>
        crossEntropy(networkOf(model).call(inputs), labels),
      optimizer: chain(...transforms),
      batches: loader(data.train, { batchSize, seed }),
      steps,
      signal,
    })) {
      if (step % measureEvery !== 0 && step !== steps) continue;
      const measured = await measure(model, test);
      const numbers = Object.entries(measured.metrics).map(async ([name, value]) => [
        name,
        await value.item(),
      ]);
      metrics = { ...Object.fromEntries(await Promise.all(numbers)), loss };
      yield { step, steps, metrics, exhibits: [await histogramOf(measured.weights)] };
    }
    return metrics;
  };

const shape = { a: 0.12, b: 0.12 };

export const experiment = defineExperiment<Task>({
  paper: 'weight-compander',
  question: 'Do weights that pass through a bounded curve overfit less?',
  data: {
    description:
      'Ten classes around prototypes in 8 dimensions, seen as 96 noisy features; 400 training samples, 10 % of them with ' +
      'random labels, and 4,000 clean test samples. A network 96-128-128-10, SGD with momentum 0.9 for 800 steps ' +
      '(quick: 200) of 50 samples, learning rate 0.05 falling to 0 by a cosine. The arctan form of the compander on the ' +
      'three weight matrices, which begin as they are without it.',
    load: ({ seed }) => prototypeClasses({ seed, features, classes }),
  },
  arms: [
    {
      name: 'plain',
      label: 'plain',
      role: 'baseline',
      description: 'No regularizer.',
      live: true,
      run: trainWith({}),
    },
    {
      name: 'compander',
      label: 'compander',
      role: 'method',
      description: 'w = a arctan(v / b) with a = b = 0.12.',
      live: true,
      run: trainWith({ compander: shape }),
    },
    {
      name: 'decay',
      label: 'weight decay',
      role: 'baseline',
      description: 'Weight decay 0.005 in the gradient, on all parameters.',
      live: false,
      run: trainWith({ decay }),
    },
    {
      name: 'compander-decay',
      label: 'compander and weight decay',
      role: 'method',
      description: 'Both: weight decay 0.005 on v and the biases.',
      live: false,
      run: trainWith({ compander: shape, decay }),
    },
    {
      name: 'learned',
      label: 'compander, a and b learned',
      role: 'ablation',
      description: 'a and b of each matrix learned from 0.12, at 1e-4 of the learning rate.',
      live: false,
      run: trainWith({ compander: { ...shape, learn: 'perTensor' }, shapeRate: 1e-4 }),
    },
    {
      name: 'steep',
      label: 'compander, slope 2',
      role: 'ablation',
      description: 'a = 0.12, b = 0.06: small weights move twice as fast as v.',
      live: false,
      run: trainWith({ compander: { a: 0.12, b: 0.06 } }),
    },
  ],
  seeds: [0, 1, 2, 3, 4, 5, 6, 7],
  metrics: [
    { name: 'testAccuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    { name: 'testLoss', label: 'test loss', unit: 'number', better: 'lower' },
    { name: 'loss', label: 'training loss', unit: 'number', better: 'lower' },
    { name: 'largestWeight', label: 'largest weight', unit: 'number', better: 'neither' },
    { name: 'kurtosis', label: 'kurtosis of the weights', unit: 'number', better: 'neither' },
    {
      name: 'logKurtosis',
      label: 'logarithm of the kurtosis',
      unit: 'number',
      better: 'neither',
      aside: true,
    },
    { name: 'nearZero', label: 'weights within ±0.01', unit: 'fraction', better: 'neither' },
  ],
  claims: [
    {
      statement: 'Companded weights generalize better than plain ones.',
      conditions: [
        { metric: 'testAccuracy', arm: 'compander', minus: 'plain', over: 'mean', atLeast: 0.004 },
      ],
    },
    {
      statement: 'The compander adds to weight decay.',
      conditions: [
        { metric: 'testAccuracy', arm: 'compander-decay', minus: 'decay', over: 'mean', atLeast: 0.001 },
      ],
    },
    {
      statement: 'No weight dominates: weights stay below a π / 2, and few stand far out.',
      conditions: [
        { metric: 'largestWeight', arm: 'compander', over: 'every-seed', atMost: 0.1885 },
        { metric: 'largestWeight', arm: 'compander-decay', over: 'every-seed', atMost: 0.1885 },
        // A kurtosis of at most 0.6 times the other: log 0.6 = -0.511.
        { metric: 'logKurtosis', arm: 'compander', minus: 'plain', over: 'mean', atMost: Math.log(0.6) },
        {
          metric: 'logKurtosis',
          arm: 'compander-decay',
          minus: 'decay',
          over: 'mean',
          atMost: Math.log(0.6),
        },
      ],
    },
    {
      statement: 'Fewer weights stay near zero.',
      conditions: [
        { metric: 'nearZero', arm: 'compander', minus: 'plain', over: 'mean', atMost: 0 },
        { metric: 'nearZero', arm: 'compander-decay', minus: 'decay', over: 'mean', atMost: 0 },
      ],
    },
    {
      statement: 'Learning a and b improves image classifiers further.',
      notTested:
        'The images and networks are too large for this experiment; one arm learns a and b on its small task.',
    },
  ],
  curves: ['testAccuracy', 'testLoss', 'nearZero'],
  liveSeconds: 8,
});
