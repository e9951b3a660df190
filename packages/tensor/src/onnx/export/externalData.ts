import type { ExternalData } from '../model.js';

/** Smaller tensors stay in the model. */
const smallest = 1024;

// So that a file that is mapped into memory need not be copied: pages of 4 kB, and for large tensors the 64 kB of Windows.
const alignmentOf = (length: number): number => (length >= 2 ** 20 ? 2 ** 16 : 2 ** 12);

/** A second file that takes in the larger tensors. */
export class ExternalFile implements ExternalData {
  readonly location: string;
  readonly #pieces: { readonly offset: number; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];
  #length = 0;

  constructor(location: string) {
    this.location = location;
  }

  place(bytes: Uint8Array<ArrayBuffer>): number | undefined {
    if (bytes.length < smallest) return undefined;
    const alignment = alignmentOf(bytes.length);
    const offset = Math.ceil(this.#length / alignment) * alignment;
    this.#pieces.push({ offset, bytes });
    this.#length = offset + bytes.length;
    return offset;
  }

  /** What has been taken in. */
  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    for (const { offset, bytes } of this.#pieces) all.set(bytes, offset);
    return all;
  }
}
