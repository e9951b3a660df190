import type { Metric } from './experiment.js';

/** The metrics that tables and bars have: all but those that are made for claims alone. */
export const shownMetrics = (metrics: readonly Metric[]): Metric[] => metrics.filter(({ aside }) => !aside);
