import type { BatchNormLayerOptions } from '@evenkeel/nn';
import {
  add,
  type BatchStatistics,
  batchNormInference,
  cast,
  DTypeError,
  div,
  equal,
  exp,
  formatShape,
  full,
  greater,
  iota,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  mapTree,
  maximum,
  mul,
  ones,
  ShapeError,
  sqrt,
  stopGradient,
  sub,
  type Tensor,
  take,
  tensor,
  where,
  zeros,
} from '@evenkeel/tensor';

// Overcoming Recency Bias of Normalization Statistics in Continual Learning: Balance and Adaptation, arXiv 2310.08855.

/** Settings of `AdaB2N`. */
export interface AdaB2NOptions extends BatchNormLayerOptions {
  /** Number of tasks that there will be, at least 1. */
  readonly tasks: number;
  /**
   * Between 0, running statistics that are plain averages of all batches, and 1, those of ordinary batch normalization;
   * 0.4 unless said.
   */
  readonly kappa?: number;
  /**
   * What becomes of the weight of a past task that has no examples in a batch. `keep`, unless said, as the official code:
   * it stays in the sum of the weights, so that those of the examples add up to less than 1 and the mean shrinks towards
   * 0. `renormalize`: the weights of the tasks that are there add up to 1.
   */
  readonly missingTasks?: 'keep' | 'renormalize';
}

/** What a layer found in a batch. */
export interface BatchBalance {
  /**
   * The adaptation loss of the layer: mean squared distance of the batch's mean from the running one, over channels, plus
   * that of the variances. The running statistics, those after the step, are constants. The means over channels are the
   * official code's; the paper has squared norms.
   */
  readonly adaptation: Tensor;
  /** ω `[tasks]`: the weights of the tasks, 0 for those to come; absent for a batch without task labels. */
  readonly taskWeights?: Tensor;
}

/**
 * Share of a batch in the running statistics after one with the share η: η / (η + (1 - momentum)^κ), starting from
 * momentum^κ. That is 1 / i for κ = 0, the momentum for κ = 1, and tends to 1 - (1 - momentum)^κ in between.
 */
const nextShare = (share: Tensor, kept: number): Tensor => div(share, add(share, kept));

/**
 * The shares of the first `count` batches in the running statistics of their steps, η₁, η₂, …
 * @throws RangeError for κ outside [0, 1], a momentum outside (0, 1) and a count that is no non-negative integer
 */
export function batchShares(
  count: number,
  { momentum = 0.1, kappa = 0.4 }: Pick<AdaB2NOptions, 'momentum' | 'kappa'> = {},
): number[] {
  requireRates('batchShares', momentum, kappa);
  if (!(Number.isSafeInteger(count) && count >= 0)) {
    throw new RangeError(`batchShares: count must be a non-negative integer, got ${count}`);
  }
  const kept = (1 - momentum) ** kappa;
  let share = momentum ** kappa;
  return Array.from({ length: count }, () => {
    const current = share;
    share /= share + kept;
    return current;
  });
}

/**
 * Batch normalization for tasks that come one after another, with replay: `[n, channels, …] → [n, channels, …]`. In
 * training, each task of the batch counts by the mean of a Dirichlet posterior, ω_k ∝ exp(φ_k) + N_k with N_k examples,
 * and each of its examples by ω_k / N_k; φ is learned with the network, one number a task and layer. The running
 * statistics take batches in by shares that fall (see `batchShares`); their variance is the biased one, and they start
 * from 0 and 1. Evaluation uses them and needs no task labels.
 *
 * It stands where a `BatchNorm` stands: `withTasks(model, tasks)` gives all layers of a model the task labels of the
 * batch, `train` returns the layer with new state, `adaptationLoss` is to be added to the loss, and `endTask(model)` goes
 * on to the next task. Without task labels, and with the first task alone, it normalizes like batch normalization. New
 * and replayed examples belong into one batch.
 */
export class AdaB2N {
  /** `[channels]`, ones at first */
  readonly scale: Tensor;
  /** `[channels]`, zeros at first */
  readonly shift: Tensor;
  /** φ `[tasks]`, zeros at first: logarithms of the prior's concentrations */
  readonly concentration: Tensor;
  /** Mean and variance, both `[channels]`; zeros and ones at first. State. */
  readonly running: BatchStatistics;
  /** η of the next step, a scalar. State. */
  readonly share: Tensor;
  /** Number of the newest task, a scalar of the layer's dtype, 0 at first. State. */
  readonly currentTask: Tensor;
  readonly momentum: number;
  readonly kappa: number;
  readonly epsilon: number;
  readonly missingTasks: 'keep' | 'renormalize';
  /** Task labels of the next batch, `[n]`: see `withTasks`. */
  readonly tasks?: Tensor;
  /** What the layer that `train` returns found in its batch. */
  readonly balance?: BatchBalance;

  /**
   * @throws RangeError for no tasks, a momentum outside (0, 1), κ outside [0, 1], ε that is not above 0, and an unknown
   *   treatment of missing tasks
   */
  constructor(
    channels: number,
    {
      tasks,
      kappa = 0.4,
      momentum = 0.1,
      epsilon = 1e-5,
      missingTasks = 'keep',
      dtype = 'float32',
    }: AdaB2NOptions,
  ) {
    if (!(Number.isSafeInteger(tasks) && tasks >= 1)) {
      throw new RangeError(`AdaB2N: tasks must be a positive integer, got ${tasks}`);
    }
    requireRates('AdaB2N', momentum, kappa);
    if (!(epsilon > 0)) throw new RangeError(`AdaB2N: epsilon must be above 0, got ${epsilon}`);
    if (missingTasks !== 'keep' && missingTasks !== 'renormalize') {
      throw new RangeError(`AdaB2N: missingTasks must be keep or renormalize, got ${missingTasks}`);
    }
    this.scale = ones([channels], dtype);
    this.shift = zeros([channels], dtype);
    this.concentration = zeros([tasks], dtype);
    this.running = { mean: zeros([channels], dtype), variance: ones([channels], dtype) };
    this.share = full([], momentum ** kappa, dtype);
    this.currentTask = tensor(0, dtype);
    this.momentum = momentum;
    this.kappa = kappa;
    this.epsilon = epsilon;
    this.missingTasks = missingTasks;
  }

  /**
   * The layer with the task of every example of the next batch: int32 or int64 `[n]`, each from 0 to the current task.
   * @throws ShapeError, DTypeError; RangeError for other tasks where they are known. Where they are not, in a compiled
   *   function, such a task stops the run with a RuntimeError.
   */
  withTasks(tasks: Tensor): AdaB2N {
    if (tasks.dtype !== 'int32' && tasks.dtype !== 'int64') {
      throw new DTypeError(`AdaB2N: tasks must be int32 or int64, got ${tasks.dtype}`);
    }
    if (tasks.rank !== 1) throw new ShapeError(`AdaB2N: tasks must be [n], got ${formatShape(tasks.shape)}`);
    const [count, current] = [this.concentration.size, this.currentTask.value?.data[0]];
    const last = current === undefined ? count - 1 : Number(current);
    const wrong =
      tasks.value && Array.from(tasks.value.data, Number).find((task) => !(task >= 0 && task <= last));
    if (wrong !== undefined) {
      throw new RangeError(`AdaB2N: task ${wrong} of an example is not from 0 to ${last}, the current task`);
    }
    return changed(this, { tasks });
  }

  /** The layer when the next task begins. @throws RangeError when there is none, where the current task is known */
  endTask(): AdaB2N {
    const count = this.concentration.size;
    const current = this.currentTask.value?.data[0];
    if (current !== undefined && Number(current) + 1 >= count) {
      throw new RangeError(`AdaB2N: the layer was made for ${count} tasks, and the last one is on`);
    }
    return changed(this, { currentTask: this.currentTask.add(1) });
  }

  /**
   * The output, and the layer with new state and with `balance`.
   * @throws ShapeError unless `x` is [n, channels, …] with at least one element a channel, or when there is another number
   *   of tasks than examples
   */
  train(x: Tensor): [output: Tensor, layer: AdaB2N] {
    requireChannels(this, x);
    if (x.size === 0)
      throw new ShapeError(`AdaB2N: expected at least one example, got ${formatShape(x.shape)}`);
    const { tasks } = this;
    if (tasks && tasks.length(0) !== x.length(0)) {
      throw new ShapeError(`AdaB2N: ${x.length(0)} examples want as many tasks, got ${tasks.length(0)}`);
    }
    const taskWeights = tasks && taskWeightsOf(this, tasks);
    const exampleWeights =
      tasks && taskWeights
        ? exampleWeightsOf(this, tasks, taskWeights)
        : full([x.length(0)], 1 / x.length(0), x.dtype);
    const weighted = (values: Tensor) => weightedMean(values, exampleWeights);
    const mean = weighted(x);
    const centred = sub(x, perChannel(mean, x));
    const variance = weighted(centred.square());

    const moved = (old: Tensor, batch: Tensor) =>
      add(mul(stopGradient(old), sub(1, this.share)), mul(stopGradient(batch), this.share));
    const share = stopGradient(this.share);
    const running = {
      mean: stopGradient(moved(this.running.mean, mean)),
      variance: stopGradient(moved(this.running.variance, variance)),
    };
    const distance = (batch: Tensor, from: Tensor) => sub(batch, from).square().mean();
    const adaptation = add(distance(mean, running.mean), distance(variance, running.variance));
    const slope = div(this.scale, sqrt(add(variance, this.epsilon)));
    const output = add(mul(centred, perChannel(slope, x)), perChannel(this.shift, x));
    const layer = changed(this, {
      running,
      share: nextShare(share, (1 - this.momentum) ** this.kappa),
      // A tensor of its own, since what a loss replaces is state, which optimizers leave alone.
      currentTask: stopGradient(this.currentTask),
      balance: { adaptation, ...(taskWeights && { taskWeights }) },
    });
    return [output, layer];
  }

  /** Evaluation: by the running statistics. @throws ShapeError unless `x` is [n, channels, …] */
  call(x: Tensor): Tensor {
    requireChannels(this, x);
    return batchNormInference(x, mapTree(stopGradient, this.running), this);
  }
}

/** A copy with some fields changed; task labels and balance are those of one batch, and stay behind. */
function changed(layer: AdaB2N, changes: Partial<AdaB2N>): AdaB2N {
  const { tasks: _tasks, balance: _balance, ...fields } = layer;
  return Object.assign(Object.create(AdaB2N.prototype), fields, changes);
}

function requireChannels({ scale }: AdaB2N, x: Tensor): void {
  if (x.rank < 2 || x.length(1) !== scale.size) {
    throw new ShapeError(
      `AdaB2N: expected an input of shape [n, ${scale.size}, ...], got ${formatShape(x.shape)}`,
    );
  }
}

/** ω: shares of the posterior's concentrations among the tasks so far, or among those of the batch. */
function taskWeightsOf({ concentration, currentTask, missingTasks }: AdaB2N, tasks: Tensor): Tensor {
  const counts = countsOf(tasks, concentration);
  const soFar = lessEqual(cast(iota(concentration.size), concentration.dtype), currentTask);
  const counted = missingTasks === 'keep' ? soFar : logicalAnd(soFar, greater(counts, 0));
  const posterior = where(counted, add(exp(concentration), counts), 0);
  return div(posterior, posterior.sum());
}

/** s: the weight of each example, that of its task divided by the number of the task's examples. */
function exampleWeightsOf(
  { concentration, currentTask }: AdaB2N,
  tasks: Tensor,
  taskWeights: Tensor,
): Tensor {
  const each = div(taskWeights, maximum(countsOf(tasks, concentration), 1));
  const outside = logicalOr(less(tasks, 0), greater(tasks, cast(currentTask, tasks.dtype)));
  // A task that may not be there stops the run where its weight is looked up.
  return take(each, where(outside, concentration.size, tasks));
}

/** Numbers of a channel each, `[channels]`, in the shape that goes with `x`. */
const perChannel = (values: Tensor, x: Tensor): Tensor =>
  values.reshape([values.size, ...x.shape.slice(2).map(() => 1)]);

/** Mean over everything but examples and channels, and the weighted sum of that over examples: `[channels]`. */
function weightedMean(x: Tensor, exampleWeights: Tensor): Tensor {
  const inner = x.shape.slice(2).map((_, i) => i + 2);
  const byExample = inner.length > 0 ? x.mean({ axis: inner }) : x;
  return mul(byExample, exampleWeights.reshape([x.length(0), 1])).sum({ axis: 0 });
}

/** N: number of examples of each task, `[tasks]`, like φ. */
function countsOf(tasks: Tensor, concentration: Tensor): Tensor {
  const columns = cast(iota(concentration.size), tasks.dtype);
  const isOf = equal(tasks.reshape([tasks.size, 1]), columns);
  return cast(isOf, concentration.dtype).sum({ axis: 0 });
}

function requireRates(name: string, momentum: number, kappa: number): void {
  if (!(momentum > 0 && momentum < 1)) {
    throw new RangeError(`${name}: momentum must be between 0 and 1, got ${momentum}`);
  }
  if (!(kappa >= 0 && kappa <= 1)) throw new RangeError(`${name}: kappa must be in [0, 1], got ${kappa}`);
}
