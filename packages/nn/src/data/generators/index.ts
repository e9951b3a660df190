export { type AdLogs, type AdLogsOptions, adLogs } from './adLogs.js';
export type { LabelledImages, LabelledVectors, TrainTest } from './batches.js';
export { type BilevelQuadratic, type BilevelQuadraticOptions, bilevelQuadratic } from './bilevelQuadratic.js';
export {
  type CharacterData,
  type CharacterWindows,
  type CharacterWindowsOptions,
  characterWindows,
} from './characterWindows.js';
export {
  type LongTailedOptions,
  type LongTailedSamples,
  longTailedSamples,
  samplesByShare,
  samplesPerClass,
} from './classSamples.js';
export { type ContrastivePair, type ContrastiveViewsOptions, contrastiveViews } from './contrastiveViews.js';
export { disjointParts } from './disjointParts.js';
export { type DomainTokens, type DomainTokensOptions, domainTokens } from './domainTokens.js';
export { type ExpertLoadsOptions, expertLoads } from './expertLoads.js';
export { type GateScoresOptions, gateScores } from './gateScores.js';
export { type GaussianRingOptions, gaussianRing, ringCentres } from './gaussianRing.js';
export { type GroupMeans, type GroupMeansOptions, groupMeans } from './groupMeans.js';
export { type ImbalancedBinaryOptions, imbalancedBinary } from './imbalancedBinary.js';
export {
  type ItemCatalogue,
  type ItemCatalogueOptions,
  type Items,
  itemCatalogue,
  type QueryPairs,
} from './itemCatalogue.js';
export { type LandCoverOptions, landCover } from './landCover.js';
export {
  type LinearRegression,
  type LinearRegressionOptions,
  linearRegression,
  type Regression,
} from './linearRegression.js';
export { type MarkovTokens, type MarkovTokensOptions, markovTokens } from './markovTokens.js';
export { type ModularArithmeticOptions, type ModularPairs, modularArithmetic } from './modularArithmetic.js';
export { type MultiColorDigitsOptions, multiColorDigits } from './multiColorDigits.js';
export {
  type Denoising,
  type NoisyRectanglesOptions,
  type NoisyStepsOptions,
  noisyRectangles,
  noisySteps,
} from './noisySteps.js';
export {
  type PartialModalities,
  type PartialModalitiesOptions,
  partialModalities,
} from './partialModalities.js';
export { type PointClouds, type PointCloudsOptions, pointClouds } from './pointClouds.js';
export { poolImages } from './poolImages.js';
export { type PrototypeClassesOptions, prototypeClasses } from './prototypeClasses.js';
export { type RandomizeLabelsOptions, randomizeLabels } from './randomizeLabels.js';
export {
  type RoutedTasks,
  type RoutedTasksOptions,
  type RoutedTaskWorld,
  routedTasks,
} from './routedTasks.js';
export { type SequenceLengthsOptions, sequenceLengths } from './sequenceLengths.js';
export { type ShiftedDomainsOptions, shiftedDomains } from './shiftedDomains.js';
export { type SuperResolutionPairs, superResolutionPairs } from './superResolutionPairs.js';
export {
  type UnequalModalities,
  type UnequalModalitiesOptions,
  unequalModalities,
} from './unequalModalities.js';
