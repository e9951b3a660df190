const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Longest gap between two leap days, in years. */
const leapGap = 8;

/** Whether a text is a day of the calendar, written `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Today where the program runs (the `TZ` environment variable moves it), `YYYY-MM-DD`. */
export function today(): string {
  const now = new Date();
  return written(now.getFullYear(), now.getMonth() + 1, now.getDate());
}

const newYork = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone: 'America/New_York' });

/** The day that a moment (milliseconds since 1970) falls on in New York, by which arXiv and daily lists go. */
export const dayInNewYork = (time: number): string => newYork.format(time);

/** Number of a month from 1 by its English three-letter name, any case; undefined for other words. */
export function monthNumber(name: string): number | undefined {
  const index = monthNames.indexOf(name.toLowerCase());
  return index < 0 ? undefined : index + 1;
}

/** The day as `YYYY-MM-DD`; undefined where the calendar has no such day. */
export function dayOf(year: number, month: number, day: number): string | undefined {
  const text = written(year, month, day);
  return isDay(text) ? text : undefined;
}

/** The latest day with this month and day that is not after `notAfter`; undefined where there is none. */
export function latestDay(month: number, day: number, notAfter: string): string | undefined {
  const lastYear = Number(notAfter.slice(0, 4));
  for (let year = lastYear; year >= lastYear - leapGap; year--) {
    const candidate = dayOf(year, month, day);
    if (candidate !== undefined && candidate <= notAfter) return candidate;
  }
  return undefined;
}

function written(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
