import { eachProduct, lane } from './products.js';

/** Vectors in numbers of 8 bits, a quarter of the memory of those they are made of. */
export interface Vectors {
  readonly rows: number;
  /** Row after row, each filled up with zeros to `rowLength`. */
  readonly elements: Int8Array;
  /** By which the numbers of each row are multiplied. */
  readonly scales: Float32Array;
}

export interface Near {
  readonly row: number;
  /** Cosine, to about 0.01: 1 for the same direction, 0 for nothing in common. */
  readonly similarity: number;
}

/** Numbers of a row for vectors of a dimension. */
export const rowLength = (dimension: number): number => lane * Math.ceil(dimension / lane);

/** Writes a vector in numbers from -127 to 127. @returns its scale */
export function quantize(vector: Float32Array, into: Int8Array): number {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) {
    into.fill(0);
    return 0;
  }
  for (let i = 0; i < vector.length; i++) into[i] = Math.round((vector[i]! * 127) / largest);
  return largest / 127;
}

/**
 * The rows most similar to a vector, best first, by looking at all of them.
 * @param query of length 1, as the rows are
 * @param least similarity that counts
 * @param allowed 1 for each row that counts; all unless given
 */
export function nearest(
  { rows, elements, scales }: Vectors,
  query: Float32Array,
  { count, least, allowed }: { count: number; least: number; allowed?: Uint8Array | undefined },
): Near[] {
  const asked = new Int8Array(rowLength(query.length));
  const scale = quantize(query, asked);
  const found: Near[] = [];
  let bar = least;
  eachProduct(elements.subarray(0, rows * asked.length), asked, (row, product) => {
    const similarity = product * scales[row]! * scale;
    if (!(similarity >= bar) || (found.length === count && similarity === bar)) return;
    if (allowed && allowed[row] !== 1) return;
    let at = found.length;
    while (at > 0 && found[at - 1]!.similarity < similarity) at--;
    found.splice(at, 0, { row, similarity });
    if (found.length > count) found.pop();
    if (found.length === count) bar = found[count - 1]!.similarity;
  });
  return found;
}
