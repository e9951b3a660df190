import { ExportError } from '../../graph/errors.js';
import type { Tensor } from '../../graph/tensor.js';
import { flatten } from '../../graph/tree.js';
import { simplify } from '../../optimize/simplify.js';
import { emitModel, type NamedTensor } from '../emit.js';
import { defaultOpset, encodeModel, type ModelDescription, type OnnxModel } from '../model.js';
import { withBatchNorms } from './batchNorm.js';
import { mergeTrials } from './dynamic.js';
import { ExternalFile } from './externalData.js';
import { type Compute, fold } from './fold.js';
import { trialLengths } from './formula.js';
import { withUsedNodes, withUsedOutputs } from './graphs.js';
import { provisional, scopedNames, withReadableNames } from './names.js';
import { withNarrowConstants } from './narrow.js';
import { withOpset } from './opset.js';
import {
  type ExportedModel,
  type ExportOptions,
  type InputTypes,
  type NamedOutputs,
  requireOptions,
} from './options.js';
import { storeWeights } from './storage.js';
import { dynamicAxesOf, pendingBefore, type Traced, trace, type Weight, weightsOf } from './trace.js';

/** Elements in a message of ONNX's format may take so many bytes together. */
const mostBytes = 2 ** 31 - 1;

/**
 * Traces `fn(model, ...inputs)` and writes it as an ONNX model; the model's tensors are computed.
 * @param compute computes a tensor, and leaves its elements in it
 */
export async function exportModel<Model>(
  fn: (model: Model, ...inputs: Tensor[]) => NamedOutputs,
  model: Model,
  inputs: InputTypes,
  options: ExportOptions,
  compute: Compute,
): Promise<ExportedModel> {
  requireOptions(options);
  const axes = dynamicAxesOf(inputs, options.tryLengths);
  const trials: Trial[] = [];
  for (const lengths of trialLengths(axes.map(({ trial }) => trial))) {
    const named = new Map(axes.map(({ name }, axis) => [name, lengths[axis]!]));
    trials.push(await emitTrial(trace(fn, model, inputs, named), model, options, compute));
  }
  const [{ traced, weights }] = trials as [Trial, ...Trial[]];
  requireDistinct([...Object.keys(inputs), ...traced.outputNames]);
  const others = trials.find((trial) => String(trial.traced.outputNames) !== String(traced.outputNames));
  if (others) {
    throw new ExportError(
      `exportOnnx: the function returns ${traced.outputNames.join(', ')} for some lengths and ${others.traced.outputNames.join(', ')} for others`,
    );
  }
  const merged = mergeTrials(
    trials.map((trial) => trial.model),
    axes,
  );
  const stored = storeWeights(
    merged,
    weights.map(({ name, tensor: { shape, dtype }, captured }) => ({ name, shape, dtype, captured })),
    options,
  );
  const weightNames = weights.map(({ name }) => name);
  const narrow = withNarrowConstants(stored, weightNames);
  const lowered = withOpset(withUsedOutputs(withUsedNodes(withBatchNorms(narrow))), options.opset);
  const readable = withReadableNames(lowered, {
    inputs: Object.keys(inputs),
    outputs: traced.outputNames,
    weights: weightNames,
  });
  return encoded({ ...readable, description: descriptionOf(options) }, options);
}

/** One tracing of a function, and its model with provisional names. */
interface Trial {
  readonly traced: Traced;
  readonly weights: readonly Weight[];
  readonly model: OnnxModel;
}

async function emitTrial(
  traced: Traced,
  model: unknown,
  { fold: folding = false, ortOperators = false, opset = defaultOpset }: ExportOptions,
  compute: Compute,
): Promise<Trial> {
  for (const tensor of pendingBefore(traced)) await compute(tensor);
  const { leaves, paths } = flatten(model);
  const names = new Map(leaves.map((leaf, i) => [leaf, paths[i] || 'weight']));
  const outputs = simplify(traced.outputs);
  if (folding) {
    for (const [tensor, name] of await fold(outputs, (weight) => names.get(weight), compute)) {
      names.set(tensor, name);
    }
  }
  const weights = weightsOf(outputs, traced.inputs, names);
  for (const { tensor } of weights) await compute(tensor);
  const provisionally = (kind: 'input' | 'weight', tensors: readonly NamedTensor[]) =>
    tensors.map(({ tensor }, index) => ({ name: provisional(kind, index), tensor }));
  const program = {
    inputs: provisionally('input', traced.inputs),
    weights: provisionally('weight', weights),
    outputs,
  };
  const target = { standard: !ortOperators, file: true, opset };
  return { traced, weights, model: emitModel(program, target, scopedNames(weights)) };
}

function requireDistinct(names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined && !names.includes('')) return;
  throw new ExportError(
    `exportOnnx: inputs and outputs need names of their own, got ${names.map((name) => `"${name}"`).join(', ')}`,
  );
}

const descriptionOf = ({
  name,
  documentation,
  metadata,
  producer,
  producerVersion,
}: ExportOptions): ModelDescription => ({
  ...(name !== undefined && { name }),
  ...(documentation !== undefined && { documentation }),
  ...(metadata !== undefined && { metadata }),
  ...(producer !== undefined && { producer }),
  ...(producerVersion !== undefined && { producerVersion }),
});

function encoded(model: OnnxModel, { externalData: location }: ExportOptions): ExportedModel {
  if (location !== undefined) {
    const file = new ExternalFile(location);
    const bytes = encodeModel(model, file);
    return { bytes, externalData: { location, bytes: file.bytes() } };
  }
  const total = model.constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (total > mostBytes) {
    throw new ExportError(
      `exportOnnx: the weights have ${total} bytes, and one file holds at most ${mostBytes}; name a second one with externalData`,
    );
  }
  return { bytes: encodeModel(model) };
}
