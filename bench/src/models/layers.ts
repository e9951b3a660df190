import {
  type BatchStatistics,
  batchNorm,
  type ConvOptions,
  cast,
  conv,
  layerNorm,
  normal,
  ones,
  type Tensor,
  uniform,
  zeros,
} from '@evenkeel/tensor';

/** Weights [outputs, inputs, size, size] with the deviation that suits ReLU. */
export const convWeight = (key: Tensor, inputs: number, outputs: number, size: number): Tensor =>
  normal(key, [outputs, inputs, size, size]).mul(Math.sqrt(2 / (inputs * size * size)));

/** A convolution with a bias. */
export class Conv {
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(key: Tensor, inputs: number, outputs: number, size: number) {
    this.weight = convWeight(key, inputs, outputs, size);
    this.bias = zeros([outputs]);
  }

  call(x: Tensor, options: ConvOptions): Tensor {
    return conv(x, this.weight, options).add(this.bias.reshape([this.bias.size, 1, 1]));
  }
}

/** A convolution without a bias, normalized over the batch. */
export class NormalizedConv {
  readonly weight: Tensor;
  readonly scale: Tensor;
  readonly shift: Tensor;

  constructor(key: Tensor, inputs: number, outputs: number, size: number) {
    this.weight = convWeight(key, inputs, outputs, size);
    this.scale = ones([outputs]);
    this.shift = zeros([outputs]);
  }

  get statistics(): BatchStatistics {
    return { mean: zeros(this.scale.shape), variance: ones(this.scale.shape) };
  }

  call(
    x: Tensor,
    running: BatchStatistics,
    options: ConvOptions,
  ): { output: Tensor; running: BatchStatistics } {
    return batchNorm(conv(x, this.weight, options), running, { scale: this.scale, shift: this.shift });
  }
}

/** Layer normalization of the last axis. */
export class LayerNorm {
  readonly scale: Tensor;
  readonly shift: Tensor;

  constructor(width: number) {
    this.scale = ones([width]);
    this.shift = zeros([width]);
  }

  call(x: Tensor): Tensor {
    return layerNorm(x, this);
  }
}

/** Integers in [0, below), int32. */
export const integers = (key: Tensor, shape: readonly number[], below: number): Tensor =>
  cast(uniform(key, shape, { high: below }), 'int32');
