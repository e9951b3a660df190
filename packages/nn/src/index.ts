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
export { listFolder, storage } from '#platform';
export {
  type Columns,
  columns,
  type Dataset,
  type HostArray,
  type HostBatch,
  select,
} from './data/dataset.js';
export { type DirichletSplitOptions, dirichletSplit } from './data/dirichletSplit.js';
export * from './data/generators/index.js';
export {
  type Augmentation,
  augmentations,
  type ColumnOption,
  cutout,
  horizontalFlip,
  type Mixture,
  type MixupOptions,
  mixup,
  noise,
  type RandomCropOptions,
  randomCrop,
  randomShift,
} from './data/images/augment.js';
export { type DecodeImageOptions, decodeImage } from './data/images/decodeImage.js';
export { centreCrop, coverSize, type Image, resizeImage, withChannels } from './data/images/image.js';
export {
  type FolderImages,
  type ImageFile,
  type ImageFolder,
  type ImageFolderOptions,
  imageFolder,
  listFiles,
  type PageFile,
} from './data/images/imageFolder.js';
export { labelNoise, longTailed } from './data/labels.js';
export { type Loader, type LoaderOptions, loader } from './data/loader.js';
export { type RandomSource, randomSource } from './data/random.js';
export {
  type PaddedSequences,
  type PadSequencesOptions,
  padSequences,
  type TokenWindows,
  tokenWindows,
} from './data/sequences.js';
export * from './data/sets/index.js';
export {
  kFold,
  type Split,
  stratifiedSplit,
  subset,
  trainTestSplit,
  type View,
} from './data/splits.js';
export { type FeaturesAndTarget, type FeaturesOptions, featuresAndTarget } from './data/tables/features.js';
export {
  type CategoryColumn,
  type CsvOptions,
  type CsvSchema,
  type CsvTable,
  type MissingValues,
  type NumberColumn,
  readCsv,
} from './data/tables/readCsv.js';
export { type StandardizeOptions, standardize } from './data/tables/standardize.js';
export { type TensorBatch, toTensors } from './data/tensors.js';
export { type ByteLevel, type BytePairFile, trainBytePairs } from './data/tokenizers/bytePairs.js';
export { type LoadTokenizerOptions, loadTokenizer } from './data/tokenizers/load.js';
export {
  byteTokenizer,
  type CharacterTokenizer,
  characterTokenizer,
  type Tokenizer,
} from './data/tokenizers/tokenizer.js';
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
  type RouterModule,
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
export { accuracy } from './metrics/accuracy.js';
export type { Numbers } from './metrics/arrays.js';
export { calibrationError } from './metrics/calibration.js';
export {
  balancedAccuracy,
  type ClassScores,
  classScores,
  confusionMatrix,
  macroScores,
} from './metrics/confusion.js';
export { rocAuc, topKAccuracy } from './metrics/ranking.js';
export { peakSignalToNoise, perplexity, rSquared } from './metrics/regression.js';
export { countParameters, mapParameters, selectParameters } from './model/parameters.js';
export {
  type ExampleInput,
  formatSummary,
  type ModelSummary,
  type ModuleSummary,
  modelSummary,
} from './model/summary.js';
export { type ToOnnxOptions, toOnnx } from './model/toOnnx.js';
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
export { freeze, frozen, partition } from './optimizers/partition.js';
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
export type { Storage } from './platform/storage.js';
export * from './pruning/index.js';
export type { Place, Reparameterization } from './reparameterization/reparameterization.js';
export {
  fold,
  type LeafChoice,
  materialize,
  Reparameterized,
  reparameterize,
  type WeightMaker,
} from './reparameterization/reparameterized.js';
export {
  type ArrayToStore,
  readSafetensors,
  type SafetensorsFile,
  type StoredArray,
  writeSafetensors,
} from './safetensors.js';
export { type Batches, type BatchSource, repeat } from './training/batches.js';
export type { Checkpoints } from './training/checkpoints.js';
export type { EarlyStopping } from './training/earlyStopping.js';
export { type Evaluator, evaluator } from './training/evaluator.js';
export { type FitResult, fit } from './training/fit.js';
export type { EndReason, Evaluation, FitEvent, FitOptions } from './training/fitOptions.js';
export {
  type Loss,
  type LossReport,
  type TrainOptions,
  type TrainProgress,
  train,
  trainingStep,
} from './training/train.js';
export { loadModel, saveModel } from './training/weights.js';
