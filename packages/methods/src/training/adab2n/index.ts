export * from './layer.js';
export * from './model.js';
