export {
  allScales,
  chooseMasks,
  type Mask,
  type MaskRule,
  maskByEnergy,
  maskByRatio,
  maskByThreshold,
  residualMask,
  type ScaleMasks,
  scaleMasks,
} from './masks.js';
export {
  type MaskSparsityOptions,
  maskSparsity,
  type PenaltyMethod,
  penaltyGradient,
  type ScalePenaltyOptions,
  scalePenalty,
} from './penalty.js';
export {
  type MaskChoice,
  type MaskSparsityPipeline,
  type MaskSparsityResult,
  maskSparsityPipeline,
  type SparsityStage,
} from './pipeline.js';
