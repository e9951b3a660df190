export { bitmap, imageBitmap } from './bitmap.js';
export {
  alwaysOnCurves,
  alwaysUnderBars,
  type BandPoint,
  bandOf,
  latestAt,
  levelTo,
  niceDomain,
  onOneGrid,
  type Point,
  pointsOf,
  sampleRows,
  spreadLabels,
  valueAt,
} from './geometry.js';
export { type Series, seriesAt, seriesOf } from './series.js';
