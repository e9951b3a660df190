import {
  attention,
  type DType,
  formatShape,
  ShapeError,
  splitKey,
  swapAxes,
  type Tensor,
} from '@evenkeel/tensor';
import { Linear } from './linear.js';

export interface MultiHeadAttentionOptions {
  /** Heads of keys and values, each of which serves `heads / groups` neighbouring heads of queries; `heads` unless said. */
  readonly groups?: number;
  /** Whether the four linear layers have biases. True unless said. */
  readonly bias?: boolean;
  readonly dtype?: DType;
}

export interface AttendOptions {
  /** `[…, keys, width]`: what is attended to; the input itself unless said. */
  readonly context?: Tensor;
  /** Whether a position sees none that come later. False unless said. */
  readonly causal?: boolean;
  /** Bool, broadcasts to `[…, heads, length, keys]`: true where a position may see another. */
  readonly mask?: Tensor;
}

/** Attention in heads of `width / heads` features: `[…, length, width] → […, length, width]`. */
export class MultiHeadAttention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  /** Features of each head. */
  readonly headWidth: number;

  /** @throws ShapeError unless the heads divide the width, and the groups the heads */
  constructor(
    key: Tensor,
    width: number,
    heads: number,
    { groups = heads, ...options }: MultiHeadAttentionOptions = {},
  ) {
    for (const [what, count, whole] of [
      ['heads', heads, width],
      ['groups', groups, heads],
    ] as const) {
      if (!(Number.isSafeInteger(count) && count >= 1 && whole % count === 0)) {
        throw new ShapeError(`MultiHeadAttention: ${what}: got ${count}, expected a divisor of ${whole}`);
      }
    }
    const [queryKey, keyKey, valueKey, outputKey] = splitKey(key, 4);
    const shared = (width / heads) * groups;
    this.query = new Linear(queryKey, width, width, options);
    this.key = new Linear(keyKey, width, shared, options);
    this.value = new Linear(valueKey, width, shared, options);
    this.output = new Linear(outputKey, width, width, options);
    this.headWidth = width / heads;
  }

  /** @throws ShapeError when shapes do not fit together */
  call(x: Tensor, { context = x, ...options }: AttendOptions = {}): Tensor {
    const width = this.query.weight.length(0);
    for (const [what, each] of Object.entries({ 'an input': x, 'a context': context })) {
      if (each.rank < 2 || each.length(-1) !== width) {
        throw new ShapeError(
          `MultiHeadAttention: expected ${what} of shape [..., length, ${width}], got ${formatShape(each.shape)}`,
        );
      }
    }
    const inHeads = (features: Tensor) => {
      const heads = features.length(-1) / this.headWidth;
      return swapAxes(features.reshape([...features.shape.slice(0, -1), heads, this.headWidth]), -2, -3);
    };
    const mixed = attention(
      inHeads(this.query.call(x)),
      inHeads(this.key.call(context)),
      inHeads(this.value.call(context)),
      options,
    );
    const together = this.output.weight.length(0);
    return this.output.call(swapAxes(mixed, -2, -3).reshape([...x.shape.slice(0, -1), together]));
  }
}
