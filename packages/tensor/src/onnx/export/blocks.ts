import { ExportError } from '../../graph/errors.js';
import type { OnnxConstant, OnnxModel, OnnxNode } from '../model.js';
import { mapNodes, usersOf } from './graphs.js';
import { asymmetricLevels, type Levels, levelOf, packLevels, symmetricLevels } from './levels.js';
import type { WeightFormat } from './options.js';
import { type StoredWeight, withWidened } from './widen.js';

type BlockFormat = Required<Extract<WeightFormat, { as: 'blocks' }>>;

/** A matrix on the right of products: `columns` results, each from `rows` numbers. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Whether it is stored with its columns first. */
  readonly transposed: boolean;
  readonly numbers: Float32Array;
}

/** One column's stretch of `blockSize` rows, the last one shorter. */
interface Block {
  readonly column: number;
  readonly from: number;
  readonly to: number;
  readonly levels: Levels;
}

/** The model with a matrix in blocks, or why it cannot have them. */
export function withBlocks(
  model: OnnxModel,
  weight: StoredWeight,
  { as, bits = 4, blockSize = 32, symmetric = true }: Extract<WeightFormat, { as: 'blocks' }>,
  ortOperators: boolean,
): OnnxModel | string {
  if (![2, 4, 8].includes(bits)) throw new ExportError(`exportOnnx: bits: got ${bits}, expected 2, 4 or 8`);
  if (![16, 32, 64, 128, 256].includes(blockSize)) {
    throw new ExportError(`exportOnnx: blockSize: got ${blockSize}, expected a power of 2 from 16 to 256`);
  }
  const transposed = sideOf(model, weight);
  if (transposed === undefined) return 'it is not only the right side of matrix products';
  const [first, second] = weight.shape as [number, number];
  const matrix: Matrix = {
    rows: transposed ? second : first,
    columns: transposed ? first : second,
    transposed,
    numbers: weight.constant.data as Float32Array,
  };
  const format: BlockFormat = { as, bits, blockSize, symmetric };
  if (ortOperators) return withProducts(model, weight, matrix, format);
  if (bits === 2) return '2 bits need ortOperators';
  return withDequantized(model, weight, matrix, format);
}

/** Whether all products use a matrix transposed, or none; undefined for other uses. */
function sideOf(model: OnnxModel, { shape, constant: { name } }: StoredWeight): boolean | undefined {
  const users = usersOf(model.nodes, name);
  const flag = (node: OnnxNode, key: string): boolean => {
    const attribute = node.attributes[key];
    return attribute !== undefined && 'int' in attribute && attribute.int === 1;
  };
  const isProduct = (node: OnnxNode) =>
    ['MatMul', 'FusedMatMul', 'Gemm'].includes(node.type) &&
    node.inputs.length === 2 &&
    node.inputs[0] !== name &&
    !flag(node, 'transA');
  const sides = new Set(users.map((node) => flag(node, 'transB')));
  return shape.length === 2 && users.every(isProduct) && sides.size === 1 ? [...sides][0] : undefined;
}

const at = ({ rows, columns, transposed }: Matrix, row: number, column: number): number =>
  transposed ? column * rows + row : row * columns + column;

/** The blocks of all columns, one column after another. */
function blocksOf(matrix: Matrix, { bits, blockSize, symmetric }: BlockFormat): Block[] {
  const count = Math.ceil(matrix.rows / blockSize);
  return Array.from({ length: matrix.columns * count }, (_, index) => {
    const column = Math.floor(index / count);
    const from = (index % count) * blockSize;
    const to = Math.min(matrix.rows, from + blockSize);
    const numbers = Array.from(
      { length: to - from },
      (_, i) => matrix.numbers[at(matrix, from + i, column)]!,
    );
    return { column, from, to, levels: (symmetric ? symmetricLevels : asymmetricLevels)(numbers, bits) };
  });
}

/** MatMulNBits in place of the products: levels from 0 on, column by column, the last block filled up. */
function withProducts(
  model: OnnxModel,
  { name, constant }: StoredWeight,
  matrix: Matrix,
  format: BlockFormat,
): OnnxModel {
  const { bits, blockSize, symmetric } = format;
  const { rows, columns } = matrix;
  const blocks = blocksOf(matrix, format);
  const perColumn = blocks.length / columns;
  const middle = 2 ** (bits - 1);
  const levels = new Uint8Array(blocks.length * blockSize);
  blocks.forEach((block, index) => {
    const shift = symmetric ? middle : 0;
    for (let row = block.from; row < block.to; row++) {
      const number = matrix.numbers[at(matrix, row, block.column)]!;
      levels[index * blockSize + row - block.from] = levelOf(number, block.levels) + shift;
    }
  });
  const packed = packLevels(levels, bits);
  const constants: OnnxConstant[] = [
    {
      name: constant.name,
      dtype: 'uint8',
      shape: [columns, perColumn, packed.length / blocks.length],
      data: packed,
    },
    {
      name: `${name}.scale`,
      dtype: 'float32',
      shape: [blocks.length],
      data: Float32Array.from(blocks, (block) => block.levels.scale),
    },
  ];
  if (!symmetric) {
    // Each column's zero points begin with a byte of their own.
    const rowsOfPoints = Array.from({ length: columns }, (_, column) =>
      packLevels(
        blocks.slice(column * perColumn, (column + 1) * perColumn).map((block) => block.levels.zeroPoint),
        bits,
      ),
    );
    const data = new Uint8Array(rowsOfPoints.flatMap((bytes) => [...bytes]));
    constants.push({ name: `${name}.zeroPoint`, dtype: 'uint8', shape: [data.length], data });
  }
  const attributes = {
    K: { int: rows },
    N: { int: columns },
    bits: { int: bits },
    block_size: { int: blockSize },
  };
  const nodes = mapNodes(model.nodes, (node) => {
    if (!node.inputs.includes(constant.name)) return [node];
    const inputs = [node.inputs[0]!, ...constants.map((each) => each.name)];
    return [{ ...node, type: 'MatMulNBits', domain: 'com.microsoft', inputs, attributes }];
  });
  const others = model.constants.filter((each) => each.name !== constant.name);
  return { ...model, nodes, constants: [...others, ...constants] };
}

/** DequantizeLinear before the products: levels where the weight has its numbers. */
function withDequantized(
  model: OnnxModel,
  weight: StoredWeight,
  matrix: Matrix,
  format: BlockFormat,
): OnnxModel {
  const { bits, blockSize, symmetric } = format;
  const blocks = blocksOf(matrix, format);
  const perColumn = blocks.length / matrix.columns;
  const small: Matrix = { ...matrix, rows: perColumn };
  const levels = new Int16Array(matrix.numbers.length);
  const scales = new Float32Array(blocks.length);
  const zeroPoints = new Int16Array(blocks.length);
  blocks.forEach(({ column, from, to, levels: each }, index) => {
    for (let row = from; row < to; row++) {
      const place = at(matrix, row, column);
      levels[place] = levelOf(matrix.numbers[place]!, each);
    }
    scales[at(small, index % perColumn, column)] = each.scale;
    zeroPoints[at(small, index % perColumn, column)] = each.zeroPoint;
  });
  const dtype = `${symmetric ? 'int' : 'uint'}${bits as 4 | 8}` as const;
  const shape = matrix.transposed ? [matrix.columns, perColumn] : [perColumn, matrix.columns];
  return withWidened(
    model,
    weight,
    { dtype, data: packLevels(levels, bits) },
    {
      type: 'DequantizeLinear',
      constants: [
        { name: `${weight.name}.scale`, dtype: 'float32', shape, data: scales },
        { name: `${weight.name}.zeroPoint`, dtype, shape, data: packLevels(zeroPoints, bits) },
      ],
      attributes: { axis: { int: Number(matrix.transposed) }, block_size: { int: blockSize } },
    },
  );
}
