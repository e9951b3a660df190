import { type ArmContext, type Budget, defineExperiment, type Metrics, type Progress } from '@evenkeel/lab';
import {
  accuracy,
  adamW,
  chain,
  crossEntropy,
  type GradientTransform,
  Linear,
  relu,
  repeat,
  train,
} from '@evenkeel/nn';
import {
  cast,
  compile,
  grad,
  randomBits,
  randomKey,
  splitKey,
  type Tensor,
  take,
  tensor,
  uniform,
} from '@evenkeel/tensor';
import {
  nlmAlignment,
  type PerpGradOptions,
  perpGrad,
  softmaxCollapse,
  stablemaxCrossEntropy,
} from './index.js';

const modulus = 59;
const width = 200;
/**
 * Of weights and logits; the loss is float32, as the claims are about. In float32 throughout, units that are nearly dead
 * magnify rounding until Node and the browser train different networks within ten steps.
 */
const dtype = 'float64';
/** Full-batch steps. */
const stepsOf: Readonly<Record<Budget, number>> = { full: 250, quick: 150 };

const trainShare = 0.4;
/** Steps between two measurements of accuracy. */
const measureEvery = 10;
/** The mechanism is looked at here: training accuracy has just reached 100 %. */
const collapseStep = 100;

interface Samples {
  /** `[samples, 2]`, int32: the first number, and the second one plus the modulus: two rows of the input weight. */
  readonly rows: Tensor;
  /** `[samples]`, int32: their sum modulo the modulus. */
  readonly labels: Tensor;
}

interface ModularAddition {
  readonly train: Samples;
  readonly test: Samples;
}

async function loadModularAddition({ seed }: { seed: number }): Promise<ModularAddition> {
  const pairs = Array.from(
    { length: modulus ** 2 },
    (_, i) => [Math.floor(i / modulus), i % modulus] as const,
  );
  const [dataKey] = splitKey(randomKey(seed));
  const order = await randomBits(dataKey, [pairs.length]).data();
  const shuffled = pairs.map((pair, i) => ({ pair, at: Number(order[i]) })).sort((a, b) => a.at - b.at);
  const samples = (chosen: typeof shuffled): Samples => ({
    rows: tensor(
      chosen.map(({ pair: [a, b] }) => [a, modulus + b]),
      'int32',
    ),
    labels: tensor(
      chosen.map(({ pair: [a, b] }) => (a + b) % modulus),
      'int32',
    ),
  });
  const cut = Math.floor(pairs.length * trainShare);
  return { train: samples(shuffled.slice(0, cut)), test: samples(shuffled.slice(cut)) };
}

/** Three weight matrices, 200 wide, with ReLU between them and no biases; the one-hot inputs pick rows of the first. */
class Network {
  readonly input: Tensor;
  readonly hidden: Linear;
  readonly output: Linear;

  constructor(key: Tensor) {
    const [inputKey, hiddenKey, outputKey] = splitKey(key, 3);
    const bound = (2 * modulus) ** -0.5;
    this.input = uniform(inputKey, [2 * modulus, width], { low: -bound, high: bound, dtype });
    this.hidden = new Linear(hiddenKey, width, width, { bias: false, dtype });
    this.output = new Linear(outputKey, width, modulus, { bias: false, dtype });
  }

  /** Logits `[samples, modulus]` in float32. */
  call(rows: Tensor): Tensor {
    const first = relu(take(this.input, rows).sum({ axis: 1 }));
    return cast(this.output.call(relu(this.hidden.call(first))), 'float32');
  }
}

const lossOf = (model: Network, { rows, labels }: Samples) => crossEntropy(model.call(rows), labels);

const measureAccuracy = compile((model: Network, data: Samples) =>
  accuracy(model.call(data.rows), data.labels),
);

const measureCollapse = compile((model: Network, data: Samples) => {
  const logits = model.call(data.rows);
  const stableLoss = (scores: Tensor) => stablemaxCrossEntropy(scores, data.labels, { precision: 'float32' });
  return {
    logits,
    stableGradients: [1, 2, 4, 8].map((factor) => grad(stableLoss)(logits.mul(factor))),
    alignment: nlmAlignment(model, grad(lossOf)(model, data)),
  };
});

/** Scales the logits up, which changes no prediction, and looks for gradients that float32 has lost. */
async function collapseMetrics(model: Network, data: Samples): Promise<Metrics> {
  const { logits, stableGradients, alignment } = await measureCollapse(model, data);
  const collapse = async (factor: number) =>
    (await softmaxCollapse(logits.mul(factor), data.labels)).fraction;
  return {
    collapse1: await collapse(1),
    collapse2: await collapse(2),
    collapse4: await collapse(4),
    stablemaxLost: Math.max(
      ...(await Promise.all(stableGradients.map((each) => zeroShare(each, data.labels)))),
    ),
    alignment: await alignment.output.weight.item(),
  };
}

/** Share of samples whose gradient at the label's logit is exactly zero. */
async function zeroShare(gradients: Tensor, labels: Tensor): Promise<number> {
  const [values, classes, targets] = [await gradients.data(), gradients.length(1), await labels.data()];
  const zeros = Array.from(targets, Number).filter((label, sample) => values[sample * classes + label] === 0);
  return zeros.length / labels.size;
}

/** Trains full-batch with the optimizer and measures as it goes. */
const trainWith = (optimizer: () => GradientTransform) =>
  async function* run({
    data,
    seed,
    budget,
    signal,
  }: ArmContext<ModularAddition>): AsyncGenerator<Progress, Metrics, void> {
    const steps = stepsOf[budget];
    const [, modelKey] = splitKey(randomKey(seed));
    const model = new Network(modelKey);
    let accuracies: Metrics = {};
    let collapsed: Metrics = {};
    let loss = Number.NaN;
    const batches = repeat(data.train);
    for await (const progress of train({
      model,
      loss: lossOf,
      optimizer: optimizer(),
      batches,
      steps,
      signal,
    })) {
      const { step } = progress;
      loss = progress.loss;
      if (step === collapseStep) collapsed = await collapseMetrics(progress.model, data.train);
      const measured = step === 1 || step % measureEvery === 0 || step === steps;
      if (measured) {
        accuracies = {
          testAccuracy: await (await measureAccuracy(progress.model, data.test)).item(),
          trainAccuracy: await (await measureAccuracy(progress.model, data.train)).item(),
        };
      }
      yield { step, steps, metrics: measured ? { ...accuracies, loss } : { loss } };
    }
    return { ...accuracies, loss, ...collapsed };
  };

const learningRate = 0.01;
const plainAdamW = adamW({ learningRate, weightDecay: 0 });
const perpAdamW = (options: PerpGradOptions = {}) => chain(perpGrad(options), plainAdamW);

export const experiment = defineExperiment<ModularAddition>({
  paper: 'grokking-edge',
  question: 'Does removing the gradient along the weights make a network generalize at once?',
  data: {
    description:
      'Addition modulo 59: all pairs of numbers, a random 40 % to train on, the rest to test. A network of three ' +
      'weight matrices without biases, 200 wide, trained on the full batch for 250 steps (quick: 150) with ' +
      'AdamW, learning rate 0.01. Softmax cross-entropy in float32, weights in float64.',
    load: loadModularAddition,
  },
  arms: [
    {
      name: 'adamw',
      label: 'AdamW',
      role: 'baseline',
      description: 'AdamW without weight decay.',
      live: true,
      run: trainWith(() => plainAdamW),
    },
    {
      name: 'perp-adamw',
      label: '⊥AdamW',
      role: 'method',
      description: '⊥Grad on each tensor, rescaled to the norm of the gradient, before the same AdamW.',
      live: true,
      run: trainWith(() => perpAdamW()),
    },
    {
      name: 'adamw-decay',
      label: 'AdamW, weight decay 1',
      role: 'baseline',
      description: 'The usual remedy: AdamW with weight decay 1.',
      live: false,
      run: trainWith(() => adamW({ learningRate, weightDecay: 1 })),
    },
    {
      name: 'perp-adamw-unscaled',
      label: '⊥AdamW, not rescaled',
      role: 'ablation',
      description: '⊥Grad as equation 12 has it, without the factor of the official code.',
      live: false,
      run: trainWith(() => perpAdamW({ rescale: false })),
    },
    {
      name: 'perp-adamw-global',
      label: '⊥AdamW, one vector',
      role: 'ablation',
      description:
        '⊥Grad on all parameters as one vector, as the paper writes it, in place of each tensor by itself.',
      live: false,
      run: trainWith(() => perpAdamW({ scope: 'global' })),
    },
  ],
  seeds: [0, 1, 2],
  metrics: [
    { name: 'testAccuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' },
    { name: 'trainAccuracy', label: 'train accuracy', unit: 'fraction', better: 'higher' },
    { name: 'loss', label: 'training loss', unit: 'number', better: 'lower' },
    { name: 'collapse1', label: 'samples collapsed at step 100', unit: 'fraction', better: 'neither' },
    {
      name: 'collapse2',
      label: 'samples collapsed with logits doubled',
      unit: 'fraction',
      better: 'neither',
    },
    { name: 'collapse4', label: 'samples collapsed with logits × 4', unit: 'fraction', better: 'neither' },
    {
      name: 'stablemaxLost',
      label: 'StableMax gradients lost with logits up to × 8',
      unit: 'fraction',
      better: 'neither',
    },
    { name: 'alignment', label: 'cosine of step and weights, last layer', unit: 'number', better: 'neither' },
  ],
  claims: [
    {
      statement: 'Without regularization the network overfits; ⊥Grad makes it generalize without delay.',
      conditions: [
        { metric: 'testAccuracy', arm: 'perp-adamw', over: 'mean', atLeast: 0.9 },
        { metric: 'testAccuracy', arm: 'adamw', over: 'mean', atMost: 0.1 },
        { metric: 'testAccuracy', arm: 'perp-adamw', minus: 'adamw', over: 'every-seed', atLeast: 0.7 },
        { metric: 'trainAccuracy', arm: 'perp-adamw', over: 'mean', atLeast: 0.99 },
        { metric: 'trainAccuracy', arm: 'adamw', over: 'mean', atLeast: 0.99 },
      ],
    },
    {
      statement:
        'Growing logits collapse the float32 softmax: sums absorb their small terms and gradients become zero.',
      conditions: [
        { metric: 'collapse1', arm: 'adamw', over: 'mean', atMost: 0.05 },
        { metric: 'collapse4', arm: 'adamw', over: 'mean', atLeast: 0.95 },
      ],
    },
    {
      statement: 'StableMax keeps its gradients where softmax has lost them.',
      conditions: [{ metric: 'stablemaxLost', arm: 'adamw', over: 'every-seed', atMost: 0 }],
    },
    {
      statement: 'Once the training data are fitted, gradient steps mostly scale the weights.',
      conditions: [{ metric: 'alignment', arm: 'adamw', over: 'mean', atLeast: 0.5 }],
    },
    {
      statement: 'StableMax by itself lets the network grok without regularization.',
      notTested: 'It takes tens of thousands of steps, far beyond the time of this experiment.',
    },
  ],
  curves: ['testAccuracy', 'trainAccuracy', 'loss'],
  liveSeconds: 20,
});
