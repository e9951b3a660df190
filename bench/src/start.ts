import { type Tensor, tensor, withLeaves } from '@evenkeel/tensor';
import type { Start, Workload } from './workload.js';

// How the sides get equal weights: a list of tensors, and their elements (float32 or int32, little-endian) one after the
// other. Gradients come back as float32 in the order of the parameters.

export interface Entry {
  /** Where the tensor stands in its tree, such as `blocks.0.mix.weight`. */
  readonly path: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  /** Elements before this one; all have four bytes. */
  readonly offset: number;
}

export interface Manifest {
  readonly workload: string;
  readonly parameters: readonly Entry[];
  readonly batch: readonly Entry[];
}

/** The elements of an entry, in a buffer of their own. */
export function elementsOf(
  bytes: ArrayBuffer,
  { dtype, shape, offset }: Entry,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const size = shape.reduce((product, length) => product * length, 1);
  const own = bytes.slice(4 * offset, 4 * (offset + size));
  return dtype === 'float32' ? new Float32Array(own) : new Int32Array(own);
}

/** The start of a workload with given elements. */
export function startFrom(workload: Workload, manifest: Manifest, bytes: ArrayBuffer): Start {
  const { model, batch } = workload.start();
  const tensorOf = (entry: Entry): Tensor => tensor(elementsOf(bytes, entry), { shape: entry.shape });
  return {
    model: withLeaves(model, manifest.parameters.map(tensorOf)),
    batch: withLeaves(batch, manifest.batch.map(tensorOf)),
  };
}
