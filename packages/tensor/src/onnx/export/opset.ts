import { ExportError } from '../../graph/errors.js';
import { allNodesOf } from '../../graph/onnx.js';
import { defaultOpset, type OnnxConstant, type OnnxModel, type OnnxNode } from '../model.js';
import { mapNodes, withUsedConstants } from './graphs.js';
import { operationOf } from './names.js';

// What we write are forms of opset 21. Later ones read them alike; for earlier ones some have to be written otherwise.

/** The opsets that brought operators which were not there in opset 13. */
const introduced: Readonly<Record<string, number>> = {
  AffineGrid: 20,
  Attention: 23,
  Bernoulli: 15,
  BitwiseAnd: 18,
  BitwiseNot: 18,
  BitwiseOr: 18,
  BitwiseXor: 18,
  BlackmanWindow: 17,
  CastLike: 15,
  CenterCropPad: 18,
  Col2Im: 18,
  DFT: 17,
  DeformConv: 19,
  Gelu: 20,
  GridSample: 16,
  GroupNormalization: 18,
  HammingWindow: 17,
  HannWindow: 17,
  HardSwish: 14,
  LayerNormalization: 17,
  MelWeightMatrix: 17,
  Mish: 18,
  RMSNormalization: 23,
  RotaryEmbedding: 23,
  STFT: 17,
  Swish: 24,
  TensorScatter: 24,
  Trilu: 14,
};

/** Reductions whose axes were an attribute before opset 18. */
const reductions = new Set(
  ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map(
    (name) => `Reduce${name}`,
  ),
);

const narrow = new Set(['int4', 'uint4', 'int16', 'uint16']);

type Constants = ReadonlyMap<string, OnnxConstant>;

/** The earliest opset that has the operator in this form. */
function requiredOpset({ type, inputs, attributes }: OnnxNode, constants: Constants): number {
  const has = (...names: readonly string[]) => names.some((name) => name in attributes);
  const { reduction } = attributes;
  if (reduction && type.startsWith('Scatter')) {
    return 'string' in reduction && ['max', 'min'].includes(reduction.string) ? 18 : 16;
  }
  if (reductions.has(type)) return inputs.length > 1 ? 18 : 13;
  if (type === 'Reshape') return has('allowzero') ? 14 : 13;
  if (type === 'Shape') return has('start', 'end') ? 15 : 13;
  if (type === 'Pad') return inputs.length > 3 ? 18 : 13;
  if (type === 'Split') return has('num_outputs') ? 18 : 13;
  if (type === 'AveragePool') return has('dilations') ? 19 : 13;
  if (type === 'Resize') return has('antialias', 'axes', 'keep_aspect_ratio_policy') ? 18 : 13;
  if (type === 'QuantizeLinear' || type === 'DequantizeLinear') {
    const isNarrow = inputs.some((name) => narrow.has(constants.get(name)?.dtype ?? ''));
    return isNarrow || has('block_size') ? 21 : 13;
  }
  return introduced[type] ?? 13;
}

/** The same operator in the form that goes furthest back. */
function oldestForm(node: OnnxNode, constants: Constants): OnnxNode {
  const numbersOf = (name: string | undefined) =>
    Array.from((constants.get(name ?? '')?.data as BigInt64Array | undefined) ?? [], Number);
  if (node.type === 'Reshape' && !numbersOf(node.inputs[1]).includes(0)) return { ...node, attributes: {} };
  if (reductions.has(node.type) && node.inputs.length > 1 && constants.has(node.inputs[1]!)) {
    const axes = { ints: numbersOf(node.inputs[1]) };
    return { ...node, inputs: node.inputs.slice(0, 1), attributes: { ...node.attributes, axes } };
  }
  return node;
}

/**
 * The model in the operators of the given opset.
 * @throws ExportError listing what the opset does not have
 */
export function withOpset(model: OnnxModel, opset: number = defaultOpset): OnnxModel {
  const constants = new Map(model.constants.map((constant) => [constant.name, constant]));
  // Newer opsets do not have the older forms any more.
  const nodes = mapNodes(model.nodes, (node) => [
    requiredOpset(node, constants) > opset ? oldestForm(node, constants) : node,
  ]);
  const lacking = new Map<string, number>();
  for (const node of allNodesOf(nodes)) {
    if (node.domain) continue;
    const required = requiredOpset(node, constants);
    if (required > opset) lacking.set(`${node.type} in "${operationOf(node)}" (opset ${required})`, required);
  }
  if (lacking.size > 0) {
    throw new ExportError(
      `exportOnnx: opset ${opset} does not have ${[...lacking.keys()].join(', ')}; choose ${Math.max(...lacking.values())} or later`,
    );
  }
  return withUsedConstants({ ...model, opset, nodes });
}
