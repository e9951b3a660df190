import { describe, expect, it } from 'vitest';
import { checkGolden, type GoldenCase, type GoldenOperation, requireOption } from './golden.js';

const scale: GoldenOperation = {
  async run({ inputs: { x }, options: { factor = 2, unit = 'one' } }) {
    requireOption('unit', unit, ['one', 'ten']);
    const by = unit === 'ten' ? 10 * factor : factor;
    return { scaled: x.map((each: number) => by * each), none: { at: null, empty: [] } };
  },
};

const check = (options: object, expected: GoldenCase['expected'] = { scaled: [2, 4] }) =>
  checkGolden(
    { name: 'doubled', inputs: { x: [1, 2] }, options: { op: 'scale', ...options }, expected },
    { scale },
  );

describe('a golden case', () => {
  it('passes where every field that it expects is met, with or without options', async () => {
    await check({});
    await check({ factor: 3, unit: 'ten' }, { scaled: [30, 60.00001], none: { at: null, empty: [] } });
    await check({ factor: null });
  });

  it.each([
    ['another value', { scaled: [2, 4.1] }, 'scaled[1]: got 4, expected 4.1'],
    ['another length', { scaled: [2] }, 'scaled'],
    ['a field that is not there', { doubled: 2 }, 'doubled: got undefined, expected 2'],
    ['something in place of nothing', { none: { at: 0 } }, 'none.at: got null, expected 0'],
    ['no field at all', {}, 'greater than 0'],
  ] as const)('fails with %s', async (_, expected, message) => {
    await expect(check({}, expected)).rejects.toThrow(message);
  });

  it('fails with an operation or a word that is not known', async () => {
    await expect(check({ op: 'shift' })).rejects.toThrow('no operation shift for case doubled');
    await expect(check({ unit: 'dozen' })).rejects.toThrow('unit must be one of one, ten, got dozen');
  });

  it('is compared within the tolerance of its operation, and with exact zeros where it says so', async () => {
    const one = { name: 'rough', inputs: {}, options: { op: 'near' } };
    const near = (tolerance: GoldenOperation['tolerance'] & object) => ({
      near: { run: async () => ({ value: 1.05, zero: 1e-12 }), tolerance },
    });
    const expected = { value: 1, zero: 0 };
    await checkGolden({ ...one, expected }, near({ relative: 0.1 }));
    await checkGolden(
      { ...one, expected },
      near(() => ({ absolute: 0.1 })),
    );
    await expect(checkGolden({ ...one, expected }, near({}))).rejects.toThrow('value');
    const exact = near({ relative: 0.1, exactZeros: true });
    await expect(checkGolden({ ...one, expected }, exact)).rejects.toThrow('zero: got 1e-12, expected 0');
  });
});
