import type { ArmContext, Budget, Metrics, Progress } from '@evenkeel/lab';
import {
  accuracy,
  adam,
  type Columns,
  crossEntropy,
  type GreyImages,
  Linear,
  loader,
  relu,
  Sequential,
  type TensorBatch,
  toTensors,
  train,
} from '@evenkeel/nn';
import { compile, randomKey, splitKey, type Tensor } from '@evenkeel/tensor';

export type Batch = TensorBatch<GreyImages>;

/** Digits to train on and to test on. */
export interface Digits {
  readonly train: Columns<GreyImages>;
  readonly test: Columns<GreyImages>;
}

/** Where a model stands on the test digits. */
export interface Score {
  readonly testAccuracy: number;
  readonly testLoss: number;
}

/** Passes through the training digits. */
const epochsOf: Readonly<Record<Budget, number>> = { full: 6, quick: 3 };

const perEpoch = ({ data, seed }: ArmContext<Digits>) => loader(data.train, { batchSize: 64, seed });

/** Steps of training in all. */
export const trainingSteps = (context: ArmContext<Digits>): number =>
  epochsOf[context.budget] * perEpoch(context).batchesPerEpoch!;

/** The first two linear layers, which are pruned. */
export const paths = ['steps.1', 'steps.3'] as const;

/** Images `[n, 1, 28, 28]` → 128 → 64 → logits `[n, 10]`. */
function network(key: Tensor): Sequential {
  const [first, second, third] = splitKey(key, 3) as [Tensor, Tensor, Tensor];
  return new Sequential(
    (x: Tensor) => x.reshape([x.length(0), 784]),
    new Linear(first, 784, 128),
    relu,
    new Linear(second, 128, 64),
    relu,
    new Linear(third, 64, 10),
  );
}

export const call = (model: Sequential, images: Tensor): Tensor => model.call(images);

const measure = compile((model: Sequential, { images, labels }: Batch) => {
  const logits = model.call(images);
  return { testAccuracy: accuracy(logits, labels), testLoss: crossEntropy(logits, labels) };
});

/** How good a model is, pruned or not. */
export async function scoreOf(model: Sequential, test: Batch): Promise<Score> {
  const { testAccuracy, testLoss } = await measure(model, test);
  return { testAccuracy: Number(await testAccuracy.item()), testLoss: Number(await testLoss.item()) };
}

/** The trained network that all arms of a seed prune. */
export async function* trainDense(
  context: ArmContext<Digits>,
  steps: number,
): AsyncGenerator<Progress, Sequential, void> {
  const test = toTensors(context.data.test.columns);
  const batches = perEpoch(context);
  let metrics: Metrics = {};
  let trained = network(randomKey(context.seed));
  for await (const { step, model } of train({
    model: trained,
    loss: (each: Sequential, { images, labels }: Batch) => crossEntropy(each.call(images), labels),
    optimizer: adam({ learningRate: 1e-3 }),
    batches,
    steps: trainingSteps(context),
    signal: context.signal,
  })) {
    trained = model;
    const isEpoch = step % batches.batchesPerEpoch! === 0;
    if (isEpoch) metrics = { ...(await scoreOf(model, test)) };
    if (isEpoch || step % 20 === 0) yield { step, steps, metrics };
  }
  return trained;
}
