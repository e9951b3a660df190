export * from './registry.js';
export * from './training/grokking-edge/index.js';
