import { applyUpdates, type GradientTransform } from '@evenkeel/nn';
import { randomKey, splitKey, type Tensor, valueAndGrad } from '@evenkeel/tensor';

/** A training run to measure, as it is written down: trees of tensors and functions of them. */
export interface Description<Model, Buffers, Batch> {
  /** As on the command line and in the peers' files. */
  readonly name: string;
  readonly title: string;
  /**
   * Of the weights and the batch. With some seeds the input of a ReLU is zero but for rounding, where the gradient jumps;
   * sides that compute the same then differ.
   */
  readonly seed: number;
  readonly model: (key: Tensor) => Model;
  /** What a step carries over besides the model and the optimizer's state, such as running statistics. */
  readonly buffers: (model: Model) => Buffers;
  readonly batch: (key: Tensor) => Batch;
  /** The loss, and the buffers after the step. */
  readonly loss: (model: Model, buffers: Buffers, batch: Batch) => readonly [Tensor, Buffers];
  readonly optimizer: GradientTransform;
}

/** What every side starts from: the initial weights and the batch, both trees. */
export interface Start {
  readonly model: unknown;
  readonly batch: unknown;
}

/** A training run whose trees are opaque, so that runs of different models are handled alike. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** Weights and batch, not computed yet. */
  start(): Start;
  /** The tree that a step takes and returns. */
  initialState(model: unknown): unknown;
  /** One training step, to be compiled. */
  step(state: unknown, batch: unknown): { readonly state: unknown; readonly loss: Tensor };
  /** Loss and gradients (a tree like the model) at a state, to be compiled. */
  gradients(state: unknown, batch: unknown): { readonly loss: Tensor; readonly gradients: unknown };
}

interface State<Model, Buffers> {
  readonly model: Model;
  readonly buffers: Buffers;
  readonly optimizer: unknown;
}

export function workload<Model, Buffers, Batch>(description: Description<Model, Buffers, Batch>): Workload {
  const { name, title, seed, model, buffers, batch, loss, optimizer } = description;
  const evaluated = valueAndGrad(loss);
  return {
    name,
    title,
    start() {
      const [forModel, forBatch] = splitKey(randomKey(seed));
      return { model: model(forModel), batch: batch(forBatch) };
    },
    initialState: (initial) => ({
      model: initial,
      buffers: buffers(initial as Model),
      optimizer: optimizer.init(initial),
    }),
    step(state, given) {
      const before = state as State<Model, Buffers>;
      const [value, gradients, after] = evaluated(before.model, before.buffers, given as Batch);
      const [updates, next] = optimizer.update(gradients, before.optimizer, before.model);
      const state_ = { model: applyUpdates(before.model, updates), buffers: after, optimizer: next };
      return { state: state_, loss: value };
    },
    gradients(state, given) {
      const { model: at, buffers: held } = state as State<Model, Buffers>;
      const [value, gradients] = evaluated(at, held, given as Batch);
      return { loss: value, gradients };
    },
  };
}
