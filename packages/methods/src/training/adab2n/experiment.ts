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
  BatchNorm,
  type Columns,
  crossEntropy,
  Linear,
  mnist,
  poolImages,
  randomSource,
  relu,
  sgd,
  shiftedDomains,
  trainingStep,
} from '@evenkeel/nn';
import { compile, copy, randomKey, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import { adaptationLoss, endTask, useAdaB2N, withTasks } from './index.js';

const domains = 5;
const pixels = 14 * 14;
const width = 128;
const [newInBatch, replayed] = [16, 4];
/** Examples that are kept for replay. */
const reservoirSize = 200;
const learningRate = 0.03;
/** Share of each domain's training images that are used. */
const shareOf: Readonly<Record<Budget, number>> = { full: 1, quick: 0.5 };

interface Samples {
  /** `[n, 196]` */
  readonly images: Tensor;
  /** `[n]`, int32 */
  readonly labels: Tensor;
}

/** Images in the order of a single pass over the domains. */
interface Stream {
  readonly batches: readonly (Samples & { readonly tasks: Tensor })[];
  /** Steps after which each domain has been seen. */
  readonly ends: readonly number[];
  readonly tests: readonly Samples[];
}

type Images = Columns<{ images: Columns['columns'][string]; labels: Columns['columns'][string] }>;

const samplesOf = ({ images, labels }: Images['columns']): Samples => ({
  images: tensor(Float32Array.from(images.data), { shape: [images.shape[0]!, pixels], dtype: 'float32' }),
  labels: tensor(Int32Array.from(labels.data), { shape: [labels.shape[0]!], dtype: 'int32' }),
});

/** One pass over the domains, each in random order, with replay from a reservoir of what came before. */
async function loadStream({ seed, budget }: { seed: number; budget: Budget }): Promise<Stream> {
  const digits = await mnist();
  const parts = shiftedDomains(
    { train: poolImages(digits.train), test: poolImages(digits.test) },
    { seed, domains },
  );
  const random = randomSource(seed).fork('stream');
  const [reservoir, batches, ends]: [
    [task: number, sample: number][],
    Stream['batches'][number][],
    number[],
  ] = [[], [], []];
  let seen = 0;
  parts.forEach(({ train }, task) => {
    const order = [...random.permutation(Math.floor(train.length * shareOf[budget]))];
    for (let at = 0; at + newInBatch <= order.length; at += newInBatch) {
      const fresh = order.slice(at, at + newInBatch).map((sample): [number, number] => [task, sample]);
      const old = [...random.permutation(reservoir.length)].slice(0, replayed).map((i) => reservoir[i]!);
      batches.push(batchOf(parts, [...fresh, ...old]));
      for (const each of fresh) {
        const place = seen++ < reservoirSize ? reservoir.length : random.integer(seen);
        if (place < reservoirSize) reservoir[place] = each;
      }
    }
    ends.push(batches.length);
  });
  return { batches, ends, tests: parts.map(({ test }) => samplesOf(test.columns)) };
}

function batchOf(
  parts: readonly { readonly train: Images }[],
  chosen: readonly (readonly [number, number])[],
) {
  const rows = chosen.map(([task, sample]) => parts[task]!.train.read([sample]));
  const images = rows.flatMap((row) => Array.from(row.images.data));
  return {
    images: tensor(images, { shape: [chosen.length, pixels], dtype: 'float32' }),
    labels: tensor(
      rows.map((row) => row.labels.data[0]!),
      'int32',
    ),
    tasks: tensor(
      chosen.map(([task]) => task),
      'int32',
    ),
  };
}

/** Two hidden layers with batch normalization before their ReLUs. */
class Network {
  readonly first: Linear;
  readonly firstNorm = new BatchNorm(width);
  readonly second: Linear;
  readonly secondNorm = new BatchNorm(width);
  readonly output: Linear;

  constructor(key: Tensor) {
    const keys = splitKey(key, 3);
    this.first = new Linear(keys[0], pixels, width);
    this.second = new Linear(keys[1], width, width);
    this.output = new Linear(keys[2], width, 10);
  }

  train(images: Tensor): [logits: Tensor, network: Network] {
    const [first, firstNorm] = this.firstNorm.train(this.first.call(images));
    const [second, secondNorm] = this.secondNorm.train(this.second.call(relu(first)));
    const network = Object.assign(Object.create(Network.prototype), this, { firstNorm, secondNorm });
    return [this.output.call(relu(second)), network];
  }

  call(images: Tensor): Tensor {
    const first = this.firstNorm.call(this.first.call(images));
    return this.output.call(relu(this.secondNorm.call(this.second.call(relu(first)))));
  }
}

const accuracyOf = compile((network: Network, { images, labels }: Samples) =>
  accuracy(network.call(images), labels),
);

/** Mean pre-activation of the first layer in each domain, `[width]`, and the mean over domains. */
const means = compile((network: Network, tests: readonly Samples[]) => {
  const each = tests.map(({ images }) => network.first.call(images).mean({ axis: 0 }));
  return { last: each.at(-1)!, balanced: each.reduce((a, b) => a.add(b)).div(each.length) };
});

/**
 * How far the running mean lies from the mean over domains, in distances of the last domain from it: 0 is balanced, 1 is
 * the last domain alone.
 */
async function imbalanceOf(network: Network, tests: readonly Samples[]): Promise<number> {
  const { last, balanced } = await means(network, tests);
  const distance = (from: Tensor) => from.sub(balanced).square().sum().sqrt();
  return distance(network.firstNorm.running.mean).div(distance(last)).item();
}

interface ArmOptions {
  /** How running statistics adapt; batch normalization as it is unless said. */
  readonly kappa?: number;
  /** Whether tasks are weighted. */
  readonly weights?: boolean;
  /** Weight of the adaptation loss. */
  readonly lambda?: number;
}

/** Trains on the stream and measures after every domain. */
const trainWith = ({ kappa, weights = false, lambda = 0 }: ArmOptions = {}) =>
  async function* run({ data, seed, signal }: ArmContext<Stream>): AsyncGenerator<Progress, Outcome, void> {
    const plain = new Network(randomKey(seed));
    const start = kappa === undefined ? plain : useAdaB2N(plain, { tasks: domains, kappa });
    const loss = (network: Network, { images, labels, tasks }: Stream['batches'][number]) => {
      const [logits, next] = (weights ? withTasks(network, tasks) : network).train(images);
      const classification = crossEntropy(logits, labels);
      return {
        loss: lambda > 0 ? classification.add(adaptationLoss(next).mul(lambda)) : classification,
        model: next,
      };
    };
    const optimizer = sgd({ learningRate });
    const step = compile(trainingStep(loss, optimizer), { donate: [0, 1] });
    const accuracies: [number, number][] = [];
    let metrics: Metrics = {};
    try {
      let { model, state } = await copy({ model: start, state: optimizer.init(start) });
      for (const [i, batch] of data.batches.entries()) {
        signal?.throwIfAborted();
        const next = await step(model, state, batch);
        ({ model, state } = next);
        const domain = data.ends.indexOf(i + 1);
        if (domain < 0) continue;
        const seen = data.tests.slice(0, domain + 1);
        const each = await Promise.all(
          data.tests.map(async (test) => (await accuracyOf(model, test)).item()),
        );
        const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
        accuracies.push([domain + 1, mean(each.slice(0, seen.length))]);
        metrics = {
          accuracy: mean(each),
          oldAccuracy: mean(each.slice(0, Math.max(domain, 1))),
          imbalance: await imbalanceOf(model, data.tests),
          loss: await next.loss.item(),
        };
        metrics = { ...metrics, logImbalance: Math.log(metrics.imbalance!) };
        yield { step: i + 1, steps: data.batches.length, metrics, exhibits: [afterDomains(accuracies)] };
        if (kappa !== undefined && domain + 1 < domains) model = endTask(model);
      }
      return metrics;
    } finally {
      await step.release();
    }
  };

const afterDomains = (accuracies: readonly (readonly [number, number])[]): LinesExhibit => ({
  kind: 'lines',
  title: 'Accuracy on the domains seen so far',
  xAxis: 'domains seen',
  yAxis: 'test accuracy',
  lines: [{ label: 'accuracy', points: [...accuracies] }],
});

export const experiment = defineExperiment<Stream>({
  paper: 'adab2n',
  question: 'Does weighing tasks evenly keep normalization statistics from following the newest task?',
  data: {
    description:
      'MNIST digits of 14 × 14 pixels (8,000 to train on, 2,000 to test) in five domains that come one after the other ' +
      'in a single pass, all with all digits: each has its own brightness and a fixed pattern over the image. A network ' +
      '196-128-128-10 with normalization before its ReLUs, SGD with learning rate 0.03, batches of 16 new images and 4 ' +
      'from a reservoir of 200 (quick: half of the training images).',
    load: loadStream,
  },
  arms: [
    {
      name: 'batch-norm',
      label: 'batch normalization',
      role: 'baseline',
      description: 'Ordinary batch normalization, momentum 0.1.',
      live: true,
      run: trainWith(),
    },
    {
      name: 'adab2n',
      label: 'AdaB2N',
      role: 'method',
      description: 'Tasks weighted, kappa 0.4, adaptation loss times 0.1.',
      live: true,
      run: trainWith({ kappa: 0.4, weights: true, lambda: 0.1 }),
    },
    {
      name: 'momentum-only',
      label: 'momentum only',
      role: 'ablation',
      description: 'kappa 0.4, without weights of tasks and without adaptation loss.',
      live: false,
      run: trainWith({ kappa: 0.4 }),
    },
    {
      name: 'weights-only',
      label: 'weights only',
      role: 'ablation',
      description: 'Tasks weighted, the ordinary momentum (kappa 1), no adaptation loss.',
      live: false,
      run: trainWith({ kappa: 1, weights: true }),
    },
    {
      name: 'no-adaptation-loss',
      label: 'AdaB2N without adaptation loss',
      role: 'ablation',
      description: 'Tasks weighted, kappa 0.4.',
      live: false,
      run: trainWith({ kappa: 0.4, weights: true }),
    },
    {
      name: 'kappa-0.1',
      label: 'AdaB2N, kappa 0.1',
      role: 'ablation',
      description:
        'Tasks weighted, statistics nearer to the average of all batches, adaptation loss times 0.1.',
      live: false,
      run: trainWith({ kappa: 0.1, weights: true, lambda: 0.1 }),
    },
  ],
  seeds: Array.from({ length: 16 }, (_, seed) => seed),
  metrics: [
    { name: 'accuracy', label: 'test accuracy over domains', unit: 'fraction', better: 'higher' },
    {
      name: 'oldAccuracy',
      label: 'test accuracy on domains before the last',
      unit: 'fraction',
      better: 'higher',
    },
    { name: 'imbalance', label: 'imbalance of the running mean', unit: 'number', better: 'lower' },
    {
      name: 'logImbalance',
      label: 'logarithm of the imbalance',
      unit: 'number',
      better: 'lower',
      aside: true,
    },
    { name: 'loss', label: 'training loss', unit: 'number', better: 'lower' },
  ],
  claims: [
    {
      statement: 'The running statistics are better balanced between tasks than with batch normalization.',
      conditions: [
        // At most 0.92 times the imbalance.
        { metric: 'logImbalance', arm: 'adab2n', minus: 'batch-norm', over: 'mean', atMost: Math.log(0.92) },
        { metric: 'imbalance', arm: 'adab2n', minus: 'batch-norm', over: 'every-seed', atMost: 0 },
      ],
    },
    {
      statement: 'Accuracy over all tasks is no lower than with batch normalization.',
      conditions: [{ metric: 'accuracy', arm: 'adab2n', minus: 'batch-norm', over: 'mean', atLeast: 0 }],
    },
    {
      statement: 'ResNet-18 gains several points on Split CIFAR-10, CIFAR-100 and Mini-ImageNet.',
      notTested: 'The images and networks are too large for this experiment.',
    },
  ],
  curves: ['accuracy', 'imbalance'],
  liveSeconds: 6,
});
