import {
  type BatchStatistics,
  batchNorm,
  batchNormInference,
  type DType,
  formatShape,
  groupNorm,
  layerNorm,
  mapTree,
  ones,
  rmsNorm,
  ShapeError,
  stopGradient,
  type Tensor,
  zeros,
} from '@evenkeel/tensor';

export interface NormLayerOptions {
  /** Added to the variance or mean square before the root. 1e-5 unless said. */
  readonly epsilon?: number;
  readonly dtype?: DType;
}

export interface BatchNormLayerOptions extends NormLayerOptions {
  /** Share of a batch in the new running statistics, from 0 to 1. 0.1 unless said. */
  readonly momentum?: number;
}

function requireFeatures(name: string, x: Tensor, features: number): void {
  if (x.rank === 0 || x.length(-1) !== features) {
    throw new ShapeError(
      `${name}: expected an input of shape [..., ${features}], got ${formatShape(x.shape)}`,
    );
  }
}

function requireChannels(name: string, x: Tensor, channels: number): void {
  if (x.rank < 2 || x.length(1) !== channels) {
    throw new ShapeError(
      `${name}: expected an input of shape [n, ${channels}, ...], got ${formatShape(x.shape)}`,
    );
  }
}

/** Layer normalization over the last axis: `[…, features] → […, features]`. */
export class LayerNorm {
  /** `[features]`, ones at first */
  readonly scale: Tensor;
  /** `[features]`, zeros at first */
  readonly shift: Tensor;
  readonly epsilon: number;

  constructor(features: number, { epsilon = 1e-5, dtype = 'float32' }: NormLayerOptions = {}) {
    this.scale = ones([features], dtype);
    this.shift = zeros([features], dtype);
    this.epsilon = epsilon;
  }

  /** @throws ShapeError when the last axis of `x` is not `features` long */
  call(x: Tensor): Tensor {
    requireFeatures('LayerNorm', x, this.scale.size);
    return layerNorm(x, { scale: this.scale, shift: this.shift, epsilon: this.epsilon });
  }
}

/** Division by the root of the mean square over the last axis: `[…, features] → […, features]`. */
export class RmsNorm {
  /** `[features]`, ones at first */
  readonly scale: Tensor;
  readonly epsilon: number;

  constructor(features: number, { epsilon = 1e-5, dtype = 'float32' }: NormLayerOptions = {}) {
    this.scale = ones([features], dtype);
    this.epsilon = epsilon;
  }

  /** @throws ShapeError when the last axis of `x` is not `features` long */
  call(x: Tensor): Tensor {
    requireFeatures('RmsNorm', x, this.scale.size);
    return rmsNorm(x, { scale: this.scale, epsilon: this.epsilon });
  }
}

/** Normalization of each image's channels in groups of neighbours: `[n, channels, …] → [n, channels, …]`. */
export class GroupNorm {
  /** `[channels]`, ones at first */
  readonly scale: Tensor;
  /** `[channels]`, zeros at first */
  readonly shift: Tensor;
  readonly channelsPerGroup: number;
  readonly epsilon: number;

  /** @throws ShapeError unless the groups divide the channels */
  constructor(
    groups: number,
    channels: number,
    { epsilon = 1e-5, dtype = 'float32' }: NormLayerOptions = {},
  ) {
    if (!(Number.isSafeInteger(groups) && groups >= 1 && channels % groups === 0)) {
      throw new ShapeError(`GroupNorm: groups: got ${groups}, expected a divisor of ${channels} channels`);
    }
    this.scale = ones([channels], dtype);
    this.shift = zeros([channels], dtype);
    this.channelsPerGroup = channels / groups;
    this.epsilon = epsilon;
  }

  /** @throws ShapeError unless `x` is [n, channels, …] */
  call(x: Tensor): Tensor {
    requireChannels('GroupNorm', x, this.scale.size);
    const groups = this.scale.size / this.channelsPerGroup;
    return groupNorm(x, groups, { scale: this.scale, shift: this.shift, epsilon: this.epsilon });
  }
}

/**
 * Batch normalization of channels: `[n, channels, …] → [n, channels, …]`. In training, `train` normalizes by the batch
 * and returns, beside the output, the layer with new running statistics; `call` normalizes by those that are there.
 * Running statistics are constants to derivatives. A loss that returns the layer as part of its new `model` hands them
 * on; the optimizer, and with it weight decay, does not touch them.
 */
export class BatchNorm {
  /** `[channels]`, ones at first */
  readonly scale: Tensor;
  /** `[channels]`, zeros at first */
  readonly shift: Tensor;
  /** Mean and variance, both `[channels]`; zeros and ones at first. */
  readonly running: BatchStatistics;
  readonly momentum: number;
  readonly epsilon: number;

  constructor(
    channels: number,
    { momentum = 0.1, epsilon = 1e-5, dtype = 'float32' }: BatchNormLayerOptions = {},
  ) {
    this.scale = ones([channels], dtype);
    this.shift = zeros([channels], dtype);
    this.running = { mean: zeros([channels], dtype), variance: ones([channels], dtype) };
    this.momentum = momentum;
    this.epsilon = epsilon;
  }

  /** @throws ShapeError unless `x` is [n, channels, …] with two elements a channel or more */
  train(x: Tensor): [output: Tensor, layer: BatchNorm] {
    requireChannels('BatchNorm', x, this.scale.size);
    const { output, running } = batchNorm(x, mapTree(stopGradient, this.running), this);
    return [output, Object.assign(Object.create(BatchNorm.prototype), this, { running })];
  }

  /** Evaluation. @throws ShapeError unless `x` is [n, channels, …] */
  call(x: Tensor): Tensor {
    requireChannels('BatchNorm', x, this.scale.size);
    return batchNormInference(x, mapTree(stopGradient, this.running), this);
  }
}
