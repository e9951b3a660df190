import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { arraysOf, Filling } from './arrays.js';

/**
 * A model's tensors as a safetensors file. The names are their paths, such as `layers.0.weight`, which is how PyTorch
 * names what is in a module's fields; a tensor that stands at several places goes by the first.
 * @param metadata texts to go with them
 * @throws RangeError for a model in which two tensors have the same path
 */
export async function saveModel(
  model: unknown,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return writeSafetensors(await arraysOf('saveModel', '', model), metadata);
}

/**
 * The model with the tensors of a safetensors file in the place of its own. `into` says the form, and stays as it is.
 * Weights are taken as they are: PyTorch keeps those of linear layers as `[outputs, inputs]`, `Linear` the other way round.
 * @throws RangeError for bytes that are no such file, and for names, shapes and dtypes that differ from the model's: all of
 *   them at once
 */
export function loadModel<Model>(into: Model, bytes: Uint8Array): Model {
  const filling = new Filling(readSafetensors(bytes).arrays);
  const model = filling.tree('', into);
  filling.requireFit('loadModel');
  return model;
}
