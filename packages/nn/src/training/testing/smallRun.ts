import { randomKey, splitKey, type Tensor } from '@evenkeel/tensor';
import { columns } from '../../data/dataset.js';
import { type Loader, loader } from '../../data/loader.js';
import { randomSource } from '../../data/random.js';
import type { TensorBatch } from '../../data/tensors.js';
import { dropout } from '../../layers/dropout.js';
import { Linear } from '../../layers/linear.js';
import { BatchNorm } from '../../layers/norm.js';
import { Sequential } from '../../layers/sequential.js';
import { adam } from '../../optimizers/adam.js';
import { cosineSchedule } from '../../optimizers/schedules.js';
import { evaluator } from '../evaluator.js';
import type { FitOptions } from '../fitOptions.js';

const random = randomSource(5);
const samples = 52;
const inputs = Float32Array.from({ length: samples * 3 }, () => random.normal());
const targets = Float32Array.from(
  { length: samples },
  (_, i) => Math.sin(inputs[3 * i]!) + inputs[3 * i + 1]!,
);
const data = columns({
  inputs: { data: inputs, shape: [samples, 3], dtype: 'float32' },
  targets: { data: targets, shape: [samples, 1], dtype: 'float32' },
});
type Batch = TensorBatch<typeof data.columns>;

/** Six whole batches an epoch and a smaller one. */
const batches: Loader<Batch> = loader(data, { batchSize: 8, seed: 3, last: 'keep' });

const [first, second] = splitKey(randomKey(1));

/** A run with everything that has state: shuffling, running statistics, Adam, a schedule and dropout. */
export const smallRun = (
  steps: number,
): FitOptions<Sequential, Batch> & { readonly batches: Loader<Batch> } => ({
  model: new Sequential(new Linear(first, 3, 8), new BatchNorm(8), new Linear(second, 8, 1)),
  loss: (network, { inputs, targets }, key) => {
    const [output, model] = network.train(dropout(key, inputs, 0.2));
    const loss = output.sub(targets).square().mean();
    return { loss, metrics: { spread: output.square().mean() }, model };
  },
  optimizer: adam({ learningRate: cosineSchedule(0.05, 30) }),
  batches,
  steps,
  key: randomKey(7),
  evaluate: { every: 5, run: evaluator(errorOf, batches) },
  earlyStopping: { metric: 'error', patience: 20 },
});

const errorOf = (network: Sequential, { inputs, targets }: Batch): Record<string, Tensor> => ({
  error: network.call(inputs).sub(targets).square().mean(),
});
