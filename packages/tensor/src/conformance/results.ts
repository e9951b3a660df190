import type { DType, Tensor, TypedArray } from '../index.js';
import { programs } from './programs.js';

/** One result of a program, so that it can be told to another process: its bytes as characters. */
export interface Result {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: string;
}

/** The results of a program, or why it was refused. */
export type Outcome = readonly Result[] | { readonly error: string };

async function resultOf(tensor: Tensor): Promise<Result> {
  const { buffer, byteOffset, byteLength } = await tensor.data();
  const bytes = Array.from(new Uint8Array(buffer, byteOffset, byteLength), (byte) =>
    String.fromCharCode(byte),
  );
  return { dtype: tensor.dtype, shape: tensor.shape, bytes: btoa(bytes.join('')) };
}

/** Runs all programs where programs run now. @returns what came out, by the programs' names */
export async function runPrograms(): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  for (const { name, run } of programs) {
    try {
      const results: Result[] = [];
      for (const tensor of await run()) results.push(await resultOf(tensor));
      outcomes[name] = results;
    } catch (error) {
      outcomes[name] = { error: (error as Error).message };
    }
  }
  return outcomes;
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

/** The elements of a result. */
export function elementsOf({ dtype, bytes }: Result): TypedArray {
  const { buffer } = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  return new arrays[dtype](buffer);
}
