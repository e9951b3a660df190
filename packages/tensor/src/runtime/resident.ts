import type { DType, TypedArray } from '../graph/dtype.js';
import { RuntimeError } from '../graph/errors.js';
import type { Shape } from '../graph/shape.js';
import type { DeviceValue, Stored, TensorType, Value } from '../graph/tensor.js';
import { here, valueFrom } from './host.js';

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

/** An input of a run: elements that are on the device already, or elements to be brought there. */
export type Given<Handle> = { readonly handle: Handle } | { readonly value: Value };

/** Does a task with inputs from anywhere. What is on the device is not freed meanwhile, even if it is disposed of. */
export async function withInputs<Handle, Result>(
  device: Device<Handle>,
  inputs: readonly Stored[],
  task: (given: readonly Given<Handle>[]) => Promise<Result>,
): Promise<Result> {
  const isThere = (input: Stored): input is Resident<Handle> =>
    input instanceof Resident && input.device === device;
  const held = inputs.filter(isThere);
  const handles = new Map(held.map((input) => [input, input.hold()]));
  try {
    const given = inputs.map(async (input) =>
      isThere(input) ? { handle: handles.get(input)! } : { value: await here(input) },
    );
    return await task(await Promise.all(given));
  } finally {
    for (const input of held) input.letGo();
  }
}
