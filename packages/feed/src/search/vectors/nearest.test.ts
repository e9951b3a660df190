import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesOf, floatsOf } from './bytes.js';
import { nearest, quantize, rowLength } from './nearest.js';

const float = fc.float({ min: -1, max: 1, noNaN: true });

it('finds what sorting all rows finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(float, float), { maxLength: 40 }),
      fc.tuple(float, float),
      fc.integer({ min: 1, max: 10 }),
      float,
      fc.boolean(),
      (rows, query, count, least, some) => {
        const size = rowLength(2);
        const elements = new Int8Array(size * rows.length);
        const scales = Float32Array.from(rows, (row, i) =>
          quantize(Float32Array.from(row), elements.subarray(size * i, size * (i + 1))),
        );
        const allowed = some ? Uint8Array.from(rows, (_, row) => row % 2) : undefined;
        const vectors = { rows: rows.length, elements, scales };
        const found = nearest(vectors, Float32Array.from(query), { count, least, allowed });
        const asked = new Int8Array(2);
        const scale = quantize(Float32Array.from(query), asked);
        const all = rows
          .map((_, row) => {
            const product = (elements[size * row]! * asked[0]! + elements[size * row + 1]! * asked[1]!) | 0;
            return { row, similarity: product * scales[row]! * scale };
          })
          .filter(({ row, similarity }) => similarity >= least && (!allowed || allowed[row] === 1))
          .sort((a, b) => b.similarity - a.similarity);
        expect(found.map(({ similarity }) => similarity)).toEqual(
          all.slice(0, count).map(({ similarity }) => similarity),
        );
        expect(new Set(found.map(({ row }) => row)).size).toBe(found.length);
      },
    ),
  );
});

it('writes vectors in numbers of 8 bits that tell nearly the same', () => {
  fc.assert(
    fc.property(fc.float32Array({ minLength: 1, noNaN: true, min: -1, max: 1 }), (vector) => {
      const written = new Int8Array(vector.length);
      const scale = quantize(vector, written);
      const largest = Math.max(...vector.map(Math.abs));
      vector.forEach((value, i) => {
        expect(Math.abs(written[i]! * scale - value)).toBeLessThanOrEqual(largest / 253);
      });
    }),
  );
});

it('stores numbers of 32 bits with the lowest byte first', () => {
  expect([...bytesOf(Float32Array.of(1, -2))]).toEqual([0, 0, 128, 63, 0, 0, 0, 192]);
  fc.assert(
    fc.property(fc.float32Array(), (floats) => {
      expect(floatsOf(bytesOf(floats))).toEqual(floats);
    }),
  );
});
