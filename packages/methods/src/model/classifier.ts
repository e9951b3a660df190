import {
  accuracy,
  chain,
  crossEntropy,
  type Dataset,
  type GradientTransform,
  type Loader,
  loader,
  sgd,
  type TensorBatch,
  toTensors,
  train,
} from '@evenkeel/nn';
import { compile, type ImportedModule, log, maximum, randomKey, type Tensor } from '@evenkeel/tensor';
import type { LabelledBatch } from './samples.js';

/** A classifier as it is trained: with the running statistics that training moves. */
export interface Trained {
  readonly net: ImportedModule;
  readonly statistics: Readonly<Record<string, Tensor>>;
}

type Batch = TensorBatch<LabelledBatch>;

/** Logits of the model's outputs; of probabilities, their logarithms, which softmax leaves as they are. */
function logitsOf(net: ImportedModule, output: Tensor): Tensor {
  return net.operators.at(-1) === 'Softmax' ? log(maximum(output, 1e-12)) : output;
}

const outputName = (net: ImportedModule): string => net.outputs[0]!.name;

/** Logits `[n, classes]` as in evaluation. */
export const classify = (net: ImportedModule, inputs: Tensor): Tensor => logitsOf(net, net.call(inputs));

/** The buffers that training moves. */
export function statisticsOf(net: ImportedModule, example: Tensor): Record<string, Tensor> {
  const { buffers } = net.run([example], { training: {} });
  return Object.fromEntries([...net.buffers].filter(([name, tensor]) => buffers[name] !== tensor));
}

function lossOf({ net, statistics }: Trained, { inputs, labels }: Batch, key: Tensor) {
  const { outputs, buffers } = net.run([inputs], { training: { key }, buffers: statistics });
  const moved = Object.fromEntries(Object.keys(statistics).map((name) => [name, buffers[name]!]));
  const logits = logitsOf(net, outputs[outputName(net)]!);
  return { loss: crossEntropy(logits, labels), model: { net, statistics: moved } };
}

/** The first samples of a data set, as the model takes them. */
export async function exampleOf(dataset: Dataset<LabelledBatch>, count: number): Promise<Tensor> {
  const indices = Array.from({ length: count }, (_, i) => Math.min(i, dataset.length - 1));
  return toTensors(await dataset.read(indices)).inputs;
}

/** How a classifier is trained. */
export interface TrainingSettings {
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Goes before the optimizer; paths begin with `net.`. */
  readonly penalty?: GradientTransform | undefined;
  readonly onStep: (step: number, steps: number, loss: number) => void;
}

const batchSize = 32;

export const batchesOf = (dataset: Dataset<LabelledBatch>, seed: number): Loader<Batch> =>
  loader(dataset, { batchSize: Math.min(batchSize, dataset.length), seed });

/** Trains with momentum 0.9, and returns the model with its new statistics. */
export async function trainClassifier(
  net: ImportedModule,
  dataset: Dataset<LabelledBatch>,
  { epochs, learningRate, seed, signal, penalty, onStep }: TrainingSettings,
): Promise<ImportedModule> {
  const batches = batchesOf(dataset, seed);
  const descent = sgd({ learningRate, momentum: 0.9, nesterov: true });
  let trained: Trained = { net, statistics: statisticsOf(net, await exampleOf(dataset, 2)) };
  for await (const { model, step, steps, loss } of train<Trained, Batch>({
    model: trained,
    loss: lossOf,
    optimizer: penalty ? chain(penalty, descent) : descent,
    batches,
    steps: epochs * batches.batchesPerEpoch,
    key: randomKey(seed),
    signal,
  })) {
    trained = model;
    onStep(step, steps, loss);
  }
  return trained.net.withWeights(trained.statistics);
}

/** Share of the samples that are classified as their labels say. */
export async function accuracyOn(net: ImportedModule, dataset: Dataset<LabelledBatch>): Promise<number> {
  const right = compile((model: { net: ImportedModule }, { inputs, labels }: Batch) =>
    accuracy(classify(model.net, inputs), labels),
  );
  let correct = 0;
  const batches = loader(dataset, { batchSize: 128, seed: 0, shuffle: false, last: 'keep' });
  for await (const batch of batches.epoch(0)) {
    correct += batch.labels.size * Number(await (await right({ net }, batch)).item());
  }
  await right.release();
  return correct / dataset.length;
}
