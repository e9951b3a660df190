import type { DType, TypedArray } from '../graph/dtype.js';
import { RuntimeError } from '../graph/errors.js';
import type { Shape } from '../graph/shape.js';
import type { DeviceValue, TensorType, Value } from '../graph/tensor.js';
import { valueFrom } from './host.js';

/** What keeps elements somewhere else and names each of them by a handle. */
export interface Device<Handle> {
  download(handle: Handle, type: TensorType): Promise<TypedArray>;
  free(handle: Handle): void;
}

/** Frees what is no longer reachable and was never disposed of. */
const forgotten = new FinalizationRegistry<() => void>((free) => free());

/** Elements on a device, with a count of who needs them there, so that nothing is freed under a run. */
export class Resident<Handle> implements DeviceValue {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly device: Device<Handle>;
  readonly #handle: Handle;
  #users = 0;
  #state: 'kept' | 'disposed' | 'freed' = 'kept';
  #reading: Promise<Value> | undefined;

  constructor(device: Device<Handle>, handle: Handle, { dtype, shape }: TensorType) {
    this.dtype = dtype;
    this.shape = shape;
    this.device = device;
    this.#handle = handle;
    forgotten.register(this, () => device.free(handle), this);
  }

  /** The handle, to be used until as many calls of `letGo`. @throws RuntimeError when the elements have been freed */
  hold(): Handle {
    if (this.#state === 'freed') {
      throw new RuntimeError(`the elements of ${this.dtype} [${this.shape.join(', ')}] have been freed`);
    }
    this.#users++;
    return this.#handle;
  }

  letGo(): void {
    this.#users--;
    this.#freeIfUnused();
  }

  read(): Promise<Value> {
    this.#reading ??= this.#download();
    return this.#reading;
  }

  async #download(): Promise<Value> {
    const handle = this.hold();
    try {
      return valueFrom(this, await this.device.download(handle, this));
    } finally {
      this.#reading = undefined;
      this.letGo();
    }
  }

  dispose(): void {
    if (this.#state === 'kept') this.#state = 'disposed';
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (this.#state !== 'disposed' || this.#users > 0) return;
    this.#state = 'freed';
    forgotten.unregister(this);
    this.device.free(this.#handle);
  }
}
