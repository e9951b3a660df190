const long = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' });

/** `2025-12-11` as `11 December 2025`. */
export const formatDay = (day: string): string => long.format(new Date(`${day}T00:00:00Z`));

/** `2025-12-11` as `Thursday`. */
export const formatWeekday = (day: string): string => weekday.format(new Date(`${day}T00:00:00Z`));

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });

/** `2025-12` as `December 2025`. */
export const formatMonth = (month: string): string => monthName.format(new Date(`${month}-01T00:00:00Z`));

/** `2025-W50` as `Week 50 of 2025`. */
export const formatWeek = (week: string): string => `Week ${Number(week.slice(6))} of ${week.slice(0, 4)}`;
