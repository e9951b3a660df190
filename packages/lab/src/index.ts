export type * from './experiment.js';
