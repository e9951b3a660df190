import type { Body } from '../graph/body.js';
import { type DType, elementsFrom, type TypedArray } from '../graph/dtype.js';
import { type Application, applicationsOf, type Emitter, emitNode, type Target } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import type { Tensor, TensorType, Value } from '../graph/tensor.js';
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
  const { nodes, constants, write } = startModel(target, nodeName);
  const results = write(applicationsOf(outputs), outputs, names);
  return {
    nodes: withOutputs(
      nodes,
      results,
      results.map((_, index) => outputNameOf(index)),
    ),
    constants: [...weights.map(({ name, tensor }) => ({ name, ...(tensor.value as Value) })), ...constants],
    inputs: inputs.map(({ name, tensor: { dtype, shape } }) => ({ name, dtype, shape })),
    outputs: outputs.map(({ dtype, shape }, index) => ({ name: outputNameOf(index), dtype, shape })),
  };
}

function startModel(target: Target, nodeName: (application: Application) => string) {
  const constants: OnnxConstant[] = [];
  const constantNames = new Map<string, string>();
  let nodes: OnnxNode[] = [];
  let shared = new Map<string, readonly string[]>();
  let [prefix, count] = ['', 0];
  const add = (
    outputCount: number,
    type: string,
    inputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
    domain = '',
  ): readonly string[] => {
    const name = `${prefix}.${count++}`;
    const outputs = Array.from({ length: outputCount }, (_, index) => (index ? `${name}.${index}` : name));
    nodes.push({ name: `${name}.${type}`, type, domain, inputs, outputs, attributes });
    return outputs;
  };
  /** Adds the operators of nodes and returns the names of `outputs`; `names` has those of what they use. */
  const write = (
    applications: readonly Application[],
    outputs: readonly Tensor[],
    names: Map<Tensor, string>,
  ): readonly string[] => {
    const nameOf = (tensor: Tensor): string => {
      const name = names.get(tensor);
      if (name === undefined) throw new Error(`emit: ${tensor} is not computed by the program`);
      return name;
    };
    for (const application of applications) {
      prefix = nodeName(application);
      const results = emitNode(emitter, application.inputs.map(nameOf), application);
      application.outputs.forEach((output, i) => {
        names.set(output, results[i]!);
      });
    }
    return outputs.map(nameOf);
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
    subgraph(inputTypes, outputTypes, writeInside) {
      const around = { nodes, shared, prefix };
      // What is added inside cannot be seen outside.
      [nodes, shared] = [[], new Map(shared)];
      const name = `${prefix}.${count++}`;
      const asValue = (end: string) => (type: TensorType, index: number) => ({
        name: `${name}.${end}.${index}`,
        dtype: type.dtype,
        shape: type.shape,
      });
      const inputs = inputTypes.map(asValue('input'));
      const outputs = outputTypes.map(asValue('output'));
      const results = writeInside(inputs.map((input) => input.name));
      const names = outputs.map((output) => output.name);
      const graph = { nodes: withOutputs(nodes, results, names), inputs, outputs };
      ({ nodes, shared, prefix } = around);
      return { graph };
    },
    inline: ({ inputs, outputs, applications }: Body, given) =>
      write(applications, outputs, new Map(inputs.map((input, i) => [input, given[i]!]))),
  };
  return { nodes, constants, write };
}

/**
 * The nodes, with `results` under the names of outputs. Through Identity where it must be, since an input, a constant or
 * one value asked for twice cannot itself be an output.
 */
function withOutputs(
  nodes: readonly OnnxNode[],
  results: readonly string[],
  outputs: readonly string[],
): OnnxNode[] {
  const own = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const copies = results.flatMap((result, i) => {
    const copied = renamed.get(result) ?? result;
    if (!own.has(copied)) return [passOn(copied, outputs[i]!)];
    own.delete(result);
    renamed.set(result, outputs[i]!);
    return [];
  });
  return [...renamedIn(nodes, renamed), ...copies];
}

/** The nodes and those of graphs inside them, with other names for some values. */
function renamedIn(nodes: readonly OnnxNode[], names: ReadonlyMap<string, string>): OnnxNode[] {
  const current = (name: string) => names.get(name) ?? name;
  return nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(current),
    outputs: node.outputs.map(current),
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([key, each]) => [
        key,
        'graph' in each ? { graph: { ...each.graph, nodes: renamedIn(each.graph.nodes, names) } } : each,
      ]),
    ),
  }));
}

const passOn = (input: string, output: string): OnnxNode => ({
  name: output,
  type: 'Identity',
  domain: '',
  inputs: [input],
  outputs: [output],
  attributes: {},
});
