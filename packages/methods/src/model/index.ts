/** What is done with ONNX files by commands: looking into them, and making them smaller. */
export { type ImageFile, listFolder } from '@evenkeel/nn';
export { importOnnx as importModel } from '@evenkeel/tensor';
export { inspectModel, type ModelFacts, type ValueFacts } from './inspectModel.js';
export {
  type Measures,
  type PrunedModel,
  type PruneModelOptions,
  type PruneProgress,
  type PruningMethod,
  pruneModel,
  pruningMethods,
} from './pruneModel.js';
export { csvSamples, folderSamples, type Samples } from './samples.js';
