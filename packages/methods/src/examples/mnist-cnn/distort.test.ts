import { type GreyImages, randomSource } from '@evenkeel/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distort } from './distort.js';

const nothing = { rotation: 0, scale: 0, shear: 0, shift: 0 };

/** Pictures of 9 × 9 with the given bytes. */
const pictures = (data: Uint8Array): GreyImages => ({
  images: { data, shape: [data.length / 81, 1, 9, 9], dtype: 'float32', scale: 1 / 255 },
  labels: { data: new Int32Array(data.length / 81), shape: [data.length / 81], dtype: 'int32' },
});

const random = (seed = 0) => randomSource(seed);
const bytes = fc.uint8Array({ minLength: 162, maxLength: 162 });

/** The mean place of what is white, from the middle: right and down. */
function centreOf(data: ArrayLike<number>): [number, number] {
  let [total, right, down] = [0, 0, 0];
  for (let i = 0; i < 81; i++) {
    total += data[i]!;
    right += data[i]! * ((i % 9) - 4);
    down += data[i]! * (Math.floor(i / 9) - 4);
  }
  return [right / total, down / total];
}

describe('distort', () => {
  it('does nothing when nothing may change, and never touches what it is given', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const given = pictures(data.slice());
        expect(distort(nothing)(given, random())).toEqual(given);
        distort({ rotation: 1, scale: 0.2, shear: 0.2, shift: 2 })(given, random());
        expect(given).toEqual(pictures(data));
      }),
    );
  });

  it('stays between black and the brightest pixel, and says the same for the same source', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), (data, seed) => {
        const change = distort({ rotation: 0.5, scale: 0.3, shear: 0.3, shift: 3 });
        const changed = change(pictures(data), random(seed));
        expect(Math.max(...changed.images.data)).toBeLessThanOrEqual(Math.max(...data));
        expect(changed).toEqual(change(pictures(data), random(seed)));
        expect(changed.images.shape).toEqual([2, 1, 9, 9]);
      }),
    );
  });

  it('moves by at most the pixels that it may, and each picture by itself', () => {
    const dot = new Uint8Array(50 * 81);
    for (let i = 0; i < 50; i++) dot[i * 81 + 40] = 200;
    const { images } = distort({ ...nothing, shift: 2 })(pictures(dot), random());
    const centres = Array.from({ length: 50 }, (_, i) => centreOf(images.data.slice(81 * i, 81 * (i + 1))));
    for (const centre of centres) {
      for (const each of centre) expect(Math.abs(each)).toBeLessThanOrEqual(2.02);
    }
    expect(Math.max(...centres.map(([right]) => right))).toBeGreaterThan(1.5);
    expect(Math.min(...centres.map(([, down]) => down))).toBeLessThan(-1.5);
  });

  it('turns around the middle, which stays', () => {
    const dot = new Uint8Array(81);
    dot[40] = 200;
    const turned = distort({ ...nothing, rotation: 3 })(pictures(dot), random()).images.data;
    expect(turned[40]).toBe(200);
    for (const each of centreOf(turned)) expect(Math.abs(each)).toBeLessThan(0.01);
    const right = new Uint8Array(50 * 81);
    for (let i = 0; i < 50; i++) right[i * 81 + 43] = 200;
    const { images } = distort({ ...nothing, rotation: Math.PI })(pictures(right), random());
    for (let i = 0; i < 50; i++) {
      const distance = Math.hypot(...centreOf(images.data.slice(81 * i, 81 * (i + 1))));
      expect(Math.abs(distance - 3)).toBeLessThan(0.2);
    }
  });
});
