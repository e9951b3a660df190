export * from './dropout.js';
export { type ExactBestResponse, exactBestResponse } from './exact.js';
export {
  constrain,
  constrainedValues,
  type Hyperparameter,
  type HyperparameterRange,
  type Hyperparameters,
  type HyperparameterTransform,
  initialLambda,
  unconstrain,
} from './hyperparameters.js';
export {
  StnConv,
  type StnConvOptions,
  StnLinear,
  type StnLinearOptions,
  type StnResponse,
} from './layers.js';
export type { SelfTuningContext, SelfTuningOptions } from './options.js';
export {
  type PerturbedHyperparameters,
  perturbationEntropy,
  perturbationScale,
  perturbHyperparameters,
  type TunedState,
} from './perturbation.js';
export type { TunedValue } from './session.js';
export {
  type SelfTuningProgress,
  type SelfTuningRecord,
  type SelfTuningResult,
  selfTune,
  selfTuning,
} from './training.js';
