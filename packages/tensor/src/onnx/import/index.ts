export type { ElementType } from './elements.js';
export { OnnxError } from './errors.js';
export { type ImportOptions, importOnnx } from './importOnnx.js';
export type { ImportLimits } from './limits.js';
export {
  ImportedModule,
  type ImportedProgram,
  type ImportedValue,
  type RunOptions,
  type RunResult,
} from './module.js';
export type { Resized } from './resize.js';
export type { ImportedWeight } from './roles.js';
export type { ExternalData } from './tensors.js';
export type { TrainingOptions } from './tracing.js';
