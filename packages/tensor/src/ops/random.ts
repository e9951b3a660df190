import type { DType } from '../graph/dtype.js';
import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { formatShape, requireShape, type Shape, sizeOf } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';
import { shiftRight } from './bitwise.js';
import { requireFloat, reshape } from './broadcast.js';
import { fromValue, literal, type Operand } from './create.js';
import { add, cast, cos, less, log, mul, sin, sqrt, sub } from './elementwise.js';
import { emitCast, emitCounter, emitReshape } from './emit.js';
import { concat, slice } from './movement.js';

// Counter-based: element i is a 32-bit mix of i · (k₁ | 1) + k₀. It has no state, so a step can be replayed from its key,
// and it gives the same bits in Node, Wasm and on a GPU.
const [firstFactor, secondFactor] = [0x7feb352d, 0x846ca68b];

const mix = (word: number): number => {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), firstFactor);
  x = Math.imul(x ^ (x >>> 15), secondFactor);
  return (x ^ (x >>> 16)) >>> 0;
};

/**
 * A random key from a seed: two 32-bit words that name a stream of random numbers. Use a key once; make more with
 * `splitKey` or `foldIn`.
 * @param seed a non-negative safe integer
 */
export function randomKey(seed: number): Tensor {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`randomKey: seed must be a non-negative safe integer, got ${seed}`);
  }
  const high = mix(Math.floor(seed / 2 ** 32) ^ 0x9e3779b9);
  const low = mix((seed % 2 ** 32) ^ high);
  return fromValue({ data: Uint32Array.of(low, mix(low ^ high)), dtype: 'uint32', shape: [2] });
}

function emitMix(emitter: Emitter, word: string): string {
  const constant = (value: number) => emitter.constant([value], 'uint32', []);
  const shifted = (x: string, bits: number) =>
    emitter.operator('BitShift', [x, constant(bits)], { direction: { string: 'RIGHT' } });
  const folded = (x: string, bits: number) => emitter.operator('BitwiseXor', [x, shifted(x, bits)]);
  const first = emitter.operator('Mul', [folded(word, 16), constant(firstFactor)]);
  const second = emitter.operator('Mul', [folded(first, 15), constant(secondFactor)]);
  return folded(second, 16);
}

const randomBitsPrimitive: Primitive<{ shape: Shape }> = {
  name: 'randomBits',
  infer([key], { shape }) {
    requireKey('randomBits', key!);
    requireShape('randomBits', shape);
    return { shape, dtype: 'uint32' };
  },
  emit(emitter, [key], { attributes: { shape } }) {
    const word = (index: number) =>
      emitter.operator('Gather', [key!, emitter.constant([index], 'int64', [])]);
    const counter = emitCast(emitter, emitCounter(emitter, sizeOf(shape)), 'uint32');
    const stride = emitter.operator('BitwiseOr', [word(1), emitter.constant([1], 'uint32', [])]);
    const spread = emitter.operator('Add', [emitter.operator('Mul', [counter, stride]), word(0)]);
    return emitReshape(emitter, emitMix(emitter, spread), shape);
  },
};

function requireKey(name: string, key: Tensor): void {
  if (!(key instanceof Tensor)) {
    throw new ShapeError(`${name}: expected a random key, such as randomKey(0), got ${key}`);
  }
  if (key.dtype !== 'uint32' || key.rank !== 1 || key.length(0) !== 2) {
    throw new ShapeError(
      `${name}: expected a random key (uint32 [2]), got ${key.dtype} ${formatShape(key.shape)}`,
    );
  }
}

/** Uniform 32-bit words (uint32) of the given shape. */
export const randomBits = (key: Tensor, shape: Shape): Tensor => apply(randomBitsPrimitive, [key], { shape });

/** As many tensors as `Count` says, where it is known. */
export type Keys<Count extends number, List extends Tensor[] = []> = number extends Count
  ? Tensor[]
  : List['length'] extends Count
    ? List
    : Keys<Count, [...List, Tensor]>;

/** Independent keys from one: two of them unless `count` says how many. */
export function splitKey<Count extends number = 2>(key: Tensor, count: Count = 2 as Count): Keys<Count> {
  const words = randomBits(key, [2 * count]);
  return Array.from({ length: count }, (_, i) => slice(words, [2 * i], [2 * i + 2])) as Keys<Count>;
}

/**
 * The key of stream `index` under `key`: `foldIn(key, step)` gives each step its own numbers.
 * @param index a non-negative integer, or a scalar int32 tensor
 */
export const foldIn = (key: Tensor, index: Operand): Tensor =>
  apply(
    foldPrimitive,
    [typeof index === 'number' ? literal(index, 'uint32') : cast(index, 'uint32'), key],
    {},
  );

const foldPrimitive: Primitive = {
  name: 'foldIn',
  infer([index, key]) {
    requireKey('foldIn', key!);
    if (index!.rank !== 0)
      throw new ShapeError(`foldIn: expected a scalar index, got ${formatShape(index!.shape)}`);
    return { shape: key!.shape, dtype: key!.dtype };
  },
  emit(emitter, [index, key]) {
    const salted = emitter.operator('Add', [
      emitMix(emitter, index!),
      emitter.constant([0x9e3779b9, 0x85ebca6b], 'uint32'),
    ]);
    return emitMix(emitter, emitter.operator('BitwiseXor', [emitMix(emitter, salted), key!]));
  },
};

export interface UniformOptions {
  /** Included; 0 unless said. */
  readonly low?: number;
  /** Excluded (up to rounding); 1 unless said. */
  readonly high?: number;
  readonly dtype?: DType;
}

/** Numbers drawn evenly from [low, high); float32 ones are multiples of 2⁻²⁴ · (high - low). */
export function uniform(
  key: Tensor,
  shape: Shape,
  { low = 0, high = 1, dtype = 'float32' }: UniformOptions = {},
): Tensor {
  if (!(low < high)) throw new RangeError(`uniform: low must be below high, got ${low} and ${high}`);
  const fraction = dtype === 'float64' ? fraction64(key, shape) : fraction32(key, shape, dtype);
  const scaled = high - low === 1 ? fraction : mul(fraction, high - low);
  return low === 0 ? scaled : add(scaled, low);
}

// Shifted before the cast: above 2²⁴ a GPU rounds uint32 to float32 differently.
function fraction32(key: Tensor, shape: Shape, dtype: DType): Tensor {
  if (dtype !== 'float32') throw new DTypeError(`uniform: expected float32 or float64, got ${dtype}`);
  return mul(cast(shiftRight(randomBits(key, shape), 8), 'float32'), 2 ** -24);
}

function fraction64(key: Tensor, shape: Shape): Tensor {
  const words = randomBits(key, [2, ...shape]);
  const half = (index: number, bits: number) => {
    const word = reshape(slice(words, [index], [index + 1]), shape);
    return cast(shiftRight(word, bits), 'float64');
  };
  return mul(add(mul(half(0, 5), 2 ** 26), half(1, 6)), 2 ** -53);
}

/** Standard normal numbers by Box and Muller's transform. */
export function normal(key: Tensor, shape: Shape, { dtype = 'float32' }: { dtype?: DType } = {}): Tensor {
  requireShape('normal', shape);
  const half = Math.ceil(sizeOf(shape) / 2);
  const draws = uniform(key, [2, half], { dtype });
  const row = (index: number) => reshape(slice(draws, [index], [index + 1]), [half]);
  const radius = sqrt(mul(log(sub(1, row(0))), -2));
  const angle = mul(row(1), 2 * Math.PI);
  const both = concat([mul(radius, cos(angle)), mul(radius, sin(angle))]);
  return reshape(slice(both, [0], [sizeOf(shape)]), shape);
}

/**
 * `true` with the given probability, a number or a tensor that broadcasts to `shape`.
 * @throws RangeError for a number outside [0, 1]
 */
export function bernoulli(key: Tensor, probability: Operand, shape: Shape): Tensor {
  if (typeof probability !== 'number') requireFloat('bernoulli', probability);
  else if (!(probability >= 0 && probability <= 1))
    throw new RangeError(`bernoulli: probability: got ${probability}, expected a number from 0 to 1`);
  const dtype = typeof probability === 'number' ? 'float32' : probability.dtype;
  return less(uniform(key, shape, { dtype }), probability);
}
