import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loader, padSequences, tokenWindows } from '../index.js';

describe('token windows', () => {
  it('are inputs and what follows each', async () => {
    const windows = tokenWindows(Uint8Array.of(0, 1, 2, 3, 4, 5, 6), 3);
    expect(windows.length).toBe(2);
    const { inputs, targets } = await windows.read([1, 0]);
    expect(inputs).toEqual({ data: Int32Array.of(3, 4, 5, 0, 1, 2), shape: [2, 3], dtype: 'int32' });
    expect(targets.data).toEqual(Int32Array.of(4, 5, 6, 1, 2, 3));
    expect(tokenWindows([0, 1, 2, 3], 3).length).toBe(1);
  });

  it('cover all tokens that a stride reaches, and no more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 60 }),
        async (length, stride, more) => {
          const tokens = Int32Array.from({ length: length + more }, (_, i) => i);
          const windows = tokenWindows(tokens, length, { stride });
          const { inputs, targets } = await windows.read([windows.length - 1]);
          const begin = (windows.length - 1) * stride;
          expect([...inputs.data]).toEqual([...tokens.subarray(begin, begin + length)]);
          expect([...targets.data]).toEqual([...tokens.subarray(begin + 1, begin + length + 1)]);
          expect(begin + stride + length + 1).toBeGreaterThan(tokens.length);
        },
      ),
    );
  });

  it('are read as they are asked for', async () => {
    const tokens = Int32Array.of(1, 2, 3);
    const windows = tokenWindows(tokens, 2);
    tokens[0] = 9;
    expect((await windows.read([0])).inputs.data).toEqual(Int32Array.of(9, 2));
    for await (const { inputs, targets } of loader(windows, { batchSize: 1, seed: 0 }).epoch(0)) {
      expect([inputs.shape, targets.dtype]).toEqual([[1, 2], 'int32']);
    }
  });

  it('refuse what has no window', () => {
    expect(() => tokenWindows([1, 2, 3], 3)).toThrow('3 tokens have no window of 3 and one that follows');
    expect(() => tokenWindows([1, 2, 3], 0)).toThrow('tokenWindows: length must be a positive integer');
    expect(() => tokenWindows([1, 2, 3], 1, { stride: 0 })).toThrow('tokenWindows: stride must be');
    expect(() => tokenWindows([1, 2, 3], 2).read([1])).toThrow('read: there is no sample 1 among 1');
  });
});

describe('padded sequences', () => {
  it('have one length and a mask', () => {
    const { columns } = padSequences([[1, 2, 3], [], Int32Array.of(4)], { value: 9 });
    expect(columns.tokens).toEqual({
      data: Int32Array.of(1, 2, 3, 9, 9, 9, 4, 9, 9),
      shape: [3, 3],
      dtype: 'int32',
    });
    expect(columns.tokenMask.data).toEqual(Float32Array.of(1, 1, 1, 0, 0, 0, 1, 0, 0));
    const atStart = padSequences([[1], [2, 3]], { length: 3, side: 'start' }).columns;
    expect(atStart.tokens.data).toEqual(Int32Array.of(0, 0, 1, 0, 2, 3));
    expect(atStart.tokenMask.data).toEqual(Float32Array.of(0, 0, 1, 0, 1, 1));
  });

  it('refuse sequences that are too long', () => {
    expect(() => padSequences([[1], [1, 2, 3]], { length: 2 })).toThrow(
      'padSequences: sequence 1 has 3 tokens, more than the length 2',
    );
    expect(() => padSequences([[]])).toThrow('padSequences: the longest length must be a positive integer');
    expect(() => padSequences([[1]], { side: 'left' as 'start' })).toThrow('side must be start or end');
  });
});
