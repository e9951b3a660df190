export { bootstrapInterval } from './bootstrap.js';
export { buildResults, type Recorded } from './buildResults.js';
export { type Comparison, mainComparison } from './comparison.js';
export { defineExperiment } from './defineExperiment.js';
export {
  decodePixels,
  type Exhibit,
  encodePixels,
  exhibitLimits,
  type HeatMapExhibit,
  type ImageExhibit,
  type LinesExhibit,
  mergeExhibits,
  type TextExhibit,
} from './exhibit.js';
export type * from './experiment.js';
export {
  capitalized,
  formatDifference,
  formatInterval,
  formatMean,
  formatMeasured,
  formatMetric,
  formatSigned,
} from './format.js';
export { judge, paperVerdict } from './judge.js';
export { nearest } from './nearest.js';
export { parseResults, parseRuns } from './parseResults.js';
export type * from './results.js';
export { type RunOptions, runExperiment } from './runExperiment.js';
export { shownMetrics } from './shownMetrics.js';
export { pairedDifference, summarize } from './summarize.js';
