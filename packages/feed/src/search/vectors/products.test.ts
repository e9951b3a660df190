import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eachProduct, lane } from './products.js';

const byte = fc.integer({ min: -127, max: 127 });

it('gives the sum of the products of each row', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }).chain((lanes) => {
        const row = fc.array(byte, { minLength: lanes * lane, maxLength: lanes * lane });
        return fc.tuple(row, fc.array(row, { maxLength: 5 }));
      }),
      ([one, rows]) => {
        const found: [number, number][] = [];
        eachProduct(Int8Array.from(rows.flat()), Int8Array.from(one), (...each) => found.push(each));
        expect(found).toEqual(
          rows.map((row, index) => [index, row.reduce((sum, value, i) => sum + value * one[i]!, 0)]),
        );
      },
    ),
  );
});

it('goes through more rows than it holds at once, of the longest as well', () => {
  for (const [size, count] of [
    [lane, 40_000],
    [8192, 300],
  ] as const) {
    const one = new Int8Array(size).fill(127);
    const elements = new Int8Array(size * count);
    for (let row = 0; row < count; row++) elements.fill((row % 255) - 127, row * size, (row + 1) * size);
    let next = 0;
    eachProduct(elements, one, (row, product) => {
      if (row !== next++ || product !== size * 127 * ((row % 255) - 127)) throw new Error(`row ${row}`);
    });
    expect(next).toBe(count);
  }
});
