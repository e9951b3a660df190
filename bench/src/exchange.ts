import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, flatten, type Tensor, tensor, withLeaves } from '@evenkeel/tensor';
import type { Start, Workload } from './workload.js';

// How the sides get equal weights: one folder a workload, with `start.json`, which names the tensors, and `start.bin`,
// which holds their elements (float32 or int32, little-endian) one after the other. Gradients come back as `float32`
// in the order of the parameters.

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

/** Draws the start of a workload and writes it down. */
export async function writeStart(workload: Workload, folder: string): Promise<Manifest> {
  const { model, batch } = await evaluate(workload.start());
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const entries = (tree: unknown): Entry[] => {
    const { leaves, paths } = flatten(tree);
    return leaves.map((leaf, i) => {
      const { data, dtype, shape } = leaf.value!;
      if (dtype !== 'float32' && dtype !== 'int32')
        throw new TypeError(`bench: ${workload.name}: ${paths[i]} is ${dtype}, expected float32 or int32`);
      const entry: Entry = { path: paths[i]!, dtype, shape, offset };
      chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      offset += data.length;
      return entry;
    });
  };
  const manifest = { workload: workload.name, parameters: entries(model), batch: entries(batch) };
  writeFileSync(join(folder, 'start.bin'), Buffer.concat(chunks));
  writeFileSync(join(folder, 'start.json'), JSON.stringify(manifest));
  return manifest;
}

/** The start of a workload with the elements that were written down. */
export function readStart(workload: Workload, folder: string): Start {
  const manifest = JSON.parse(readFileSync(join(folder, 'start.json'), 'utf8')) as Manifest;
  const bytes = readFileSync(join(folder, 'start.bin'));
  const { model, batch } = workload.start();
  const filled = (tree: unknown, entries: readonly Entry[]): unknown =>
    withLeaves(
      tree,
      entries.map((entry) => tensorFrom(bytes, entry)),
    );
  return { model: filled(model, manifest.parameters), batch: filled(batch, manifest.batch) };
}

function tensorFrom(bytes: Buffer, { dtype, shape, offset }: Entry): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  // A copy of its own, as the elements of a model that was just made would be.
  const { buffer } = new Uint8Array(bytes.subarray(4 * offset, 4 * (offset + size)));
  return tensor(dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer), { shape });
}

/**
 * The largest difference between two sides' gradients, relative to the largest element of the parameter's gradient (or
 * to a thousandth of the largest of all, where that is more), and where it is.
 */
export function gradientDifference(
  manifest: Manifest,
  expected: Float32Array,
  actual: Float32Array,
): { readonly relative: number; readonly path: string } {
  const largest = (values: Float32Array) => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const floor = largest(expected) / 1000;
  let [start, worst] = [0, { relative: 0, path: '' }];
  for (const { path, shape } of manifest.parameters) {
    const end = start + shape.reduce((product, length) => product * length, 1);
    const reference = expected.subarray(start, end);
    const difference = largest(reference.map((value, i) => value - actual[start + i]!));
    const relative = difference / Math.max(largest(reference), floor);
    // Not `>`, so that NaN counts.
    if (!(relative <= worst.relative)) worst = { relative, path };
    start = end;
  }
  return worst;
}
