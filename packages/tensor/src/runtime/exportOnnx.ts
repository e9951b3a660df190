import type { Tensor } from '../graph/tensor.js';
import { exportModel } from '../onnx/export/exportModel.js';
import type { ExportedModel, ExportOptions, InputTypes, NamedOutputs } from '../onnx/export/options.js';
import { evaluate, read } from './evaluate.js';

/**
 * Traces `fn(model, ...inputs)` and writes it as an ONNX file. The model's tensors become initializers that are called
 * by their paths, such as `layers.0.weight`; inputs and outputs have the names that they are given here.
 * @param fn returns a tensor, which is called `output`, or a record of tensors
 * @param model a tree of tensors
 * @param inputs types by name, in the order of `fn`'s arguments; lengths that are names differ from run to run
 * @example `exportOnnx((net, image) => net.call(image), net, { image: { shape: ['batch', 3, 32, 32] } })`
 * @throws ExportError for what the file cannot say: the message names the operation
 */
export async function exportOnnx<Model>(
  fn: (model: Model, ...inputs: Tensor[]) => NamedOutputs,
  model: Model,
  inputs: InputTypes,
  options: ExportOptions = {},
): Promise<ExportedModel> {
  await evaluate(model);
  return exportModel(fn, model, inputs, options, read);
}
