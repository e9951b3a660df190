import { fanInUniform } from '@evenkeel/nn';
import {
  cast,
  type DType,
  formatShape,
  globalAveragePool,
  globalMaxPool,
  greater,
  matMul,
  ShapeError,
  softmax,
  splitKey,
  type Tensor,
  uniform,
} from '@evenkeel/tensor';
import { requireActivations } from './target.js';

/** What a head sees of its layer's input. */
export interface GateHeadOptions {
  /** `max` unless said, as the paper has it; the official code takes the `average`. */
  readonly pool?: 'max' | 'average';
  /** Whether a softmax over the channels comes before the linear layer; true unless said. */
  readonly softmax?: boolean;
  readonly dtype?: DType;
}

/** @throws RangeError for an unknown kind of pooling */
function requirePool(pool: string): void {
  if (pool !== 'max' && pool !== 'average')
    throw new RangeError(`GateHead: pool must be max or average, got ${pool}`);
}

/** Predicts from a layer's input alone which of its filters will respond most: P = e Wᵀ + b, with e = softmax(pool(I)). */
export class GateHead {
  /** `[outputs, inputs]` */
  readonly weight: Tensor;
  /** `[outputs]` */
  readonly bias: Tensor;
  readonly pool: 'max' | 'average';
  readonly softmax: boolean;

  /**
   * @param inputs channels that the layer reads
   * @param outputs filters of the layer
   * @throws RangeError for an unknown kind of pooling
   */
  constructor(
    key: Tensor,
    inputs: number,
    outputs: number,
    { pool = 'max', softmax: normalized = true, dtype = 'float32' }: GateHeadOptions = {},
  ) {
    requirePool(pool);
    const [weightKey, biasKey] = splitKey(key);
    const bound = inputs ** -0.5;
    this.weight = fanInUniform(weightKey, [inputs, outputs], dtype).transpose();
    this.bias = uniform(biasKey, [outputs], { low: -bound, high: bound, dtype });
    this.pool = pool;
    this.softmax = normalized;
  }

  /** A head with the given weight `[outputs, inputs]` and bias `[outputs]`. @throws ShapeError when they do not fit */
  static of(weight: Tensor, bias: Tensor, { pool = 'max', softmax = true }: GateHeadOptions = {}): GateHead {
    requirePool(pool);
    if (weight.rank !== 2 || bias.rank !== 1 || bias.length(0) !== weight.length(0)) {
      const shapes = `${formatShape(weight.shape)} and ${formatShape(bias.shape)}`;
      throw new ShapeError(
        `GateHead: expected a weight [outputs, inputs] and a bias [outputs], got ${shapes}`,
      );
    }
    return Object.assign(Object.create(GateHead.prototype), { weight, bias, pool, softmax });
  }

  /**
   * Logits of the filters: `[n, inputs, h, w]` or `[n, inputs]` → `[n, outputs]`.
   * @throws ShapeError for other ranks and other numbers of channels
   */
  call(input: Tensor): Tensor {
    return this.fromPooled(this.pooled(input));
  }

  /** E: `[n, channels, h, w]` or `[n, channels]` → `[n, channels]`. @throws ShapeError for other ranks */
  pooled(input: Tensor): Tensor {
    requireActivations('GateHead', input);
    if (input.rank === 2) return input;
    const pool = this.pool === 'max' ? globalMaxPool : globalAveragePool;
    return pool(input).reshape([input.length(0), input.length(1)]);
  }

  /** Logits from what pooling gives, `[n, inputs]`. @throws ShapeError for another number of channels */
  fromPooled(pooled: Tensor): Tensor {
    const inputs = this.weight.length(1);
    if (pooled.length(1) !== inputs)
      throw new ShapeError(`GateHead: got ${pooled.length(1)} channels, expected ${inputs}`);
    const features = this.softmax ? softmax(pooled, 1) : pooled;
    return matMul(features, this.weight.transpose()).add(this.bias);
  }
}

/** Ones where σ(P) > 1/2, that is P > 0, and zeros elsewhere, at P = 0 too; in the dtype and shape of the logits. */
export const predictedMask = (logits: Tensor): Tensor => cast(greater(logits, 0), logits.dtype);
