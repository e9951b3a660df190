import type { Choices } from '@evenkeel/feed';
import { weekdays, writtenHour } from './zones.js';

/** Such as `every working day at 08:00 (Europe/Berlin)`, for the middle of a sentence. */
export function describeSchedule({ frequency, weekday, weekends, hour, zone }: Choices): string {
  const days =
    frequency === 'week' ? `every ${weekdays[weekday - 1]}` : weekends ? 'every day' : 'every working day';
  return `${days} at ${writtenHour(hour)} (${zone})`;
}

/** A moment on the clock of a zone. */
export const writtenMoment = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: zone }).format(at);
