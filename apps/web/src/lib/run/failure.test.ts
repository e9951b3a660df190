import { describe, expect, it } from 'vitest';
import { failureFrom } from './failure.js';

describe('failureFrom', () => {
  it.each([
    'WebAssembly.Memory(): could not allocate memory',
    'Array buffer allocation failed',
    'std::bad_alloc',
    'Out of memory',
  ])('knows that memory ran out from “%s”', (message) => {
    expect(failureFrom('training', new RangeError(message))).toEqual({ kind: 'memory', message });
  });

  it('keeps other causes in their own words', () => {
    expect(failureFrom('runtime', new TypeError('Failed to fetch'))).toEqual({
      kind: 'runtime',
      message: 'Failed to fetch',
    });
    expect(failureFrom('training', 'odd')).toEqual({ kind: 'training', message: 'odd' });
  });
});
