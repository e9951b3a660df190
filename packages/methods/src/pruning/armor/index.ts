// ARMOR: High-Performance Semi-Structured Pruning via Adaptive Matrix Factorization, arXiv 2510.05528.
// W ≈ A S B with S sparse in groups, n of m, and A, B block-diagonal; nothing is trained afterwards.

export { type ArmorFactors, armorLoss } from './blocks.js';
export type { GroupDamping, GroupSelection } from './coreStep.js';
export { type ArmorProgress, type ArmorResult, armor, factorArmor } from './factor.js';
export { ArmorConv, ArmorLinear, type ArmorSize, armorSize, type PatchGeometry } from './layer.js';
export {
  type ArmorModelOptions,
  type ArmorModelProgress,
  type ArmorModelResult,
  armorModel,
  type Calibration,
  type FactoredLayer,
  factorArmorModel,
  type LayerChoice,
  layerImportances,
  type PrunableLayer,
  weightMatrix,
} from './model.js';
export {
  denormalizeWeight,
  inputImportance,
  type NormalizedWeight,
  type NormOptions,
  normalizeWeight,
} from './normalize.js';
export {
  type ImportanceOptions,
  type NToMPruned,
  pruneMagnitude,
  pruneNoWag,
  pruneWanda,
  relativeLoss,
} from './nToM.js';
export type { ArmorOptions, FactorOptions } from './options.js';
