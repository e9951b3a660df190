import { ExportError } from '../../graph/errors.js';
import { formatShape } from '../../graph/shape.js';
import type { OnnxModel } from '../model.js';
import { withBlocks } from './blocks.js';
import { withFloat16 } from './float16.js';
import { withInt8 } from './int8.js';
import { provisional } from './names.js';
import type { ExportOptions, WeightFormat, WeightInfo } from './options.js';
import type { StoredWeight } from './widen.js';

/**
 * Stores the weights in the formats that the options choose.
 * @param weights the model's weights, in the order of their provisional names
 * @throws ExportError for a format that does not suit the weight it was chosen for
 */
export function storeWeights(
  model: OnnxModel,
  weights: readonly WeightInfo[],
  { weights: chosen, ortOperators = false }: ExportOptions,
): OnnxModel {
  if (chosen === undefined) return model;
  let [stored, count] = [model, 0];
  weights.forEach((info, index) => {
    // Numbers that depend on the lengths of the inputs are computed, and not stored at all.
    const constant = stored.constants.find(({ name }) => name === provisional('weight', index));
    const format = typeof chosen === 'function' ? chosen(info) : info.captured ? undefined : chosen;
    if (!format || !constant) return;
    const result = storeWeight(stored, { ...info, constant }, format, ortOperators);
    if (typeof result !== 'string') {
      stored = result;
      count++;
    } else if (typeof chosen === 'function') {
      throw new ExportError(`exportOnnx: ${info.name} cannot be stored as ${format.as}: ${result}`);
    }
  });
  if (count === 0 && typeof chosen !== 'function') {
    throw new ExportError(`exportOnnx: none of the ${weights.length} weights can be stored as ${chosen.as}`);
  }
  return stored;
}

/** The model with the weight in its new format, or why it cannot have that format. */
function storeWeight(
  model: OnnxModel,
  weight: StoredWeight,
  format: WeightFormat,
  ortOperators: boolean,
): OnnxModel | string {
  if (weight.dtype !== 'float32') return `it is ${weight.dtype}, not float32`;
  if (format.as === 'float16') return withFloat16(model, weight);
  if (weight.shape.length < 2) return `${formatShape(weight.shape)} has fewer than two axes`;
  if (!(weight.constant.data as Float32Array).every(Number.isFinite)) return 'not all its numbers are finite';
  return format.as === 'int8'
    ? withInt8(model, weight, format)
    : withBlocks(model, weight, format, ortOperators);
}
