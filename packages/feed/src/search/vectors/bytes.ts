import { endianness } from 'node:os';

const lowestByteFirst = endianness() === 'LE';

/** Numbers of 32 bits, the lowest byte first. */
export function bytesOf(floats: Float32Array): Buffer {
  const bytes = Buffer.from(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  return lowestByteFirst ? bytes : bytes.swap32();
}

/** What `bytesOf` made bytes of. */
export function floatsOf(bytes: Uint8Array | ArrayBuffer): Float32Array {
  // A copy of an array starts where numbers may start.
  const copy = new Uint8Array(bytes);
  if (!lowestByteFirst) Buffer.from(copy.buffer).swap32();
  return new Float32Array(copy.buffer);
}
