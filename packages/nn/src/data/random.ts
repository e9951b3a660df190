/**
 * Random numbers on the host, for data: drawn one after the other, and the same in Node and in every browser. What runs
 * on a device draws by keys instead (`randomKey`).
 */
export interface RandomSource {
  /** Evenly from [0, 1): a multiple of 2⁻⁵³. */
  uniform(): number;
  /** From the standard normal distribution. */
  normal(): number;
  /** Evenly from 0 … below - 1. @throws RangeError unless `below` is an integer from 1 to 2³² */
  integer(below: number): number;
  /** The numbers 0 … length - 1 in random order, all orders alike. */
  permutation(length: number): Int32Array<ArrayBuffer>;
  /** The same items in random order, as a new array. */
  shuffle<Item>(items: readonly Item[]): Item[];
  /**
   * A source of its own for a purpose. It depends on the seed and on the labels on the way to it, not on how many numbers
   * have been drawn; the number 1 and the text '1' are different labels.
   */
  fork(label: string | number): RandomSource;
}

/** Three words that name a stream. */
type Key = readonly [number, number, number];

/**
 * Random numbers from a seed: Chris Doty-Humphrey's generator sfc32, whose shortest possible cycle has 2³² numbers and
 * whose expected one 2¹²⁷. Two draws of it make one of `uniform`.
 * @param seed a non-negative safe integer
 */
export function randomSource(seed: number): RandomSource {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`randomSource: seed must be a non-negative safe integer, got ${seed}`);
  }
  return sourceOf(absorb([0, 0, 0], [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]));
}

function sourceOf(key: Key): RandomSource {
  const word = smallFastCounting(key);
  const uniform = () => {
    const high = word() >>> 5;
    return (high * 2 ** 26 + (word() >>> 6)) * 2 ** -53;
  };
  const integer = (below: number) => {
    if (!(Number.isInteger(below) && below >= 1 && below <= 2 ** 32)) {
      throw new RangeError(`integer: below must be an integer from 1 to 2^32, got ${below}`);
    }
    // Words past the last whole multiple would make the first numbers likelier.
    const limit = 2 ** 32 - (2 ** 32 % below);
    let drawn = word();
    while (drawn >= limit) drawn = word();
    return drawn % below;
  };
  const permute = <Items extends { [index: number]: Item; readonly length: number }, Item>(items: Items) => {
    for (let last = items.length - 1; last > 0; last--) {
      const other = integer(last + 1);
      const kept = items[last]!;
      items[last] = items[other]!;
      items[other] = kept;
    }
    return items;
  };
  let spare: number | undefined;
  return {
    uniform,
    integer,
    // Marsaglia's polar method: a point in the unit disc gives two independent numbers.
    normal() {
      if (spare !== undefined) {
        const kept = spare;
        spare = undefined;
        return kept;
      }
      let [x, y, square] = [0, 0, 0];
      while (square === 0 || square >= 1) {
        [x, y] = [2 * uniform() - 1, 2 * uniform() - 1];
        square = x * x + y * y;
      }
      const factor = Math.sqrt((-2 * logarithm(square)) / square);
      spare = y * factor;
      return x * factor;
    },
    permutation(length) {
      if (!(Number.isInteger(length) && length >= 0 && length < 2 ** 31)) {
        throw new RangeError(`permutation: length must be an integer from 0 to 2^31 - 1, got ${length}`);
      }
      return permute(Int32Array.from({ length }, (_, i) => i));
    },
    shuffle: (items) => permute([...items]),
    fork(label) {
      if (typeof label === 'string') {
        const units = Array.from({ length: label.length }, (_, i) => label.charCodeAt(i));
        return sourceOf(absorb(key, [0, ...units, label.length]));
      }
      if (!Number.isSafeInteger(label)) {
        throw new RangeError(`fork: expected a text or a safe integer as label, got ${label}`);
      }
      return sourceOf(absorb(key, [1, label % 2 ** 32, Math.floor(label / 2 ** 32)]));
    },
  };
}

/** 32-bit words of sfc32. */
function smallFastCounting([first, second, third]: Key): () => number {
  let [a, b, c, counter] = [first | 0, second | 0, third | 0, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) next();
  return next;
}

/** A key that depends on all of another one and on all of the given words in their order. */
function absorb(key: Key, words: readonly number[]): Key {
  let [a, b, c] = key;
  for (const word of words) {
    a = mix(a ^ word);
    b = mix((b + Math.imul(a, 0x9e3779b1)) ^ c);
    c = mix((c + Math.imul(b, 0x85ebca77)) ^ word);
  }
  return [a, b, c];
}

function mix(word: number): number {
  let x = (word + 0x6d2b79f5) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

const bits = new DataView(new ArrayBuffer(8));

/** The natural logarithm of a normal number above 0, of exact operations only: engines differ in `Math.log`. */
function logarithm(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  const mantissa = bits.getFloat64(0);
  const above = mantissa > Math.SQRT2;
  const exponent = (high >>> 20) - 1023 + Number(above);
  const reduced = above ? mantissa / 2 : mantissa;
  // log x = 2 (s + s³/3 + s⁵/5 + …) with s = (x - 1) / (x + 1), here at most 0.172.
  const s = (reduced - 1) / (reduced + 1);
  let series = 0;
  for (let odd = 23; odd >= 1; odd -= 2) series = series * s * s + 1 / odd;
  return exponent * Math.LN2 + 2 * s * series;
}
