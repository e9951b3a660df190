import { DTypeError } from '../graph/errors.js';
import { apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { broadcastShapes } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { type Operand, operands } from './create.js';
import { add, cast, less, mul, neg, sub } from './elementwise.js';
import { binary, unary } from './pointwise.js';

// Integers have no derivatives. Their sums, differences and products wrap around.

/** Bits that are set in both, of integers of one dtype. */
export const bitwiseAnd = binary({ name: 'bitwiseAnd', dtypes: 'integer', emit: 'BitwiseAnd' });
/** Bits that are set in either or both. */
export const bitwiseOr = binary({ name: 'bitwiseOr', dtypes: 'integer', emit: 'BitwiseOr' });
/** Bits that are set in one and not in the other. */
export const bitwiseXor = binary({ name: 'bitwiseXor', dtypes: 'integer', emit: 'BitwiseXor' });
/** Bits that are not set. */
export const bitwiseNot = unary({ name: 'bitwiseNot', dtypes: 'integer', emit: 'BitwiseNot' });

function shift(name: string, direction: 'LEFT' | 'RIGHT'): (words: Tensor, bits: Operand) => Tensor {
  const primitive: Primitive = {
    name,
    infer: ([words, bits]) => ({ shape: broadcastShapes(name, words!.shape, bits!.shape), dtype: 'uint32' }),
    emit: (emitter: Emitter, inputs) =>
      emitter.operator('BitShift', inputs, { direction: { string: direction } }),
  };
  return (words, bits) => apply(primitive, operands(name, words, bits), {});
}
const shiftWordsLeft = shift('shiftLeft', 'LEFT');
const shiftWordsRight = shift('shiftRight', 'RIGHT');

/** @throws DTypeError unless both are int32 or both uint32; RangeError for a number of bits that is not from 0 to 31 */
function requireShift(name: string, words: Tensor, bits: Operand): void {
  if (words.dtype !== 'int32' && words.dtype !== 'uint32') {
    throw new DTypeError(`${name}: expected int32 or uint32, got ${words.dtype}`);
  }
  if (typeof bits !== 'number') operands(name, words, bits);
  else if (!(Number.isInteger(bits) && bits >= 0 && bits <= 31)) {
    throw new RangeError(`${name}: bits: expected an integer from 0 to 31, got ${bits}`);
  }
}

const asWords = (operand: Operand): Operand =>
  typeof operand === 'number' ? operand : cast(operand, 'uint32');

/**
 * Integers (int32 or uint32) with their bits moved left by `bits` places; zeros follow, and what leaves is lost.
 * @param bits from 0 to 31, a number or a tensor of the same dtype; of 32 and more the result is not defined
 */
export function shiftLeft(words: Tensor, bits: Operand): Tensor {
  requireShift('shiftLeft', words, bits);
  return cast(shiftWordsLeft(cast(words, 'uint32'), asWords(bits)), words.dtype);
}

/**
 * Integers (int32 or uint32) with their bits moved right by `bits` places. Zeros follow in uint32, copies of the sign in
 * int32, so that both are divided by 2ᵇⁱᵗˢ and rounded down.
 * @param bits from 0 to 31, a number or a tensor of the same dtype; of 32 and more the result is not defined
 */
export function shiftRight(words: Tensor, bits: Operand): Tensor {
  requireShift('shiftRight', words, bits);
  if (words.dtype === 'uint32') return shiftWordsRight(words, bits);
  // Negative numbers are shifted as their complements, which are not negative.
  const mask = neg(cast(less(words, 0), 'int32'));
  const shifted = shiftWordsRight(cast(bitwiseXor(words, mask), 'uint32'), asWords(bits));
  return bitwiseXor(cast(shifted, 'int32'), mask);
}

/** How many bits of each integer (int32 or uint32) are set, in its dtype. */
export function popCount(words: Tensor): Tensor {
  requireShift('popCount', words, 0);
  const bits = cast(words, 'uint32');
  const masked = (word: Tensor, places: number, mask: number) => bitwiseAnd(shiftRight(word, places), mask);
  const pairs = sub(bits, masked(bits, 1, 0x55555555));
  const nibbles = add(bitwiseAnd(pairs, 0x33333333), masked(pairs, 2, 0x33333333));
  const bytes = bitwiseAnd(add(nibbles, shiftRight(nibbles, 4)), 0x0f0f0f0f);
  return cast(shiftRight(mul(bytes, 0x01010101), 24), words.dtype);
}
