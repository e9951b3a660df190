import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, flatten } from '@evenkeel/tensor';
import type { Entry, Manifest } from './start.js';
import type { Workload } from './workload.js';

// One folder a workload, with `start.json`, the manifest, and `start.bin`, the elements.

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

/** What `writeStart` has written. */
export function readStart(folder: string): { readonly manifest: Manifest; readonly bytes: ArrayBuffer } {
  const manifest = JSON.parse(readFileSync(join(folder, 'start.json'), 'utf8')) as Manifest;
  return { manifest, bytes: new Uint8Array(readFileSync(join(folder, 'start.bin'))).buffer };
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
