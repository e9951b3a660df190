import { ShapeError } from '../graph/errors.js';
import { broadcastShapes, formatShape, normalizeAxes, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape } from './broadcast.js';
import { add, div, maximum, mul, neg, sqrt, stopGradient, sub } from './elementwise.js';
import { ones, zeros } from './fill.js';
import { mean } from './reduce.js';
import {
  affineChannels,
  axesButChannels,
  besideChannels,
  inverseSpread,
  standardize,
  standardizeChannels,
} from './standardize.js';

export interface NormOptions {
  /** Multiplies the normalized elements. */
  readonly scale?: Tensor;
  /** Is added after that. */
  readonly shift?: Tensor;
  /** Added to the variance or mean square before the root. 1e-5 unless said. */
  readonly epsilon?: number;
}

export interface AxisNormOptions extends NormOptions {
  /** What is normalized together; the last axis unless said. `scale` and `shift` broadcast against the whole tensor. */
  readonly axis?: number | readonly number[];
}

/** @throws ShapeError or DTypeError for what cannot be normalized */
function requireNormal(name: string, x: Tensor, { scale, shift, epsilon = 1e-5 }: NormOptions): number {
  requireFloat(name, x);
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
    throw new RangeError(`${name}: epsilon: got ${epsilon}, expected a finite number of at least 0`);
  }
  for (const [what, factor] of Object.entries({ scale, shift })) {
    if (factor && !sameShape(broadcastShapes(`${name}: ${what}`, x.shape, factor.shape), x.shape)) {
      throw new ShapeError(
        `${name}: ${what}: ${formatShape(factor.shape)} does not broadcast to ${formatShape(x.shape)}`,
      );
    }
  }
  return epsilon;
}

function scaled(normalized: Tensor, { scale, shift }: NormOptions): Tensor {
  const stretched = scale ? mul(normalized, scale) : normalized;
  return shift ? add(stretched, shift) : stretched;
}

/** (x - mean) / √(variance + epsilon) · scale + shift over `axis`; the variance is divided by n. */
export function layerNorm(x: Tensor, options: AxisNormOptions = {}): Tensor {
  const epsilon = requireNormal('layerNorm', x, options);
  const axis = normalizeAxes('layerNorm', options.axis ?? -1, x.rank);
  return scaled(axis.length === 0 ? mul(x, 0) : standardize(x, axis, epsilon), options);
}

/** x / √(mean of x² + epsilon) · scale + shift over `axis`. */
export function rmsNorm(x: Tensor, options: AxisNormOptions = {}): Tensor {
  const epsilon = requireNormal('rmsNorm', x, options);
  const axis = normalizeAxes('rmsNorm', options.axis ?? -1, x.rank);
  const square = mean(mul(x, x), { axis, keepAxes: true });
  return scaled(div(x, sqrt(add(square, epsilon))), options);
}

/** `scale` and `shift` [channels] as tensors that broadcast against x [n, channels, …]. */
function perChannel(name: string, x: Tensor, options: NormOptions): NormOptions {
  if (x.rank < 2) throw new ShapeError(`${name}: expected [n, c, …], got ${formatShape(x.shape)}`);
  const { scale, shift, ...rest } = options;
  if (scale) requireChannels(name, 'scale', scale, x);
  if (shift) requireChannels(name, 'shift', shift, x);
  return {
    ...rest,
    ...(scale && { scale: besideChannels(scale, x) }),
    ...(shift && { shift: besideChannels(shift, x) }),
  };
}

/** @throws ShapeError unless there is one value for each channel of x */
function requireChannels(name: string, what: string, values: Tensor, x: Tensor): void {
  const channels = x.shape[1]!;
  if (!sameShape(values.shape, [channels])) {
    throw new ShapeError(`${name}: ${what}: got ${formatShape(values.shape)}, expected [${channels}]`);
  }
}

/**
 * Normalizes each image's channels in `groups` of neighbours, with one mean and variance a group: x [n, c, …], `scale`
 * and `shift` [c]. One group is layer normalization of images, c groups are instance normalization.
 * @throws ShapeError unless the groups divide the channels
 */
export function groupNorm(x: Tensor, groups: number, options: NormOptions = {}): Tensor {
  const channelwise = perChannel('groupNorm', x, options);
  const epsilon = requireNormal('groupNorm', x, channelwise);
  const [n, channels, ...size] = x.shape as [number, number, ...number[]];
  if (!(Number.isSafeInteger(groups) && groups >= 1 && channels % groups === 0)) {
    throw new ShapeError(`groupNorm: groups: got ${groups}, expected a divisor of ${channels} channels`);
  }
  const grouped = reshape(x, [n, groups, channels / groups, ...size]);
  const normalized = layerNorm(grouped, { axis: grouped.shape.map((_, each) => each).slice(2), epsilon });
  return scaled(reshape(normalized, x.shape), channelwise);
}

/** Mean and variance of each channel, both [channels]. */
export interface BatchStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

export interface BatchNormOptions extends NormOptions {
  /** Share of this batch in the new running statistics, from 0 to 1. 0.1 unless said. */
  readonly momentum?: number;
}

/**
 * Batch normalization in training: each channel of x [n, c, …] is normalized by its mean and variance over the batch;
 * `scale` and `shift` are [c]. The running statistics come back moved towards those of the batch, as constants to
 * derivatives; the variance that they take in is divided by count - 1, the one that normalizes by count.
 * @throws ShapeError when a channel has fewer than two elements
 */
export function batchNorm(
  x: Tensor,
  running: BatchStatistics,
  options: BatchNormOptions = {},
): { readonly output: Tensor; readonly running: BatchStatistics } {
  const { momentum = 0.1 } = options;
  const channelwise = perChannel('batchNorm', x, options);
  const epsilon = requireNormal('batchNorm', x, channelwise);
  requireChannels('batchNorm', 'running mean', running.mean, x);
  requireChannels('batchNorm', 'running variance', running.variance, x);
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new RangeError(`batchNorm: momentum: got ${momentum}, expected a number from 0 to 1`);
  }
  const axis = axesButChannels(x);
  const channels = x.shape[1]!;
  const count = axis.reduce((product, each) => product * x.shape[each]!, 1);
  if (count < 2) {
    throw new ShapeError(
      `batchNorm: expected at least two elements a channel, got ${count} in ${formatShape(x.shape)}`,
    );
  }
  const { scale = ones([channels], x.dtype), shift = zeros([channels], x.dtype) } = options;
  const inverse = reshape(inverseSpread(x, axis, epsilon), [channels]);
  // No pass over the tensor for what its normalization knows already.
  const spread = maximum(sub(div(1, mul(inverse, inverse)), epsilon), 0);
  const moved = (old: Tensor, batch: Tensor) =>
    add(mul(old, 1 - momentum), mul(stopGradient(batch), momentum));
  return {
    output: standardizeChannels(x, scale, shift, epsilon),
    running: {
      mean: moved(running.mean, mean(x, { axis })),
      variance: moved(running.variance, mul(spread, count / (count - 1))),
    },
  };
}

/** Batch normalization in evaluation: by the given statistics instead of those of the batch. */
export function batchNormInference(x: Tensor, running: BatchStatistics, options: NormOptions = {}): Tensor {
  const epsilon = requireNormal('batchNormInference', x, perChannel('batchNormInference', x, options));
  requireChannels('batchNormInference', 'running mean', running.mean, x);
  requireChannels('batchNormInference', 'running variance', running.variance, x);
  const inverse = div(1, sqrt(add(running.variance, epsilon)));
  const slope = options.scale ? mul(options.scale, inverse) : inverse;
  const offset = mul(running.mean, slope);
  return affineChannels(x, slope, options.shift ? sub(options.shift, offset) : neg(offset));
}
