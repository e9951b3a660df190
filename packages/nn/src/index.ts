export {
  averagePool,
  elu,
  gelu,
  globalAveragePool,
  globalMaxPool,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  maxPool,
  mish,
  pixelShuffle,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
  upsampleNearest,
} from '@evenkeel/tensor';
export { fanInUniform, glorotUniform, heNormal, type Initializer, scaledNormal } from './initializers.js';
export {
  type AttendOptions,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from './layers/attention.js';
export { Conv, type ConvLayerOptions, ConvTranspose, type ConvTransposeLayerOptions } from './layers/conv.js';
export { dropout } from './layers/dropout.js';
export { Embedding, type EmbeddingOptions } from './layers/embedding.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { Lstm, type LstmState } from './layers/lstm.js';
export {
  type Assignment,
  type Expert,
  MixtureOfExperts,
  type MixtureOfExpertsOptions,
  type Router,
  type RouterStatistics,
  topKRouter,
} from './layers/mixtureOfExperts.js';
export {
  BatchNorm,
  type BatchNormLayerOptions,
  GroupNorm,
  LayerNorm,
  type NormLayerOptions,
  RmsNorm,
} from './layers/norm.js';
export { ResidualBlock, type ResidualBlockOptions } from './layers/residualBlock.js';
export { Sequential, type Step } from './layers/sequential.js';
export { TransformerBlock, type TransformerBlockOptions } from './layers/transformerBlock.js';
export { type AdversarialGame, discriminatorLoss, generatorLoss } from './losses/adversarial.js';
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './losses/binaryCrossEntropy.js';
export { type CrossEntropyOptions, crossEntropy } from './losses/crossEntropy.js';
export { type DistillationOptions, distillation, klDivergence } from './losses/divergence.js';
export { type HingeOptions, hinge, multiClassHinge } from './losses/hinge.js';
export { type InfoNceOptions, infoNce } from './losses/infoNce.js';
export { scoreOfLabel } from './losses/labels.js';
export { type Reduction, reduceLosses } from './losses/reduction.js';
export {
  huber,
  meanAbsoluteError,
  meanSquaredError,
  type RegressionOptions,
  smoothL1,
} from './losses/regression.js';
export { accuracy } from './metrics.js';
export { type AccumulatedState, accumulate } from './optimizers/accumulate.js';
export {
  type AdafactorMoments,
  type AdafactorOptions,
  type AdafactorState,
  adafactor,
} from './optimizers/adafactor.js';
export {
  type AdamOptions,
  type AdamState,
  adam,
  adamW,
  decayWeights,
  scaleByAdam,
} from './optimizers/adam.js';
export { type AverageState, averageWeights } from './optimizers/averageWeights.js';
export { clipByGlobalNorm, clipByValue, globalNorm } from './optimizers/clipping.js';
export { type LbfgsOptions, type LbfgsResult, lbfgs } from './optimizers/lbfgs.js';
export { type LionOptions, lion, scaleByLion } from './optimizers/lion.js';
export { masked } from './optimizers/masked.js';
export {
  constantSchedule,
  cosineSchedule,
  type Schedule,
  stepSchedule,
  type WarmUpStableDecayOptions,
  warmUp,
  warmUpStableDecay,
} from './optimizers/schedules.js';
export {
  type LearningRate,
  type MomentumOptions,
  momentum,
  type SgdOptions,
  scale,
  scaleBySchedule,
  sgd,
} from './optimizers/sgd.js';
export { applyUpdates, chain, type GradientTransform, stateless } from './optimizers/transform.js';
export {
  type FitOptions,
  fit,
  type Loss,
  repeat,
  type TrainOptions,
  type TrainProgress,
  train,
  trainingStep,
} from './training/fit.js';
