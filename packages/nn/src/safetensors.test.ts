import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArrayToStore, readSafetensors, writeSafetensors } from './safetensors.js';

const golden: { cases: { bytes: string; half?: string[]; brain?: string[] }[] } = JSON.parse(
  readFileSync(new URL('safetensors.golden.json', import.meta.url), 'utf8'),
);
const [all, halves] = golden.cases.map(({ bytes }) => new Uint8Array(Buffer.from(bytes, 'base64')));

/** What the file `all types` was made of. */
const arrays = {
  weight: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2.5, 3.25, 1e-7) },
  bias: { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, -1e300) },
  steps: { dtype: 'int32', shape: [2], data: Int32Array.of(-3, 2 ** 31 - 1) },
  count: { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) },
  bytes: { dtype: 'int32', shape: [2, 3], data: Uint8Array.of(0, 1, 2, 3, 4, 5) },
  mask: { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
  key: { dtype: 'uint32', shape: [2], data: Uint32Array.of(1, 2 ** 32 - 1) },
  scalar: { dtype: 'float32', shape: [], data: Float32Array.of(7) },
  nothing: { dtype: 'float32', shape: [0, 3], data: new Float32Array() },
  'ä "quoted"': { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
} as const satisfies Record<string, ArrayToStore>;

/** A file with this header and that many zero bytes behind it. */
function fileOf(header: unknown, body = 0, length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + body);
  new DataView(file.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  file.set(text, 8);
  return file;
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('writes the bytes that the Python package writes, in whatever order the arrays come', () => {
    expect(writeSafetensors(arrays, { format: 'pt' })).toEqual(all);
    const reversed = Object.fromEntries(Object.entries(arrays).reverse());
    expect(writeSafetensors(reversed, { format: 'pt' })).toEqual(all);
  });

  it('reads what the Python package wrote', () => {
    expect(readSafetensors(all!)).toEqual({ arrays, metadata: { format: 'pt' } });
  });

  it('reads half precision as float32', () => {
    const { half, brain } = readSafetensors(halves!).arrays;
    const numbers = (texts: readonly string[]) =>
      Float32Array.from(texts, (text) => Number(text.replace('inf', 'Infinity')));
    expect(half).toEqual({ dtype: 'float32', shape: [11], data: numbers(golden.cases[1]!.half!) });
    expect(brain).toEqual({ dtype: 'float32', shape: [6], data: numbers(golden.cases[1]!.brain!) });
  });

  it('gives names back that are special elsewhere', () => {
    const one = { dtype: 'float32', shape: [1], data: Float32Array.of(1) } as const;
    const named = Object.fromEntries(['__proto__', 'constructor', '2', '10', '', '\\"'].map((n) => [n, one]));
    expect(Object.entries(readSafetensors(writeSafetensors(named)).arrays).sort()).toEqual(
      Object.entries(named).sort(),
    );
  });

  it('reads from the middle of a buffer, and shares no memory with it', () => {
    const shifted = new Uint8Array(all!.length + 3);
    shifted.set(all!, 3);
    const { arrays: read } = readSafetensors(shifted.subarray(3));
    shifted.fill(0);
    expect(read).toEqual(arrays);
  });

  it('round trips', () => {
    const numbers = fc.oneof(
      fc.float32Array().map((data) => ({ dtype: 'float32' as const, data })),
      fc.float64Array().map((data) => ({ dtype: 'float64' as const, data })),
      fc.int32Array().map((data) => ({ dtype: 'int32' as const, data })),
      fc.uint8Array().map((data) => ({ dtype: 'int32' as const, data })),
      fc.bigInt64Array().map((data) => ({ dtype: 'int64' as const, data })),
    );
    const array = numbers.map((each) => ({ ...each, shape: [each.data.length] }));
    const name = fc.string({ unit: 'binary' }).filter((each) => each !== '__metadata__');
    const texts = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.dictionary(name, array, { noNullPrototype: true }), texts, (given, metadata) => {
        expect(readSafetensors(writeSafetensors(given, metadata))).toEqual({ arrays: given, metadata });
      }),
    );
  });

  it('refuses arrays that cannot be stored', () => {
    const one = arrays.weight;
    expect(() => writeSafetensors({ a: { ...one, shape: [3, 2] } })).toThrow(
      'writeSafetensors: a: shape [3, 2] does not hold 4 elements',
    );
    expect(() => writeSafetensors({ a: { ...one, shape: [-2, -2] } })).toThrow('shape [-2, -2]');
    expect(() => writeSafetensors({ __metadata__: one })).toThrow('a name that the format keeps for itself');
    expect(() => writeSafetensors({ a: { ...one, scale: 1 / 255 } })).toThrow('a scale cannot be stored');
  });

  it.each([
    ['nothing', new Uint8Array(7), '7 bytes are too few'],
    ['a header longer than the file', fileOf('{}', 0, 3), 'said to have 3 bytes, expected 2 to 2'],
    ['a header of 2⁶⁴ - 1 bytes', new Uint8Array(8 + 2).fill(255), 'said to have 18446744073709552000 bytes'],
    ['a header that is no object', fileOf(' {}'), 'the header must begin with {'],
    ['a header that is no JSON', fileOf('{"a"}'), 'the header is no JSON'],
    ['a byte order mark', fileOf('\uFEFF{}'), 'the header must begin with {'],
    ['bytes that are no UTF-8', fileOf('{"é":0}').with(11, 0xff), 'the header is no JSON'],
    ['a name twice', fileOf('{"a":0,"a":0}'), 'the header has a name twice'],
    [
      'metadata that are no texts',
      fileOf({ __metadata__: { a: 1 } }),
      '__metadata__ must map names to texts',
    ],
    ['an entry that is none', fileOf({ a: 1 }), '"a": expected an object'],
    ['an unknown field', fileOf({ a: { ...entry(0, 0), b: 1 } }), '"a": unknown field b'],
    ['an unknown type', fileOf({ a: entry(0, 4, [1], 'F8_E4M3') }, 4), 'I64, got "F8_E4M3"'],
    [
      'a negative length',
      fileOf({ a: entry(0, 4, [-1]) }, 4),
      'shape must be a list of whole numbers from 0',
    ],
    ['a fraction of a length', fileOf({ a: entry(0, 4, [1.5]) }, 4), 'shape must be a list'],
    ['one offset', fileOf({ a: { ...entry(0, 4), data_offsets: [0] } }, 4), 'data_offsets must be two'],
    [
      'too short for the shape',
      fileOf({ a: entry(0, 4, [2]) }, 4),
      'F32 [2] has 8 bytes, data_offsets [0, 4]',
    ],
    ['a shape beyond counting', fileOf({ a: entry(0, 4, [2 ** 50, 2 ** 50]) }, 4), 'data_offsets [0, 4]'],
    ['an end before the begin', fileOf({ a: entry(4, 0) }, 4), 'shape must be a list'],
    [
      'an overlap',
      fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12),
      '"b" begins at 4, the one before ends at 8',
    ],
    ['a gap', fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12), '"b" begins at 8, the one before ends at 4'],
    ['a file cut short', fileOf({ a: entry(0, 8) }, 4), 'the arrays take 8 bytes, and 4 follow'],
    ['a file too long', fileOf({ a: entry(0, 8) }, 9), 'the arrays take 8 bytes, and 9 follow'],
    ['a boolean of 2', fileOf({ a: entry(0, 1, [1], 'BOOL') }, 1).fill(2, -1), 'must be 0 or 1, got 2'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(RangeError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it('refuses or reads whatever a damaged file has become, and never holds more than it', () => {
    const damage = fc.array(fc.tuple(fc.nat(all!.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    const cut = fc.nat(all!.length);
    fc.assert(
      fc.property(damage, fc.option(cut, { nil: all!.length }), (changes, length) => {
        const bytes = all!.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        let read: ReturnType<typeof readSafetensors>;
        try {
          read = readSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toMatch(/^readSafetensors: /);
          return;
        }
        const held = Object.values(read.arrays).map(({ data }) => data);
        // Half precision takes twice its bytes.
        expect(held.reduce((total, data) => total + data.byteLength, 0)).toBeLessThanOrEqual(2 * length);
        for (const { shape, data } of Object.values(read.arrays))
          expect(shape.reduce((product, each) => product * each, 1)).toBe(data.length);
      }),
      { numRuns: 3000 },
    );
  });
});
