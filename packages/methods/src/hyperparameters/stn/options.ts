import type { Batches, GradientTransform, LossReport } from '@evenkeel/nn';
import type { Tensor } from '@evenkeel/tensor';
import { requirePositive, requireWhole } from './checks.js';
import { type Hyperparameters, requireHyperparameters } from './hyperparameters.js';
import type { PerturbedHyperparameters } from './perturbation.js';

/** What a loss gets besides model and batch: perturbed hyperparameters, and a random key of its own. */
export interface SelfTuningContext<Name extends string = string> extends PerturbedHyperparameters<Name> {
  readonly key: Tensor;
}

/** What self-tuning is to do. */
export interface SelfTuningOptions<Model, Batch, Name extends string> {
  /** A tree of tensors with best-response layers in it: where training begins. It stays as it is. */
  readonly model: Model;
  /** What is tuned, by name; their order is that of the columns of λ. */
  readonly hyperparameters: Hyperparameters<Name>;
  /**
   * f: the mean loss over the samples of a batch, with regularizers on. `lambda` goes to the best-response layers, `values`
   * to dropout, penalties and augmentations, one value for each sample or a scalar for shared ones. As the loss of `train`,
   * it may report metrics and a model with new state. Nothing here is differentiated by λ.
   */
  readonly trainLoss: (
    model: Model,
    batch: Batch,
    context: SelfTuningContext<Name>,
  ) => Tensor | LossReport<Model>;
  /**
   * F: the mean loss with regularizers off. Its gradient reaches λ through `lambda`, and through `values` where F depends on
   * them; discrete ones are refused there.
   */
  readonly validationLoss: (model: Model, batch: Batch, context: SelfTuningContext<Name>) => Tensor;
  /** To train on, one a step. */
  readonly batches: Batches<Batch>;
  /** To tune on, one a validation step. */
  readonly validationBatches: Batches<Batch>;
  /** Training steps in all, those of warming up included; validation steps come in addition. */
  readonly steps: number;
  /** Training steps before the first validation step: 5 epochs unless said, where the batches have epochs, else none. */
  readonly warmUp?: number;
  /** T_train: training steps between validation steps; 2 unless said. */
  readonly trainSteps?: number;
  /** T_valid: validation steps after them; 1 unless said. */
  readonly validationSteps?: number;
  /** σ₀: standard deviation of the perturbation of λ at first, above 0; 0.5 unless said. */
  readonly sigma0?: number;
  /** Whether σ is tuned too; true unless said. Otherwise it stays, and validation steps take λ without perturbation. */
  readonly tuneScale?: boolean;
  /** τ: weight of the entropy of the perturbations in the validation step, at least 0; 1e-3 unless said. */
  readonly tau?: number;
  /** Of the model; SGD with learning rate 0.01 and momentum 0.9 unless said. */
  readonly weightOptimizer?: GradientTransform;
  /** Of λ; Adam with learning rate 3e-3 unless said. */
  readonly lambdaOptimizer?: GradientTransform;
  /** Of s, σ = softplus(s); Adam with learning rate 3e-3 unless said. */
  readonly scaleOptimizer?: GradientTransform;
  /** Perturbations of a step: as many as the first axis of its batch is long unless said. */
  readonly perturbations?: number;
  /**
   * Changes a batch outside the traced step before it is trained on, by the very values that the loss will get: for
   * augmentations that are no tensor operations.
   * @param values for each perturbation, or one where a hyperparameter is shared
   * @param step from 0
   */
  readonly augment?: (
    batch: Batch,
    values: Readonly<Record<Name, readonly number[]>>,
    step: number,
  ) => Batch | Promise<Batch>;
  /** Of perturbations and of the keys that losses get; `randomKey(0)` unless said. */
  readonly key?: Tensor;
  /** Stops between two steps: the run throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How many steps of which kind. */
export interface Plan {
  readonly steps: number;
  readonly warmUp: number;
  readonly trainSteps: number;
  readonly validationSteps: number;
}

/** @throws RangeError for options that make no sense, alone or together */
export function planOf<Model, Batch, Name extends string>(
  options: SelfTuningOptions<Model, Batch, Name>,
): Plan {
  const { batches, validationBatches, steps, trainSteps = 2, validationSteps = 1 } = options;
  const { sigma0 = 0.5, tau = 1e-3, perturbations = 1 } = options;
  requireHyperparameters('selfTuning', options.hyperparameters);
  requireWhole('selfTuning', 'steps', steps, 1);
  requireWhole('selfTuning', 'trainSteps', trainSteps, 1);
  requireWhole('selfTuning', 'validationSteps', validationSteps, 1);
  requireWhole('selfTuning', 'perturbations', perturbations, 1);
  requirePositive('selfTuning', 'sigma0', sigma0);
  if (!(tau >= 0 && tau < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`selfTuning: tau: got ${tau}, expected a finite number of at least 0`);
  }
  if (batches === validationBatches) {
    throw new RangeError(
      'selfTuning: validationBatches: got the training batches, expected samples held out',
    );
  }
  const epoch = 'batchesFrom' in batches ? (batches.batchesPerEpoch ?? 0) : 0;
  const { warmUp = 5 * epoch } = options;
  requireWhole('selfTuning', 'warmUp', warmUp, 0);
  if (warmUp >= steps) {
    throw new RangeError(`selfTuning: warmUp: got ${warmUp} of ${steps} steps, expected fewer`);
  }
  return { steps, warmUp, trainSteps, validationSteps };
}
