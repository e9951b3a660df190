import { adam, frozen, partition, sgd, trainingStep } from '@evenkeel/nn';
import {
  compile,
  foldIn,
  full,
  leavesOf,
  mul,
  splitKey,
  stack,
  sub,
  type Tensor,
  tensor,
} from '@evenkeel/tensor';
import {
  constrainedValues,
  type Hyperparameters,
  initialLambda,
  inverseSoftplus,
} from './hyperparameters.js';
import type { SelfTuningContext, SelfTuningOptions } from './options.js';
import {
  perturbationEntropy,
  perturbationScale,
  perturbHyperparameters,
  type TunedState,
  unperturbed,
} from './perturbation.js';

/** A batch, and what is fixed while the other is changed. */
interface TrainInput<Batch> {
  readonly tuned: TunedState;
  readonly batch: Batch;
}
interface ValidationInput<Model, Batch> {
  readonly model: Model;
  readonly batch: Batch;
}

/** How many draws of λ + ε a step makes: as many as its batch has rows, unless said. */
const rowsIn = (batch: unknown): number =>
  leavesOf(batch)
    .find(({ rank }) => rank > 0)
    ?.length(0) ?? 1;

/**
 * The two kinds of steps, each one compiled graph. Training: φ ← φ - α₁ ∂f(λ + ε, w_φ(λ + ε)) / ∂φ, with λ and s fixed.
 * Validation: λ ← λ - α₂ ∂J/∂λ and s ← s - α₃ ∂J/∂s for J = F(w_φ(λ + ε)) - τ H(softplus(s)), with φ fixed.
 */
export function stepsOf<Model, Batch, Name extends string>(options: SelfTuningOptions<Model, Batch, Name>) {
  const { hyperparameters, perturbations, tuneScale = true, tau = 1e-3 } = options;
  const {
    weightOptimizer = sgd({ learningRate: 0.01, momentum: 0.9 }),
    lambdaOptimizer = adam({ learningRate: 3e-3 }),
    scaleOptimizer = adam({ learningRate: 3e-3 }),
  } = options;
  const tuningOptimizer = partition(
    [/^lambda$/, lambdaOptimizer],
    [/^rawScale$/, tuneScale ? scaleOptimizer : frozen],
  );
  const draw = (tuned: TunedState, batch: Batch, key: Tensor): SelfTuningContext<Name> => {
    const [noiseKey, ownKey] = splitKey(key);
    const rows = perturbations ?? rowsIn(batch);
    return { ...perturbHyperparameters(noiseKey, hyperparameters, tuned, rows), key: ownKey };
  };
  const trainStep = trainingStep(
    (model: Model, { tuned, batch }: TrainInput<Batch>, key) =>
      options.trainLoss(model, batch, draw(tuned, batch, key)),
    weightOptimizer,
  );
  const validationStep = trainingStep(
    (tuned: TunedState, { model, batch }: ValidationInput<Model, Batch>, key) => {
      const context = tuneScale
        ? draw(tuned, batch, key)
        : { ...unperturbed(hyperparameters, tuned.lambda, perturbations ?? rowsIn(batch)), key };
      const validationLoss = options.validationLoss(model, batch, context);
      const entropy = perturbationEntropy(tuned.rawScale);
      return { loss: sub(validationLoss, mul(entropy, tau)), metrics: { validationLoss } };
    },
    tuningOptimizer,
  );
  return {
    weightOptimizer,
    tuningOptimizer,
    train: compile(
      (model: Model, state: unknown, input: TrainInput<Batch>, key: Tensor, index: Tensor) =>
        trainStep(model, state, input, foldIn(key, index)),
      { donate: [0, 1] },
    ),
    validate: compile(
      (tuned: TunedState, state: unknown, input: ValidationInput<Model, Batch>, key: Tensor, index: Tensor) =>
        validationStep(tuned, state, input, foldIn(key, index)),
    ),
    /** The values that the training step with the same key and index draws. */
    valuesOf: compile(
      (tuned: TunedState, batch: Batch, key: Tensor, index: Tensor): Record<string, Tensor> =>
        draw(tuned, batch, foldIn(key, index)).values,
    ),
    describe: compile(({ lambda, rawScale }: TunedState) => ({
      lambda,
      value: stack(Object.values<Tensor>(constrainedValues(hyperparameters, lambda))),
      scale: perturbationScale(rawScale),
    })),
  };
}

/** λ of the initial values and s of σ₀, in float64 where the model has such tensors. */
export async function startOf(
  hyperparameters: Hyperparameters,
  model: unknown,
  sigma0: number,
): Promise<TunedState> {
  const dtype = leavesOf(model).some((leaf) => leaf.dtype === 'float64') ? 'float64' : 'float32';
  const lambda = await initialLambda(hyperparameters, dtype);
  const rawScale = await inverseSoftplus(tensor(sigma0, 'float64')).item();
  return { lambda, rawScale: full([lambda.size], rawScale, dtype) };
}
