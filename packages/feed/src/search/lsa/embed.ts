import { createHash } from 'node:crypto';
import { bytesOf, floatsOf } from '../vectors/bytes.js';
import { type LsaModel, weighted } from './fit.js';
import { wordsOf } from './words.js';

/** A way from texts to vectors of length 1; a text of which no word is known has the vector 0. */
export function lsaEmbedder(model: LsaModel): (text: string) => Float32Array {
  const { terms, weights, dimension, basis } = model;
  const indexOf = new Map(terms.map((term, index) => [term, index]));
  return (text) => {
    const vector = new Float32Array(dimension);
    for (const [term, value] of weighted(wordsOf(text), indexOf, weights)) {
      const from = term * dimension;
      for (let i = 0; i < dimension; i++) vector[i]! += value * basis[from + i]!;
    }
    return toUnitLength(vector);
  };
}

export function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/** A model as bytes: the length of a head in JSON, the head, then weights and basis. */
export function encodeLsa({ terms, weights, dimension, basis }: LsaModel): Uint8Array {
  const head = Buffer.from(JSON.stringify({ dimension, terms }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, bytesOf(weights), bytesOf(basis)]);
}

export function decodeLsa(bytes: Uint8Array): LsaModel {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = 4 + buffer.readUInt32LE(0);
  const { dimension, terms } = JSON.parse(buffer.toString('utf8', 4, end)) as {
    dimension: number;
    terms: string[];
  };
  const weights = floatsOf(buffer.subarray(end, end + 4 * terms.length));
  const basis = floatsOf(buffer.subarray(end + 4 * terms.length));
  return { terms, weights, dimension, basis };
}

/** Another corpus has another name. */
export const lsaId = (state: Uint8Array): string =>
  `lsa-${createHash('sha256').update(state).digest('hex').slice(0, 16)}`;
