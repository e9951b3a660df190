import { type NToMPattern, requirePattern } from '@evenkeel/nn';
import {
  type ConvOptions,
  conv,
  einsum,
  eye,
  formatShape,
  matMul,
  reshape,
  ShapeError,
  swapAxes,
  type Tensor,
  tile,
} from '@evenkeel/tensor';
import { type ArmorFactors, blockedProduct, fromBlocks, toBlocks } from './blocks.js';
import { twoOfFour } from './nToM.js';

/**
 * A linear layer whose weight is A S B with a sparse core: y = A (S (B x)) + bias. As an ONNX file it is two small products
 * around a dense one with zeros: ONNX Runtime has no kernel on processors that skips 2 of 4, so that it is no faster there.
 */
export class ArmorLinear {
  /** Blocks of A, `[outputs / bA, bA, bA]`; the norms of rows are in them. */
  readonly left: Tensor;
  /** S `[outputs, inputs]`, with zeros. */
  readonly core: Tensor;
  /** Blocks of B, `[inputs / bB, bB, bB]`; the norms of columns are in them. */
  readonly right: Tensor;
  /** `[outputs]` */
  readonly bias?: Tensor;

  /** @throws ShapeError for blocks that do not fit the core */
  constructor({ left, core, right }: Pick<ArmorFactors, 'left' | 'core' | 'right'>, bias?: Tensor) {
    const fits = (blocks: Tensor, length: number | undefined) =>
      blocks.rank === 3 &&
      blocks.length(1) === blocks.length(2) &&
      blocks.length(0) * blocks.length(1) === length;
    if (core.rank !== 2 || !fits(left, core.shape[0]) || !fits(right, core.shape[1])) {
      const shapes = [left, core, right].map(({ shape }) => formatShape(shape)).join(' · ');
      throw new ShapeError(`ArmorLinear: blocks do not fit the core: ${shapes}`);
    }
    this.left = left;
    this.core = core;
    this.right = right;
    if (bias) this.bias = bias;
  }

  /** `[…, inputs] → […, outputs]`. @throws ShapeError for inputs of another length */
  call(x: Tensor): Tensor {
    const [outputs, inputs] = this.core.shape as [number, number];
    if (x.rank === 0 || x.length(-1) !== inputs)
      throw new ShapeError(`ArmorLinear: expected inputs [..., ${inputs}], got ${formatShape(x.shape)}`);
    const inner = blockDiagonal(this.right, reshape(x, [x.size / inputs, inputs]));
    const product = blockDiagonal(this.left, matMul(inner, this.core, { transposeB: true }));
    const y = reshape(product, [...x.shape.slice(0, -1), outputs]);
    return this.bias ? y.add(this.bias) : y;
  }

  /** A S B `[outputs, inputs]`, the weight that this layer stands for. */
  reconstruct(): Tensor {
    const { left, right } = this;
    const core = toBlocks(this.core, left.length(1), right.length(1));
    return fromBlocks(blockedProduct({ left, right, core }));
  }
}

/** Every row of `x` `[rows, length]` times a matrix that is its blocks `[blocks, b, b]` along the diagonal: x ↦ A x. */
export function blockDiagonal(blocks: Tensor, x: Tensor): Tensor {
  const [count, side] = blocks.shape as [number, number];
  const parts = reshape(x, [x.length(0), count, side]);
  return reshape(einsum('nkb,kcb->nkc', parts, blocks), x.shape);
}

/** What a convolution does to its images, all but its weights. */
export interface PatchGeometry extends ConvOptions {
  /** Channels that come in. */
  readonly inputs: number;
  /** Lengths of the kernel, one or two. */
  readonly kernel: readonly number[];
}

/**
 * What each output of a convolution is made of: `[n, inputs, …size] → [n, …positions, inputs · kernel]`, in the order of a
 * flattened kernel `[outputs, inputs · kernel]`.
 */
export function patchesOf(x: Tensor, { inputs, kernel, ...options }: PatchGeometry): Tensor {
  const places = kernel.reduce((product, each) => product * each, 1);
  // One output for every place of every channel, each of which copies that place.
  const copies = reshape(tile(eye(places, places, x.dtype), [inputs, 1]), [inputs * places, 1, ...kernel]);
  return channelsToEnd(conv(x, copies, { ...options, groups: inputs }));
}

const channelsToEnd = (x: Tensor): Tensor => (x.rank === 4 ? x.transpose([0, 2, 3, 1]) : swapAxes(x, 1, 2));
const channelsBack = (x: Tensor): Tensor => (x.rank === 4 ? x.transpose([0, 3, 1, 2]) : swapAxes(x, 1, 2));

/** A convolution whose flattened kernel is A S B: an `ArmorLinear` of its patches. */
export class ArmorConv {
  readonly linear: ArmorLinear;
  readonly geometry: PatchGeometry;

  /** @param linear of `inputs · kernel` numbers, in the order of a flattened kernel */
  constructor(linear: ArmorLinear, geometry: PatchGeometry) {
    this.linear = linear;
    this.geometry = geometry;
  }

  /** `[n, inputs, …size] → [n, outputs, …positions]`. @throws ShapeError as the convolution */
  call(x: Tensor): Tensor {
    return channelsBack(this.linear.call(patchesOf(x, this.geometry)));
  }
}

/** What a factored layer takes to store, in bits; biases are left out. */
export interface ArmorSize {
  /** The weight as it was. */
  readonly dense: number;
  /** Kept values of the core. */
  readonly core: number;
  /** Where they stand: ⌈log₂ m⌉ bits each, none where all stay. */
  readonly positions: number;
  /** Blocks of A and B. */
  readonly wrappers: number;
  /** All of that, of dense. */
  readonly share: number;
  /** Wrappers of dense: what they cost beside plain n:m pruning. */
  readonly overhead: number;
}

/**
 * The size of a layer in a format that stores kept values and their positions. An ONNX file holds the core with its zeros
 * instead: it is larger than the dense one by the wrappers.
 * @param bits of a value, 32 unless said
 * @throws RangeError for a pattern that does not fit
 */
export function armorSize(
  layer: ArmorLinear | ArmorConv,
  { pattern = twoOfFour, bits = 32 }: { readonly pattern?: NToMPattern; readonly bits?: number } = {},
): ArmorSize {
  const { core, left, right } = layer instanceof ArmorConv ? layer.linear : layer;
  requirePattern('armorSize', pattern, core.length(1));
  const kept = (core.size * pattern.n) / pattern.m;
  const dense = core.size * bits;
  const parts = {
    core: kept * bits,
    positions: pattern.n === pattern.m ? 0 : kept * Math.ceil(Math.log2(pattern.m)),
    wrappers: (left.size + right.size) * bits,
  };
  return {
    dense,
    ...parts,
    share: (parts.core + parts.positions + parts.wrappers) / dense,
    overhead: parts.wrappers / dense,
  };
}
