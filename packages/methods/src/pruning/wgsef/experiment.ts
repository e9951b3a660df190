import {
  type ArmContext,
  type Budget,
  defineExperiment,
  type Metrics,
  type Outcome,
  type Progress,
} from '@evenkeel/lab';
import {
  accuracy,
  type Columns,
  chain,
  crossEntropy,
  disjointParts,
  type GreyImages,
  heNormal,
  Linear,
  loader,
  mnist,
  relu,
  type Schedule,
  sgd,
  type TensorBatch,
  toTensors,
  train,
} from '@evenkeel/nn';
import { abs, compile, greaterEqual, max, randomKey, splitKey, type Tensor, where } from '@evenkeel/tensor';
import {
  countGroups,
  type GroupSet,
  groupLasso,
  groupNorms,
  keepGroups,
  type ProximalPenalty,
  proximalStep,
  removeZeroGroups,
  wgsef,
} from './index.js';

type Batch = TensorBatch<GreyImages>;

interface Digits {
  readonly train: Columns<GreyImages>;
  readonly test: Columns<GreyImages>;
}

interface Network {
  readonly hidden: Linear;
  readonly output: Linear;
}

/** Larger than the default: under the stronger group lasso, neurons that begin small die before they have learned. */
const initializer = heNormal;
const width = 64;
const budgetOfNeurons = 12;
const learningRate = 0.1;
/** Passes through the training digits. */
const epochsOf: Readonly<Record<Budget, number>> = { full: 12, quick: 4 };

/** A hidden neuron: what comes into it and its bias, 785 numbers. */
const neurons: readonly GroupSet[] = [
  [
    { path: 'hidden.weight', axes: [1] },
    { path: 'hidden.bias', axes: [0] },
  ],
];

function network(key: Tensor): Network {
  const [hidden, output] = splitKey(key) as [Tensor, Tensor];
  return {
    hidden: new Linear(hidden, 784, width, { initializer }),
    output: new Linear(output, width, 10, { initializer }),
  };
}

const call = ({ hidden, output }: Network, images: Tensor): Tensor =>
  output.call(relu(hidden.call(images.reshape([images.length(0), 784]))));
const examples = [{ shape: [1, 1, 28, 28] }];

const accuracyOf = compile((model: Network, { images, labels }: Batch) =>
  accuracy(call(model, images), labels),
);
const testAccuracy = async (model: Network, test: Batch) =>
  Number(await (await accuracyOf(model, test)).item());

/** Trains with a penalty, and removes what has become zero. */
const trainWith = (penalty: ProximalPenalty, keepInTheEnd?: number) =>
  async function* run({
    data,
    seed,
    budget,
    signal,
  }: ArmContext<Digits>): AsyncGenerator<Progress, Outcome, void> {
    const batches = loader(data.train, { batchSize: 32, seed });
    const perEpoch = batches.batchesPerEpoch!;
    const steps = epochsOf[budget] * perEpoch;
    const rate: Schedule = (step) =>
      where(greaterEqual(step, Math.floor(0.8 * steps)), 0.1 * learningRate, learningRate).cast(step.dtype);
    const test = toTensors(data.test.columns);
    const alive: [number, number][] = [];
    let metrics: Metrics = {};
    let model = network(randomKey(seed));
    for await (const progress of train({
      model,
      loss: (each: Network, { images, labels }: Batch) => crossEntropy(call(each, images), labels),
      optimizer: chain(sgd({ learningRate: rate }), proximalStep(penalty, { learningRate: rate })),
      batches,
      steps,
      ...(signal && { signal }),
    })) {
      const { step, loss } = progress;
      model = progress.model;
      if (step === 1 || step % perEpoch === 0) {
        const groups = await countGroups(model, neurons);
        alive.push([step, groups]);
        metrics = { testAccuracy: await testAccuracy(model, test), groups, loss };
      }
      if (step % 25 === 0 || step === steps) yield { step, steps, metrics };
    }
    const final = keepInTheEnd === undefined ? model : await keepGroups(model, neurons, keepInTheEnd);
    const small = await removeZeroGroups(final, call, examples);
    const [before, after] = [call(final, test.images), call(small.model, test.images)];
    const norms = [...(await groupNorms(model, neurons))].sort((a, b) => b - a);
    return {
      metrics: {
        testAccuracy: await testAccuracy(small.model, test),
        groups: await countGroups(final, neurons),
        loss: metrics.loss!,
        logitChange: Number(await max(abs(before.sub(after))).item()) / Number(await max(abs(before)).item()),
        parameters: small.after.parameters / small.before.parameters,
      },
      exhibits: [
        {
          kind: 'lines',
          title: 'Neurons that are left',
          xAxis: 'step',
          yAxis: 'neurons',
          lines: [{ label: 'not zero', points: alive }],
        },
        {
          kind: 'lines',
          title: 'Norms of the neurons, largest first',
          xAxis: 'rank',
          yAxis: 'norm',
          lines: [{ label: 'norm', points: norms.map((norm, i) => [i + 1, norm]) }],
        },
      ],
    };
  };

const envelope = (lambda: number, k = budgetOfNeurons) => trainWith(wgsef({ groups: neurons, k, lambda }));
const lasso = (lambda: number) => trainWith(groupLasso({ groups: neurons, lambda }));

const lambdas = [
  { suffix: '005', lambda: 0.05, live: false },
  { suffix: '01', lambda: 0.1, live: false },
  { suffix: '02', lambda: 0.2, live: true },
];

export const experiment = defineExperiment<Digits>({
  paper: 'wgsef',
  question:
    'Can the number of neurons that are left be fixed beforehand, whatever the weight of the penalty?',
  data: {
    description:
      'Handwritten digits of MNIST, 4,000 to train on and 2,000 held out. One hidden layer of 64 neurons with ReLU; a group ' +
      'is a neuron with its 784 weights and its bias. Proximal gradient descent from weights of variance 2 / inputs, batches of 32, ' +
      '12 epochs at 0.1, a tenth of that in the last fifth. A seed is one of digits, weights and order.',
    load: async ({ seed }) => {
      const { train: first, test } = await mnist();
      return { train: disjointParts(first, { train: 4000 }, seed).train, test };
    },
  },
  arms: [
    ...lambdas.map(({ suffix, lambda, live }) => ({
      name: `wgsef-${suffix}`,
      label: `WGSEF k = 12, λ = ${lambda}`,
      role: 'method' as const,
      description: `The group envelope for 12 neurons, weight ${lambda}.`,
      live,
      run: envelope(lambda),
    })),
    ...lambdas.map(({ suffix, lambda, live }) => ({
      name: `lasso-${suffix}`,
      label: `group lasso, λ = ${lambda}`,
      role: 'baseline' as const,
      description: `Group lasso of weight ${lambda} in the same loop.`,
      live,
      run: lasso(lambda),
    })),
    {
      name: 'wgsef-24',
      label: 'WGSEF k = 24, λ = 0.1',
      role: 'ablation',
      description: 'A budget of 24 neurons.',
      live: false,
      run: envelope(0.1, 24),
    },
    {
      name: 'wgsef-6',
      label: 'WGSEF k = 6, λ = 0.1',
      role: 'ablation',
      description: 'A budget of 6 neurons, which this weight of the penalty is small for.',
      live: false,
      run: envelope(0.1, 6),
    },
    {
      name: 'ridge-cut',
      label: 'ridge, then cut to 12',
      role: 'baseline',
      description:
        'Ridge of weight 0.1 on the neurons (the envelope with all 64), then the 12 largest are kept, without tuning.',
      live: false,
      run: trainWith(wgsef({ groups: neurons, k: width, lambda: 0.1 }), budgetOfNeurons),
    },
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'testAccuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    { name: 'groups', label: 'neurons that are left', unit: 'number', better: 'neither' },
    { name: 'loss', label: 'training loss', unit: 'number', better: 'lower' },
    {
      name: 'logitChange',
      label: 'largest change of a logit by removing zero neurons, of the largest logit',
      unit: 'number',
      better: 'lower',
    },
    { name: 'parameters', label: 'parameters after removal, of all', unit: 'fraction', better: 'lower' },
  ],
  claims: [
    {
      statement: 'k decides how many neurons are left: k to k + 1, for both weights of the penalty.',
      conditions: [
        { metric: 'groups', arm: 'wgsef-01', over: 'every-seed', atLeast: 12 },
        { metric: 'groups', arm: 'wgsef-01', over: 'every-seed', atMost: 13 },
        { metric: 'groups', arm: 'wgsef-02', over: 'every-seed', atLeast: 12 },
        { metric: 'groups', arm: 'wgsef-02', over: 'every-seed', atMost: 13 },
      ],
    },
    {
      statement:
        'With group lasso the weight of the penalty decides it: the count changes by three and more.',
      conditions: [{ metric: 'groups', arm: 'lasso-01', minus: 'lasso-02', over: 'every-seed', atLeast: 3 }],
    },
    {
      statement: 'Under the larger weight the envelope is more accurate, by one in a hundred and more.',
      conditions: [
        { metric: 'testAccuracy', arm: 'wgsef-02', minus: 'lasso-02', over: 'mean', atLeast: 0.01 },
      ],
    },
    {
      statement: 'Removing the zero neurons leaves the logits unchanged.',
      conditions: [
        { metric: 'logitChange', arm: 'wgsef-01', over: 'every-seed', atMost: 1e-5 },
        { metric: 'logitChange', arm: 'wgsef-02', over: 'every-seed', atMost: 1e-5 },
      ],
    },
    {
      statement:
        'Convolutional networks with groups of filters, channels and filter shapes lose little accuracy.',
      notTested: 'Only the abstract was open: data sets, schedules and budgets are not known.',
    },
  ],
  curves: ['testAccuracy', 'groups', 'loss'],
  liveSeconds: 20,
});
