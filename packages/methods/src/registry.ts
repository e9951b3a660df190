import type { Experiment } from '@evenkeel/lab';
import type { Paper } from './paper.js';

export type { Family, Paper, PublishedFigure } from './paper.js';
export { families } from './paper.js';

/** A paper and, once it is implemented, its experiment, loaded only when it is asked for. */
export interface Entry {
  readonly paper: Paper;
  readonly experiment?: () => Promise<Experiment>;
}

/** All papers, one line each, in the order of their families. */
export const registry: readonly Entry[] = [];

export const papers: readonly Paper[] = registry.map((entry) => entry.paper);
