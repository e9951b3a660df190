import type { DType, TypedArray } from './dtype.js';
import type { Application } from './primitive.js';
import type { Shape } from './shape.js';
import { sizeOf } from './shape.js';

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Elements in row-major order. */
export interface Value extends TensorType {
  readonly data: TypedArray;
}

/** Where a tensor's elements come from. */
export type Source =
  | { readonly kind: 'application'; readonly application: Application }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'input'; readonly name: string };

/**
 * An array with a shape and an element type: either elements that are there, or a computation of them.
 * Operations on tensors compute nothing by themselves; they describe. A `compile`d function runs its description,
 * and `await tensor.data()` runs what a single tensor needs. Tensors are immutable and own no resources.
 */
export class Tensor implements TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
  #source: Source;

  constructor(type: TensorType, source: Source) {
    this.shape = type.shape;
    this.dtype = type.dtype;
    this.#source = source;
  }

  get source(): Source {
    return this.#source;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The elements, if they have been computed or given. */
  get value(): Value | undefined {
    return this.#source.kind === 'value' ? this.#source.value : undefined;
  }

  /** Keeps what has been computed, and lets go of the description of how. */
  settle(value: Value): void {
    this.#source = { kind: 'value', value };
  }

  /** The length of an axis; negative axes count from the back. */
  length(axis: number): number {
    return this.shape.at(axis) as number;
  }

  toString(): string {
    return `Tensor(${this.dtype} [${this.shape.join(', ')}])`;
  }
}
