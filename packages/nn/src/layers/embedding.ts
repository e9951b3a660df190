import { type DType, type Tensor, take } from '@evenkeel/tensor';
import { type Initializer, scaledNormal } from '../initializers.js';

/** How an embedding begins. */
export interface EmbeddingOptions {
  /** N(0, 1) unless said. */
  readonly initializer?: Initializer;
  readonly dtype?: DType;
}

/** A table of vectors: indices (int32 or int64) `[…] → […, features]`. */
export class Embedding {
  /** `[entries, features]` */
  readonly table: Tensor;

  constructor(
    key: Tensor,
    entries: number,
    features: number,
    { initializer = scaledNormal(1), dtype = 'float32' }: EmbeddingOptions = {},
  ) {
    this.table = initializer(key, [entries, features], dtype);
  }

  /** @throws RuntimeError, when it runs, for an index outside the table */
  call(indices: Tensor): Tensor {
    return take(this.table, indices);
  }
}
