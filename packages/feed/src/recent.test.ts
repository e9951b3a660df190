import { expect, it } from 'vitest';
import { Recent } from './recent.js';

it('keeps the values that were used last', () => {
  const recent = new Recent<string, number>(2);
  recent.set('a', 1);
  recent.set('b', 2);
  expect(recent.get('a')).toBe(1);
  recent.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => recent.get(key))).toEqual([1, undefined, 3]);
  recent.clear();
  expect(recent.get('a')).toBeUndefined();
});
