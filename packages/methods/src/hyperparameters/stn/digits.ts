import type { ArmContext, Exhibit, Metrics, Progress } from '@evenkeel/lab';
import {
  accuracy,
  adam,
  type Columns,
  crossEntropy,
  disjointParts,
  type Linear,
  loader,
  mnist,
  poolImages,
  relu,
  sgd,
  type TensorBatch,
  toTensors,
  train,
} from '@evenkeel/nn';
import { compile, randomKey, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import { StnLinear, sampleDropout, selfTuning } from './index.js';
import { thinned } from './ridge.js';

type Images = ReturnType<typeof poolImages>['columns'];
type Batch = TensorBatch<Images>;

/** Few digits to train on, more to tune on, and many to test on. */
export interface DigitsTask {
  readonly train: Columns<Images>;
  readonly validation: Columns<Images>;
  /** Whole sets, to measure on. */
  readonly measured: { readonly validation: Batch; readonly test: Batch };
}

/** How a network of digits went: the rates at each step, and what came of it. */
export interface DigitsOutcome {
  readonly metrics: Metrics;
  readonly schedule: readonly Rates[];
}

/** Dropout of the images and of the two hidden layers. */
export type Rates = readonly number[];

const [pixels, width, classes] = [14 * 14, 128, 10];
const layers = ['input', 'first', 'second'] as const;
const batchSize = 64;
/** Steps between two measurements. */
const measureEvery = 50;

/** The digits of a seed, 14 × 14. */
export async function loadDigits(seed: number): Promise<DigitsTask> {
  const { train: digits } = await mnist();
  const parts = disjointParts(digits, { train: 300, validation: 500, test: 3000 }, seed);
  const [training, validation, test] = [parts.train, parts.validation, parts.test].map((part) =>
    poolImages(part),
  );
  return {
    train: training!,
    validation: validation!,
    measured: { validation: toTensors(validation!.columns), test: toTensors(test!.columns) },
  };
}

/** Drops from what goes into each of the layers, 0 for the images. */
type Drop = (x: Tensor, layer: number) => Tensor;

const dropBy =
  (key: Tensor, rates: readonly Tensor[]): Drop =>
  (x, layer) =>
    sampleDropout(splitKey(key, layers.length)[layer]!, x, rates[layer]!);

const keepAll: Drop = (x) => x;

/** Three best-response layers, or ordinary ones, with ReLU between them. */
class Network<Layer extends StnLinear | Linear> {
  readonly layers: readonly Layer[];

  constructor(ofLayers: readonly Layer[]) {
    this.layers = ofLayers;
  }

  /** Logits `[samples, classes]`; λ is for best-response layers. */
  call(images: Tensor, lambda?: Tensor, drop: Drop = keepAll): Tensor {
    return this.layers.reduce<Tensor>(
      (x, layer, i) => {
        const dropped = drop(i === 0 ? x : relu(x), i);
        return layer instanceof StnLinear ? layer.call(dropped, lambda) : layer.call(dropped);
      },
      images.reshape([images.length(0), pixels]),
    );
  }
}

type AnyNetwork = Network<StnLinear> | Network<Linear>;

function stnNetwork(seed: number): Network<StnLinear> {
  const sizes = [pixels, width, width, classes];
  const keys = splitKey(randomKey(seed), layers.length);
  return new Network(layers.map((_, i) => new StnLinear(keys[i]!, sizes[i]!, sizes[i + 1]!, layers.length)));
}

/** The same network with ordinary layers, which begins as the other is at λ = 0. */
const plainNetwork = (seed: number): Network<Linear> =>
  new Network(stnNetwork(seed).layers.map(({ elementary }) => elementary));

const measure = compile((network: AnyNetwork, lambda: Tensor | undefined, { images, labels }: Batch) => {
  const logits = network.call(images, lambda);
  return { loss: crossEntropy(logits, labels), accuracy: accuracy(logits, labels) };
});

const optimizer = () => sgd({ learningRate: 0.05, momentum: 0.9 });

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** The best that a run has come to by its validation loss, and the rates of all its steps. */
class Course {
  readonly schedule: Rates[] = [];
  readonly #task: DigitsTask;
  readonly #steps: number;
  #best: Metrics = {};

  constructor(task: DigitsTask, steps: number) {
    this.#task = task;
    this.#steps = steps;
  }

  /** Measures when it is time to. */
  async *after(rates: Rates, network: AnyNetwork, lambda?: Tensor): AsyncGenerator<Progress, void, void> {
    const step = this.schedule.push(rates);
    if (step % measureEvery !== 0 && step !== this.#steps) return;
    const { validation, test } = this.#task.measured;
    const validationLoss = await (await measure(network, lambda, validation)).loss.item();
    if (!(validationLoss >= this.#best.validationLoss!)) {
      const measured = await measure(network, lambda, test);
      this.#best = {
        validationLoss,
        logValidationLoss: Math.log(validationLoss),
        testLoss: await measured.loss.item(),
        testAccuracy: await measured.accuracy.item(),
        bestDropout: mean(rates),
      };
    }
    // What was measured now makes the curve; the best is what counts in the end.
    yield { step, steps: this.#steps, metrics: { validationLoss, dropout: mean(rates) } };
  }

  outcome(): DigitsOutcome {
    return { metrics: { ...this.#best, dropout: mean(this.schedule.at(-1)!) }, schedule: this.schedule };
  }
}

/** The rates by step, to look at. */
export function ratesOf(schedule: readonly Rates[]): Exhibit {
  const line = (label: string, layer: number) => ({
    label,
    points: thinned(schedule.map((rates) => rates[layer]!)),
  });
  return {
    kind: 'lines',
    title: 'Digits: dropout rates in training',
    xAxis: 'training step',
    yAxis: 'rate',
    lines: [line('images', 0), line('first hidden layer', 1), line('second hidden layer', 2)],
  };
}

interface DigitsOptions {
  readonly steps: number;
  readonly warmUp: number;
  /** Rate that all three begin with. */
  readonly initial: number;
}

/** Tunes the three rates while the network trains. */
export async function* tuneDigits(
  { data: { digits: task }, seed, signal }: ArmContext<{ readonly digits: DigitsTask }>,
  { steps, warmUp, initial }: DigitsOptions,
): AsyncGenerator<Progress, DigitsOutcome, void> {
  const course = new Course(task, steps);
  const rate = { range: [0, 0.9], initial } as const;
  for await (const { hyperparameters, model, lambda } of selfTuning({
    model: stnNetwork(seed),
    hyperparameters: { input: rate, first: rate, second: rate },
    trainLoss: (network: Network<StnLinear>, { images, labels }: Batch, context) => {
      const { input, first, second } = context.values;
      const drop = dropBy(context.key, [input, first, second]);
      return crossEntropy(network.call(images, context.lambda, drop), labels);
    },
    validationLoss: (network, { images, labels }, { lambda: own }) =>
      crossEntropy(network.call(images, own), labels),
    batches: loader(task.train, { batchSize, seed }),
    validationBatches: loader(task.validation, { batchSize, seed: seed + 1 }),
    ...{ steps, warmUp, signal, key: randomKey(seed) },
    weightOptimizer: optimizer(),
    lambdaOptimizer: adam({ learningRate: 0.03 }),
    scaleOptimizer: adam({ learningRate: 0.003 }),
  })) {
    const rates = layers.map((name) => hyperparameters[name].value);
    for await (const progress of course.after(rates, model, lambda)) {
      yield { ...progress, exhibits: [ratesOf(course.schedule)] };
    }
  }
  return course.outcome();
}

/** Trains an ordinary network by the rates of a schedule. */
export async function* followDigits(
  { data: { digits: task }, seed, signal }: ArmContext<{ readonly digits: DigitsTask }>,
  schedule: readonly Rates[],
): AsyncGenerator<Progress, DigitsOutcome, void> {
  const steps = schedule.length;
  const course = new Course(task, steps);
  for await (const { step, model } of train({
    model: plainNetwork(seed),
    loss: (network: Network<Linear>, { images, labels, rates }: Batch & { rates: readonly Tensor[] }, key) =>
      crossEntropy(network.call(images, undefined, dropBy(key, rates)), labels),
    optimizer: optimizer(),
    batches: withRates(loader(task.train, { batchSize, seed }).batchesFrom(0), schedule),
    ...{ steps, signal, key: randomKey(seed) },
  })) {
    yield* course.after(schedule[step - 1]!, model);
  }
  return course.outcome();
}

/** Batches with the rates of their step. */
async function* withRates(
  batches: AsyncIterable<Batch>,
  schedule: readonly Rates[],
): AsyncGenerator<Batch & { rates: readonly Tensor[] }, void, void> {
  let step = 0;
  for await (const batch of batches) {
    if (step === schedule.length) return;
    yield { ...batch, rates: schedule[step++]!.map((rate) => tensor(rate)) };
  }
}
