import { gelu, splitKey, type Tensor } from '@evenkeel/tensor';
import { type AttendOptions, MultiHeadAttention, type MultiHeadAttentionOptions } from './attention.js';
import { Linear } from './linear.js';
import { LayerNorm } from './norm.js';

export interface TransformerBlockOptions extends MultiHeadAttentionOptions {
  /** Features between the two linear layers; four times the width unless said. */
  readonly hidden?: number;
}

/**
 * x + attention(norm(x)), and to that the same with linear, GELU, linear in the place of attention:
 * `[…, length, width] → […, length, width]`.
 */
export class TransformerBlock {
  readonly attentionNorm: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly feedForwardNorm: LayerNorm;
  readonly widen: Linear;
  readonly narrow: Linear;

  /** @throws ShapeError unless the heads divide the width, and the groups the heads */
  constructor(
    key: Tensor,
    width: number,
    heads: number,
    { hidden = 4 * width, ...options }: TransformerBlockOptions = {},
  ) {
    const [attentionKey, widenKey, narrowKey] = splitKey(key, 3);
    const { bias = true, dtype = 'float32' } = options;
    this.attentionNorm = new LayerNorm(width, { dtype });
    this.attention = new MultiHeadAttention(attentionKey, width, heads, options);
    this.feedForwardNorm = new LayerNorm(width, { dtype });
    this.widen = new Linear(widenKey, width, hidden, { bias, dtype });
    this.narrow = new Linear(narrowKey, hidden, width, { bias, dtype });
  }

  /** @throws ShapeError when shapes do not fit together */
  call(x: Tensor, options: Omit<AttendOptions, 'context'> = {}): Tensor {
    const attended = x.add(this.attention.call(this.attentionNorm.call(x), options));
    return attended.add(this.narrow.call(gelu(this.widen.call(this.feedForwardNorm.call(attended)))));
  }
}
