import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from './fusion.js';

const list = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 });

describe('fuse', () => {
  it('adds weight / (60 + rank) over the lists', () => {
    const fused = fuse([
      { ids: ['a', 'b'], weight: 1 },
      { ids: ['b', 'c'], weight: 1.5 },
    ]);
    expect(fused.map(({ id }) => id)).toEqual(['b', 'c', 'a']);
    expect(fused[0]?.score).toBeCloseTo(1 / 62 + 1.5 / 61, 12);
    expect(fused[2]?.score).toBeCloseTo(1 / 61, 12);
  });

  it('keeps a single list as it is', () => {
    fc.assert(
      fc.property(list, (ids) => {
        expect(fuse([{ ids, weight: 1 }]).map(({ id }) => id)).toEqual(ids);
      }),
    );
  });

  it('has every paper once, best first, and never puts one behind another that all lists have behind it', () => {
    fc.assert(
      fc.property(list, list, (first, second) => {
        const fused = fuse([
          { ids: first, weight: 1 },
          { ids: second, weight: 1 },
        ]);
        const ids = fused.map(({ id }) => id);
        expect(new Set(ids)).toEqual(new Set([...first, ...second]));
        expect(ids).toHaveLength(new Set(ids).size);
        for (const a of first) {
          for (const b of second) {
            const both = [first, second].every(
              (each) => each.includes(a) && each.includes(b) && each.indexOf(a) < each.indexOf(b),
            );
            if (both) expect(ids.indexOf(a)).toBeLessThan(ids.indexOf(b));
          }
        }
      }),
    );
  });
});
