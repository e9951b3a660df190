import { Cron } from 'croner';
import type { Choices } from './types.js';

type Schedule = Pick<Choices, 'frequency' | 'weekday' | 'hour' | 'zone' | 'weekends'>;

/** Whether a text names a time zone, by the IANA name that this computer knows. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/**
 * When the next issue is due after a moment: at the hour of the subscriber's own clock, once on each of its days. An hour
 * that a change of clocks skips comes as soon as it can, and one that comes twice counts once.
 * @param after milliseconds since 1970
 */
export function nextIssue(schedule: Schedule, after: number): number {
  const { frequency, weekday, hour, zone, weekends } = schedule;
  const days = frequency === 'week' ? String(weekday % 7) : weekends ? '*' : '1-5';
  const cron = new Cron(`0 ${hour} * * ${days}`, { timezone: zone, paused: true });
  const next = cron.nextRun(new Date(after));
  if (!next) throw new Error(`digest: schedule: no time after ${new Date(after).toISOString()}`);
  return next.getTime();
}

/** The last issue that is due by `now`, of one that was due at `due`: those that were missed in between are one. */
export function latestIssue(schedule: Schedule, due: number, now: number): number {
  let latest = due;
  // After a long absence the last days are enough to find it.
  const month = 31 * 24 * 3600 * 1000;
  let next = nextIssue(schedule, Math.max(due, now - month));
  while (next <= now) {
    latest = next;
    next = nextIssue(schedule, next);
  }
  return latest;
}

/** The day of a moment in a zone, `YYYY-MM-DD`. */
export function dayIn(zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** A day so many days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 24 * 3600 * 1000).toISOString().slice(0, 10);
}
