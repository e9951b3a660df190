import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayIn, isZone, latestIssue, nextIssue } from './schedule.js';
import { everyDay } from './testing/subscribers.js';

const at = (text: string) => Date.parse(text);
const iso = (time: number) => new Date(time).toISOString();

describe('the next issue', () => {
  it.each([
    ['2025-12-11T06:59:00Z', '2025-12-11T07:00:00.000Z', 'today, before its hour'],
    ['2025-12-11T07:00:00Z', '2025-12-12T07:00:00.000Z', 'tomorrow, from its hour on'],
    ['2025-12-12T08:00:00Z', '2025-12-15T07:00:00.000Z', 'after the weekend'],
  ])('after %s is at %s: %s', (after, next) => {
    expect(iso(nextIssue(everyDay, at(after)))).toBe(next);
  });

  it('comes at weekends and by the week where that is wished', () => {
    const friday = at('2025-12-12T08:00:00Z');
    expect(iso(nextIssue({ ...everyDay, weekends: true }, friday))).toBe('2025-12-13T07:00:00.000Z');
    const sundays = { ...everyDay, frequency: 'week', weekday: 7 } as const;
    expect(iso(nextIssue(sundays, friday))).toBe('2025-12-14T07:00:00.000Z');
    expect(iso(nextIssue(sundays, at('2025-12-14T07:00:00Z')))).toBe('2025-12-21T07:00:00.000Z');
  });

  it('follows the clock of the subscriber, also in the night in which it is changed', () => {
    const night = { ...everyDay, hour: 2, weekends: true };
    // 2:00 does not come on 29 March 2026, and comes twice on 25 October.
    expect(iso(nextIssue(night, at('2026-03-28T12:00:00Z')))).toBe('2026-03-29T01:00:00.000Z');
    expect(iso(nextIssue(night, at('2026-03-29T01:00:00Z')))).toBe('2026-03-30T00:00:00.000Z');
    expect(iso(nextIssue(night, at('2026-10-24T12:00:00Z')))).toBe('2026-10-25T00:00:00.000Z');
    expect(iso(nextIssue(night, at('2026-10-25T00:00:00Z')))).toBe('2026-10-26T01:00:00.000Z');
  });

  it('comes once on each day in every zone', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo'];
    const schedules = fc.record({ zone: fc.constantFrom(...zones), hour: fc.integer({ min: 0, max: 23 }) });
    const starts = fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });
    fc.assert(
      fc.property(schedules, starts, ({ zone, hour }, start) => {
        const schedule = { ...everyDay, zone, hour, weekends: true };
        let time = nextIssue(schedule, start);
        for (let i = 0; i < 5; i++) {
          const next = nextIssue(schedule, time);
          const days = (at(dayIn(zone, next)) - at(dayIn(zone, time))) / 86_400_000;
          expect(days).toBe(1);
          time = next;
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('issues that were missed', () => {
  it('are one: the latest', () => {
    const due = at('2025-12-08T07:00:00Z');
    expect(iso(latestIssue(everyDay, due, at('2025-12-11T08:00:00Z')))).toBe('2025-12-11T07:00:00.000Z');
    expect(iso(latestIssue(everyDay, due, due))).toBe(iso(due));
    const years = at('2020-01-01T07:00:00Z');
    expect(iso(latestIssue(everyDay, years, at('2025-12-14T08:00:00Z')))).toBe('2025-12-12T07:00:00.000Z');
  });
});

describe('a time zone', () => {
  it.each(['Europe/Berlin', 'UTC', 'America/Argentina/Ushuaia', 'Etc/GMT+5'])('%s is one', (zone) => {
    expect(isZone(zone)).toBe(true);
  });
  it.each(['', 'Mars/Olympus', '../etc/passwd', 'Europe/Berlin\r\nBcc: x', '+01:00'])(
    '%j is none',
    (zone) => {
      expect(isZone(zone)).toBe(false);
    },
  );
});
