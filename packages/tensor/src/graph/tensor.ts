import type { DType, TypedArray } from './dtype.js';
import { RuntimeError } from './errors.js';
import type { Application } from './primitive.js';
import type { Shape } from './shape.js';
import { sizeOf } from './shape.js';

/** What is known of a tensor before it is computed. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Elements in row-major order. */
export interface Value extends TensorType {
  readonly data: TypedArray;
}

/** Elements that a runtime keeps where it computes: on a GPU, or in another thread. */
export interface DeviceValue extends TensorType {
  /** Copies the elements here. @throws RuntimeError when they are lost */
  read(): Promise<Value>;
  /** Frees them as soon as nothing that has begun needs them. */
  dispose(): void;
}

/** Elements, wherever they are. */
export type Stored = Value | DeviceValue;

export const isHere = (stored: Stored): stored is Value => 'data' in stored;

/** Where a tensor's elements come from. */
export type Source =
  | { readonly kind: 'application'; readonly application: Application }
  | { readonly kind: 'value'; readonly value: Stored }
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'released'; readonly how: string };

/**
 * An array with a shape and an element type: either elements that are there, or a computation of them.
 * Operations on tensors compute nothing by themselves; they describe. A `compile`d function runs its description,
 * and `await tensor.data()` runs what a single tensor needs. Tensors are immutable. Memory on a device is freed when a
 * tensor is no longer reachable, or at once by `dispose()` and by donation (see `compile`).
 */
export class Tensor implements TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
  #source: Source;

  /** @internal `tensor` and its kin make tensors. */
  constructor(type: TensorType, source: Source) {
    this.shape = type.shape;
    this.dtype = type.dtype;
    this.#source = source;
  }

  /** @internal */
  get source(): Source {
    return this.#source;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The elements, if they have been computed or given and are not on a device. */
  get value(): Value | undefined {
    return this.#source.kind === 'value' && isHere(this.#source.value) ? this.#source.value : undefined;
  }

  /**
   * The elements, wherever they are; undefined while they have not been computed.
   * @param user who asks, for the message
   * @throws RuntimeError when they have been freed
   * @internal
   */
  stored(user: string): Stored | undefined {
    if (this.#source.kind === 'released') {
      throw new RuntimeError(`${user}: ${this} ${this.#source.how} and has no elements any more`);
    }
    return this.#source.kind === 'value' ? this.#source.value : undefined;
  }

  /** @internal Keeps what has been computed, and lets go of the description of how. */
  settle(value: Stored): void {
    this.#source = { kind: 'value', value };
  }

  /** Frees the elements. Using the tensor afterwards is an error. */
  dispose(): void {
    this.release('was disposed of');
  }

  /** @internal As `dispose`. @param how completes the sentence "the tensor … and has no elements any more" */
  release(how: string): void {
    if (this.#source.kind === 'value' && !isHere(this.#source.value)) this.#source.value.dispose();
    this.#source = { kind: 'released', how };
  }

  /** The length of an axis; negative axes count from the back. */
  length(axis: number): number {
    return this.shape.at(axis) as number;
  }

  /** The dtype and the shape, such as `Tensor(float32 [2, 3])`. */
  toString(): string {
    return `Tensor(${this.dtype} [${this.shape.join(', ')}])`;
  }
}
