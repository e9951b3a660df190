const long = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' });

/** `2025-12-11` as `11 December 2025`. */
export const formatDay = (day: string): string => long.format(new Date(`${day}T00:00:00Z`));

/** `2025-12-11` as `Thursday`. */
export const formatWeekday = (day: string): string => weekday.format(new Date(`${day}T00:00:00Z`));
