import {
  type ExportedModel,
  type ExportOptions,
  exportOnnx,
  type NamedOutputs,
  ShapeError,
  type Tensor,
} from '@evenkeel/tensor';
import type { ExampleInput } from './summary.js';

export interface ToOnnxOptions extends ExportOptions {
  /**
   * Name of the first axis of all inputs, whose length may then differ from run to run; `batch` unless said. With
   * undefined all lengths are those of the examples.
   */
  readonly batchAxis?: string | undefined;
}

/**
 * Writes what `call` computes as an ONNX file. Parameters are called by their paths in the model, such as
 * `layers.0.weight`, a tied one once by its first; inputs by their names in `examples`; outputs `output`, or as in the
 * record that `call` returns.
 * @param call evaluation, such as `(network, image) => network.call(image)`: what training alone does, such as dropout
 *   and statistics of the batch, is left out by not calling it
 * @param examples tensors, or their shapes and dtypes, in the order in which `call` takes them
 * @throws ShapeError for an example without a batch axis; ExportError as `exportOnnx`
 */
export async function toOnnx<Model>(
  model: Model,
  call: (model: Model, ...inputs: Tensor[]) => NamedOutputs,
  examples: Readonly<Record<string, ExampleInput>>,
  options: ToOnnxOptions = {},
): Promise<ExportedModel> {
  const { batchAxis, ...rest } = { batchAxis: 'batch', ...options };
  const inputs = Object.entries(examples).map(([name, { shape, dtype = 'float32' }]) => {
    if (batchAxis !== undefined && shape.length === 0) {
      throw new ShapeError(
        `toOnnx: input "${name}" is a scalar and has no axis ${batchAxis}; say batchAxis: undefined`,
      );
    }
    const lengths = batchAxis === undefined ? shape : [batchAxis, ...shape.slice(1)];
    return [name, { shape: lengths, dtype }] as const;
  });
  return exportOnnx(call, model, Object.fromEntries(inputs), rest);
}
