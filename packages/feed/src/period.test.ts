import fc from 'fast-check';
import { expect, it } from 'vitest';
import { daysOf, periodOf } from './period.js';

it.each([
  ['2025-W01', '2024-12-30', '2025-01-05'],
  ['2025-W09', '2025-02-24', '2025-03-02'],
  ['2020-W53', '2020-12-28', '2021-01-03'],
])('week %s is from %s to %s', (name, from, to) => {
  expect(daysOf('week', name)).toEqual({ from, to });
});

it('a month ends with its last day', () => {
  expect(daysOf('month', '2024-02')).toEqual({ from: '2024-02-01', to: '2024-02-29' });
});

it.each(['2025-W00', '2025-W53', '2025-W9', '0000-W01', 'week'])('%s is no week', (name) => {
  expect(daysOf('week', name)).toBeUndefined();
});

it('every day lies in its week and month', () => {
  const days = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(days, fc.constantFrom('week', 'month'), (date, kind) => {
      const day = date.toISOString().slice(0, 10);
      const { from, to } = daysOf(kind, periodOf(kind, day))!;
      expect(from <= day && day <= to).toBe(true);
    }),
  );
});
