export { callSize, type Size } from './analysis.js';
export {
  type ChannelGroup,
  type ChannelGroups,
  type ChannelPlace,
  channelGroups,
  type KeptChannels,
} from './channelGroups.js';
export {
  type ChannelCriterion,
  magnitude,
  normScale,
  randomChannels,
  taylor,
  type WeightValues,
} from './criteria.js';
export { type NToMPattern, nToMMask, nToMSupports, requirePattern } from './nToM.js';
export { type PruneOptions, type PrunePlan, pruneByRatio, pruneToFlops } from './prune.js';
export { type KeepMasks, type Shrunk, shrink } from './shrink.js';
export type { ModelCall } from './subject.js';
