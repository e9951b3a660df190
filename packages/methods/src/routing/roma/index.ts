export {
  type AlignedRouting,
  type Alignment,
  type AlignmentProgress,
  type AlignRoutingOptions,
  alignRouting,
  alignRoutingSteps,
  type NeighborFinder,
  type RoutedAnswers,
} from './align.js';
export type { LabelledSamples, Neighbors } from './batches.js';
export {
  type ManifoldLoss,
  type ManifoldOptions,
  manifoldLoss,
  type RoutingOptions,
  routingWeights,
} from './manifold.js';
export {
  type Neighborhoods,
  type NeighborOptions,
  neighborhoodOverlap,
  neighborhoods,
  successfulNeighbors,
} from './neighbors.js';
