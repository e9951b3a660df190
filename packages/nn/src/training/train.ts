import {
  compile,
  copy,
  flatten,
  foldIn,
  leavesLike,
  leavesOf,
  randomKey,
  ShapeError,
  sameShape,
  Tensor,
  tensor,
  valueAndGrad,
  withLeaves,
  zerosLike,
} from '@evenkeel/tensor';
import { applyUpdates, type GradientTransform } from '../optimizers/transform.js';
import { type Batches, sourceOf } from './batches.js';
import { numbers, samplesIn } from './weighing.js';

/** A loss with what else comes of computing it. */
export interface LossReport<Model> {
  /** What is minimized: a floating-point scalar. */
  readonly loss: Tensor;
  /** Further scalars to report. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /**
   * The model with new state, such as the running statistics of batch normalization. Tensors that the loss put in place
   * of others are state: they are taken as they are, and the optimizer does not change them. All others are trained.
   */
  readonly model?: Model;
}

/**
 * Of a model, a batch and a random key that is another one in every step. It is traced: see `compile`.
 * @returns the loss, a floating-point scalar, or a report with metrics and new state
 */
export type Loss<Model, Batch> = (model: Model, batch: Batch, key: Tensor) => Tensor | LossReport<Model>;

/** What `train` is to do. */
export interface TrainOptions<Model, Batch> {
  /** A tree of tensors: where training begins. It stays as it is. */
  readonly model: Model;
  readonly loss: Loss<Model, Batch>;
  readonly optimizer: GradientTransform;
  /** Trees of tensors, one a step. `repeat(batch)` gives the same one each time. */
  readonly batches: Batches<Batch>;
  /** Number of steps, at least 1, those before the start included. */
  readonly steps: number;
  /** Where the keys that the loss gets come from: `foldIn(key, step)`, 0 for the first step. `randomKey(0)` unless said. */
  readonly key?: Tensor | undefined;
  /** Goes on where an earlier run stood whose `model` is given: steps taken, and the optimizer's state. */
  readonly start?: { readonly step: number; readonly optimizerState: unknown } | undefined;
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
  /** Samples in the step's batch: the sum of its `mask` if it has one, else the length of its first axis. */
  readonly samples: number;
  /** After the step's update. The next step takes its tensors over: use it before that, or keep a `copy`. */
  readonly model: Model;
  /** As `model`, the next step takes it over. */
  readonly optimizerState: unknown;
}

/**
 * Trains step by step and yields after each: the whole step (loss, gradient, optimizer) is one compiled graph.
 * @throws RangeError when `steps` is no positive integer, when the batches end early, or when the loss stops being finite;
 *   the signal's reason when it is aborted; what the loss throws while it is traced
 */
export async function* train<Model, Batch>(
  options: TrainOptions<Model, Batch>,
): AsyncGenerator<TrainProgress<Model>, void, void> {
  const { loss, optimizer, batches, steps, key = randomKey(0), start, signal } = options;
  if (!(Number.isInteger(steps) && steps > 0))
    throw new RangeError(`train: steps must be a positive integer, got ${steps}`);
  let step = start?.step ?? 0;
  if (!(Number.isInteger(step) && step >= 0 && step < steps))
    throw new RangeError(`train: start: step must be an integer in [0, ${steps}), got ${step}`);
  const ownStep = trainingStep(loss, optimizer);
  const update = compile(
    (model: Model, state: unknown, batch: Batch, runKey: Tensor, index: Tensor) =>
      ownStep(model, state, batch, foldIn(runKey, index)),
    { donate: [0, 1] },
  );
  try {
    let { model, state } = await copy({
      model: options.model,
      state: start ? start.optimizerState : optimizer.init(options.model),
    });
    for await (const batch of sourceOf(batches).batchesFrom(step)) {
      signal?.throwIfAborted();
      const next = await update(model, state, batch, key, tensor(step, 'int32'));
      ({ model, state } = next);
      step++;
      const value = await next.loss.item();
      if (!Number.isFinite(value))
        throw new RangeError(`train: the loss is ${value} at step ${step} of ${steps}`);
      const metrics = await numbers(next.metrics);
      const samples = await samplesIn(batch);
      yield { step, steps, loss: value, metrics, samples, model, optimizerState: state };
      if (step === steps) return;
    }
    throw new RangeError(`train: the batches ended after ${step} of ${steps} steps`);
  } finally {
    await update.release();
  }
}

/**
 * One step as a function of trees: what `train` compiles, for those who write their own loop. The key is the step's own,
 * for losses that draw random numbers.
 */
export const trainingStep =
  <Model, Batch>(loss: Loss<Model, Batch>, optimizer: GradientTransform) =>
  (model: Model, state: unknown, batch: Batch, key: Tensor = randomKey(0)) => {
    const [value, gradients, { metrics, newState }] = valueAndGrad((at: Model) => {
      const result = loss(at, batch, key);
      const report: LossReport<Model> = result instanceof Tensor ? { loss: result } : result;
      return [
        report.loss,
        { metrics: report.metrics ?? {}, newState: newStateIn(at, report.model) },
      ] as const;
    })(model);
    // State has no gradient, so that transforms that look at all gradients at once do not see it.
    const trained = replaceLeaves(gradients, model, (i, gradient) =>
      newState[i] ? zerosLike(gradient) : undefined,
    );
    const [updates, nextState] = optimizer.update(trained, state, model);
    const next = replaceLeaves(applyUpdates(model, updates), model, (i) => newState[i]);
    return { model: next, state: nextState, loss: value, metrics };
  };

/** A tree like `model`, in which leaf `i` of the model becomes what is given for it, if anything is. */
function replaceLeaves<Model>(
  tree: Model,
  model: Model,
  replacement: (i: number, leaf: Tensor) => Tensor | undefined,
): Model {
  const leaves = leavesLike(model, tree).map((leaf, i) => replacement(i, leaf) ?? leaf);
  return withLeaves(model, leaves);
}

/** For each leaf of the model what the loss put in its place; undefined where it put nothing. */
function newStateIn<Model>(model: Model, returned: Model | undefined): readonly (Tensor | undefined)[] {
  if (returned === undefined) return leavesOf(model).map(() => undefined);
  const { leaves, paths } = flatten(model);
  const found = leavesOfReturned(model, returned);
  return leaves.map((leaf, i) => {
    const other = found[i]!;
    if (other === leaf) return undefined;
    if (other.dtype !== leaf.dtype || !sameShape(other.shape, leaf.shape)) {
      throw new ShapeError(`train: the loss returned ${other} for ${paths[i]}, expected ${leaf}`);
    }
    return other;
  });
}

function leavesOfReturned<Model>(model: Model, returned: Model): readonly Tensor[] {
  try {
    return leavesLike(model, returned);
  } catch (error) {
    throw new TypeError('train: the loss returned a model of another form than it got', { cause: error });
  }
}
