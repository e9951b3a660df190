import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dayOf, isDay, latestDay } from './calendar.js';

it('knows the days of the calendar', () => {
  for (const day of ['2025-12-11', '2024-02-29', '2000-02-29']) expect(isDay(day)).toBe(true);
  for (const text of [
    '2025-02-29',
    '1900-02-29',
    '2025-13-01',
    '2025-1-1',
    '',
    '2025-12-11 ',
    '+12025-01-01',
  ]) {
    expect(isDay(text)).toBe(false);
  }
});

it('finds the latest such day, over a century without a leap day too', () => {
  expect(latestDay(5, 21, '2025-05-21')).toBe('2025-05-21');
  expect(latestDay(5, 22, '2025-05-21')).toBe('2024-05-22');
  expect(latestDay(2, 29, '1904-02-28')).toBe('1896-02-29');
  expect(latestDay(2, 30, '2025-12-11')).toBeUndefined();
});

it('finds a day less than a year back for every day but a leap day', () => {
  const monthAndDay = fc.record({
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 28 }),
  });
  const written = fc
    .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));
  fc.assert(
    fc.property(monthAndDay, written, ({ month, day }, notAfter) => {
      const found = latestDay(month, day, notAfter) ?? '';
      const nextYear = dayOf(Number(found.slice(0, 4)) + 1, month, day) ?? '';
      expect(found <= notAfter && nextYear > notAfter).toBe(true);
    }),
  );
});
