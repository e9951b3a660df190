import { compile, copy, type Tensor, valueAndGrad } from '@evenkeel/tensor';
import { applyUpdates, type GradientTransform } from '../optimizers/transform.js';

/** A scalar loss, with further scalars to report if wanted. */
export type Loss = Tensor | readonly [loss: Tensor, metrics: Readonly<Record<string, Tensor>>];

/** What `train` is to do. */
export interface TrainOptions<Model, Batch> {
  /** A tree of tensors: where training begins. It stays as it is. */
  readonly model: Model;
  /** Of a model and a batch. It is traced: see `compile`. */
  readonly loss: (model: Model, batch: Batch) => Loss;
  readonly optimizer: GradientTransform;
  /** Trees of tensors, one a step. `repeat(batch)` gives the same one each time. */
  readonly batches: Iterable<Batch> | AsyncIterable<Batch>;
  /** Number of steps, at least 1. */
  readonly steps: number;
  /** Stops between two steps: the run throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Where training stands after a step. */
export interface TrainProgress<Model> {
  /** Steps taken, from 1. */
  readonly step: number;
  readonly steps: number;
  /** Of the step's batch, before the step's update. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** After the step's update. The next step takes its tensors over: use it before that, or keep a `copy`. */
  readonly model: Model;
  /** As `model`, the next step takes it over. */
  readonly optimizerState: unknown;
}

/** The same batch for ever. */
export function* repeat<Batch>(batch: Batch): Generator<Batch, never, void> {
  while (true) yield batch;
}

/**
 * Trains step by step and yields after each: the whole step (loss, gradient, optimizer) is one compiled graph.
 * @throws RangeError when `steps` is no positive integer, when the batches end early, or when the loss stops being finite;
 *   the signal's reason when it is aborted
 */
export async function* train<Model, Batch>(
  options: TrainOptions<Model, Batch>,
): AsyncGenerator<TrainProgress<Model>, void, void> {
  const { loss, optimizer, batches, steps, signal } = options;
  if (!(Number.isInteger(steps) && steps > 0))
    throw new RangeError(`train: steps must be a positive integer, got ${steps}`);
  const update = compile(trainingStep(loss, optimizer), { donate: [0, 1] });
  try {
    let { model, state } = await copy({ model: options.model, state: optimizer.init(options.model) });
    let step = 0;
    for await (const batch of batches) {
      signal?.throwIfAborted();
      const next = await update(model, state, batch);
      ({ model, state } = next);
      step++;
      const value = await next.loss.item();
      if (!Number.isFinite(value))
        throw new RangeError(`train: the loss is ${value} at step ${step} of ${steps}`);
      yield { step, steps, loss: value, metrics: await numbers(next.metrics), model, optimizerState: state };
      if (step === steps) return;
    }
    throw new RangeError(`train: the batches ended after ${step} of ${steps} steps`);
  } finally {
    await update.release();
  }
}

/** One step as a function of trees: what `train` compiles, for those who write their own loop. */
export const trainingStep =
  <Model, Batch>(loss: (model: Model, batch: Batch) => Loss, optimizer: GradientTransform) =>
  (model: Model, state: unknown, batch: Batch) => {
    const lossAndMetrics = (at: Model): [Tensor, Readonly<Record<string, Tensor>>] => {
      const result = loss(at, batch);
      return Array.isArray(result) ? [result[0], result[1]] : [result as Tensor, {}];
    };
    const [value, gradients, metrics] = valueAndGrad(lossAndMetrics)(model);
    const [updates, nextState] = optimizer.update(gradients, state, model);
    return { model: applyUpdates(model, updates), state: nextState, loss: value, metrics };
  };

async function numbers(metrics: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
  const entries = Object.entries(metrics).map(async ([name, value]) => [name, await value.item()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What `fit` is to do. */
export interface FitOptions<Model, Batch> extends TrainOptions<Model, Batch> {
  /** Called after each step. */
  readonly onProgress?: (progress: TrainProgress<Model>) => void;
}

/** Trains to the end and returns the last progress, with the trained model in it. @throws as `train` */
export async function fit<Model, Batch>(options: FitOptions<Model, Batch>): Promise<TrainProgress<Model>> {
  let last: TrainProgress<Model> | undefined;
  for await (const progress of train(options)) {
    options.onProgress?.(progress);
    last = progress;
  }
  return last as TrainProgress<Model>;
}
