import { isFloat } from '../../graph/dtype.js';
import { type Shape, sizeOf } from '../../graph/shape.js';
import { type ElementType, elementTypes } from './elements.js';
import type { GraphFile, TensorFile } from './file.js';
import { nodesOf } from './order.js';
import { mostKnown } from './value.js';

/**
 * What a tensor of a file is to a module: trained, kept beside what is trained, or a part of the program itself, such as
 * the shape that a node asks for.
 */
export type Role = 'parameter' | 'buffer' | 'constant';

/** A weight, as the choice whether it is trained sees it. */
export interface ImportedWeight {
  readonly name: string;
  readonly shape: Shape;
  /** How the file stores it. */
  readonly stored: ElementType;
}

/** Inputs of operators that are statistics and scales, which are not trained by gradients. */
const statistics: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  DequantizeLinear: [1],
  MatMulNBits: [2],
  QLinearAdd: [1, 4, 6],
  QLinearAveragePool: [1, 3],
  QLinearConv: [1, 4, 6],
  QLinearGlobalAveragePool: [1, 3],
  QLinearLeakyRelu: [1, 3],
  QLinearMatMul: [1, 4, 6],
  QLinearMul: [1, 4, 6],
  QLinearSigmoid: [1, 3],
  QuantizeLinear: [1],
};

/** Inputs of operators that say what is computed. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Dropout: [1],
  OneHot: [2],
  Pad: [2],
  Pow: [1],
  Range: [0, 1, 2],
  Resize: [1, 2],
};

function namesAt(graph: GraphFile, inputs: Readonly<Record<string, readonly number[]>>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of nodesOf(graph.nodes)) {
    const positions = Object.hasOwn(inputs, node.type) ? inputs[node.type]! : [];
    for (const position of positions) names.add(node.inputs[position] ?? '');
  }
  return names;
}

/** Operators whose second operand may be a factor or an offset of lengths. */
const arithmetic: ReadonlySet<string> = new Set(['Add', 'Concat', 'Div', 'Max', 'Min', 'Mul', 'Pow', 'Sub']);

/** Names of tensors that lengths are worked out with. */
function besideLengths({ nodes, initializers }: GraphFile): ReadonlySet<string> {
  const given = new Set(initializers.map(({ name }) => name));
  const lengths = new Set<string>();
  const beside = new Set<string>();
  for (const { type, inputs, outputs } of nodes) {
    const names = inputs.filter((name) => name);
    if (type === 'Constant') for (const name of outputs) given.add(name);
    const isArithmetic = arithmetic.has(type) && names.some((name) => lengths.has(name));
    const ofLengths = isArithmetic || lengths.has(names[0] ?? '');
    const closed = names.every((name) => lengths.has(name) || given.has(name));
    if (type !== 'Shape' && !(ofLengths && closed)) continue;
    for (const name of outputs) lengths.add(name);
    if (isArithmetic) for (const name of names) if (given.has(name)) beside.add(name);
  }
  return beside;
}

/**
 * Decides what the tensors of a graph are.
 * @param trainable decides for floats in place of the rule that all but statistics, scales, settings and single numbers are
 */
export function rolesOf(
  graph: GraphFile,
  trainable?: (weight: ImportedWeight) => boolean | undefined,
): (tensor: TensorFile) => Role {
  const beside = namesAt(graph, statistics);
  const structural = new Set([...namesAt(graph, settings), ...besideLengths(graph)]);
  return ({ name, shape, type }) => {
    const { dtype, bits } = elementTypes[type];
    const small = sizeOf(shape) <= mostKnown;
    // Narrow integers are quantized weights.
    if (!isFloat(dtype)) return small && (bits >= 32 || dtype === 'bool') ? 'constant' : 'buffer';
    const trained = trainable?.({ name, shape, stored: type });
    if (trained) return 'parameter';
    if (structural.has(name) && small) return 'constant';
    if (trained === false || beside.has(name)) return 'buffer';
    return shape.length === 0 ? 'constant' : 'parameter';
  };
}
