import {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  convTranspose,
  type DType,
  formatShape,
  ShapeError,
  splitKey,
  type Tensor,
  uniform,
} from '@evenkeel/tensor';
import { fanInUniform, type Initializer } from '../initializers.js';

/** How the weights of a convolution begin. */
interface StartOptions {
  /** True unless said. */
  readonly bias?: boolean;
  /** Sees the weights as `[numbers behind one output, outputs]`; U(±1/√numbers) unless said, for the bias too. */
  readonly initializer?: Initializer;
  readonly dtype?: DType;
}

export interface ConvLayerOptions extends ConvOptions, StartOptions {}

export interface ConvTransposeLayerOptions extends ConvTransposeOptions, StartOptions {}

/** @throws ShapeError unless there are one or two lengths, and groups that divide the channels */
function requireSizes(name: string, kernel: readonly number[], groups: number, channels: number[]): void {
  if (
    (kernel.length !== 1 && kernel.length !== 2) ||
    !kernel.every((n) => Number.isSafeInteger(n) && n >= 1)
  ) {
    throw new ShapeError(
      `${name}: kernel: got ${formatShape(kernel)}, expected one or two integers of at least 1`,
    );
  }
  if (!(Number.isSafeInteger(groups) && groups >= 1) || channels.some((n) => n % groups !== 0)) {
    throw new ShapeError(
      `${name}: groups: got ${groups}, expected a divisor of ${channels.join(' and ')} channels`,
    );
  }
}

/** Weights of the given shape and a bias, drawn for as many numbers as lie behind one index of the first axis. */
function begin(
  key: Tensor,
  shape: readonly [number, ...number[]],
  outputs: number,
  { bias, initializer, dtype }: Required<StartOptions>,
): { weight: Tensor; bias?: Tensor } {
  const [weightKey, biasKey] = splitKey(key);
  const fanIn = shape.slice(1).reduce((product, each) => product * each, 1);
  const weight = initializer(weightKey, [fanIn, shape[0]], dtype).transpose().reshape(shape);
  if (!bias) return { weight };
  const bound = fanIn ** -0.5;
  return { weight, bias: uniform(biasKey, [outputs], { low: -bound, high: bound, dtype }) };
}

/** @throws ShapeError unless `x` has `channels` channels and as many spatial axes as the weights */
function requireChannels(name: string, x: Tensor, weight: Tensor, channels: number): void {
  if (x.rank !== weight.rank || x.length(1) !== channels) {
    const size = weight.rank === 3 ? 'w' : 'h, w';
    throw new ShapeError(
      `${name}: expected an input of shape [n, ${channels}, ${size}], got ${formatShape(x.shape)}`,
    );
  }
}

const withBias = (product: Tensor, bias: Tensor | undefined): Tensor =>
  bias ? product.add(bias.reshape([bias.size, ...product.shape.slice(2).map(() => 1)])) : product;

/**
 * Convolution: `[n, inputs, h, w] → [n, outputs, h', w']` for a kernel `[rows, columns]`, and the same without `h` for
 * a kernel `[columns]`.
 */
export class Conv {
  /** `[outputs, inputs / groups, …kernel]` */
  readonly weight: Tensor;
  /** `[outputs]` */
  readonly bias?: Tensor;
  readonly options: ConvOptions;
  /** Outputs of each input, where every channel is a group of its own: such layers have as many groups as channels. */
  readonly outputsPerInput?: number;

  /** @throws ShapeError when kernel or groups make no sense */
  constructor(
    key: Tensor,
    inputs: number,
    outputs: number,
    kernel: readonly number[],
    { bias = true, initializer = fanInUniform, dtype = 'float32', ...options }: ConvLayerOptions = {},
  ) {
    const { groups = 1 } = options;
    requireSizes('Conv', kernel, groups, [inputs, outputs]);
    const shape = [outputs, inputs / groups, ...kernel] as const;
    const start = begin(key, shape, outputs, { bias, initializer, dtype });
    this.weight = start.weight;
    if (start.bias) this.bias = start.bias;
    this.options = options;
    if (groups > 1 && groups === inputs) this.outputsPerInput = outputs / inputs;
  }

  /** @throws ShapeError when channels, axes or sizes do not fit */
  call(x: Tensor): Tensor {
    const groups = this.outputsPerInput
      ? this.weight.length(0) / this.outputsPerInput
      : (this.options.groups ?? 1);
    requireChannels('Conv', x, this.weight, this.weight.length(1) * groups);
    return withBias(conv(x, this.weight, { ...this.options, groups }), this.bias);
  }
}

/** Transposed convolution, which enlarges by its strides: `[n, inputs, h, w] → [n, outputs, h', w']`, or both without `h`. */
export class ConvTranspose {
  /** `[inputs, outputs / groups, …kernel]` */
  readonly weight: Tensor;
  /** `[outputs]` */
  readonly bias?: Tensor;
  readonly options: ConvTransposeOptions;
  /** Whether every channel is a group of its own: such layers have as many groups as channels. */
  readonly isDepthwise: boolean;

  /** @throws ShapeError when kernel or groups make no sense */
  constructor(
    key: Tensor,
    inputs: number,
    outputs: number,
    kernel: readonly number[],
    {
      bias = true,
      initializer = fanInUniform,
      dtype = 'float32',
      ...options
    }: ConvTransposeLayerOptions = {},
  ) {
    const { groups = 1 } = options;
    requireSizes('ConvTranspose', kernel, groups, [inputs, outputs]);
    const shape = [inputs, outputs / groups, ...kernel] as const;
    const start = begin(key, shape, outputs, { bias, initializer, dtype });
    this.weight = start.weight;
    if (start.bias) this.bias = start.bias;
    this.options = options;
    this.isDepthwise = groups > 1 && groups === inputs && groups === outputs;
  }

  /** @throws ShapeError when channels, axes or sizes do not fit */
  call(x: Tensor): Tensor {
    requireChannels('ConvTranspose', x, this.weight, this.weight.length(0));
    const groups = this.isDepthwise ? this.weight.length(0) : (this.options.groups ?? 1);
    return withBias(convTranspose(x, this.weight, { ...this.options, groups }), this.bias);
  }
}
