export type * from './experiment.js';
export type * from './results.js';
