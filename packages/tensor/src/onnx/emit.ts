import { type DType, elementsFrom, type TypedArray } from '../graph/dtype.js';
import { type Application, applicationsOf, type Emitter, type Target } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import type { Tensor, Value } from '../graph/tensor.js';
import type { OnnxConstant, OnnxModel, OnnxNode } from './model.js';

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A computation of `outputs` from `inputs`: every leaf that the outputs need is among the inputs or the weights. */
export interface Program {
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly Tensor[];
  /** Tensors that have elements, which become part of the model. */
  readonly weights?: readonly NamedTensor[];
}

/** What the parts of a model are called. */
export interface Names {
  /** `output0`, `output1`, … unless said. */
  readonly output?: (index: number) => string;
  /** What the operators of a node begin with; the name of its operation unless said. */
  readonly node?: (application: Application) => string;
}

export const outputName = (index: number): string => `output${index}`;

/** Writes a program as an ONNX model. Its inputs and weights keep their names. */
export function emitModel(
  { inputs, outputs, weights = [] }: Program,
  target: Target = {},
  { output: outputNameOf = outputName, node: nodeName = ({ primitive }) => primitive.name }: Names = {},
): OnnxModel {
  const names = new Map([...inputs, ...weights].map(({ name, tensor }) => [tensor, name]));
  const { emitter, nodes, constants, within } = startModel(target);
  const nameOf = (tensor: Tensor): string => {
    const name = names.get(tensor);
    if (name === undefined) throw new Error(`emit: ${tensor} is not computed by the program`);
    return name;
  };
  for (const application of applicationsOf(outputs)) {
    within(nodeName(application));
    names.set(
      application.output,
      application.primitive.emit(emitter, application.inputs.map(nameOf), application),
    );
  }
  // Through Identity, since an input, a constant or one value asked for twice cannot itself be an output.
  const ends = outputs.map((output, index): OnnxNode => {
    const name = outputNameOf(index);
    return { name, type: 'Identity', domain: '', inputs: [nameOf(output)], outputs: [name], attributes: {} };
  });
  return {
    nodes: [...nodes, ...ends],
    constants: [...weights.map(({ name, tensor }) => ({ name, ...(tensor.value as Value) })), ...constants],
    inputs: inputs.map(({ name, tensor: { dtype, shape } }) => ({ name, dtype, shape })),
    outputs: outputs.map(({ dtype, shape }, index) => ({ name: outputNameOf(index), dtype, shape })),
  };
}

function startModel(target: Target) {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  const constantNames = new Map<string, string>();
  let prefix = '';
  const shared = new Map<string, readonly string[]>();
  const add = (
    count: number,
    type: string,
    inputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
    domain = '',
  ): readonly string[] => {
    const name = `${prefix}.${nodes.length}`;
    const outputs = Array.from({ length: count }, (_, index) => (index ? `${name}.${index}` : name));
    nodes.push({ name: `${name}.${type}`, type, domain, inputs, outputs, attributes });
    return outputs;
  };
  const emitter: Emitter = {
    target,
    operator: (...operator) => add(1, ...operator)[0]!,
    operators(count, ...operator) {
      const key = JSON.stringify([count, ...operator]);
      const outputs = shared.get(key) ?? add(count, ...operator);
      shared.set(key, outputs);
      return outputs;
    },
    constant(elements: TypedArray | readonly number[], dtype: DType, shape: Shape = [elements.length]) {
      const data = Array.isArray(elements)
        ? elementsFrom(elements as number[], dtype)
        : (elements as TypedArray);
      const key = `${dtype}[${shape}]${data.length <= 64 ? [...data].map((each) => (Object.is(each, -0) ? '-0' : each)) : constants.length}`;
      const existing = constantNames.get(key);
      if (existing) return existing;
      const name = `constant.${constants.length}`;
      constants.push({ name, dtype, shape, data });
      constantNames.set(key, name);
      return name;
    },
  };
  const within = (name: string) => {
    prefix = name;
  };
  return { emitter, nodes, constants, within };
}
