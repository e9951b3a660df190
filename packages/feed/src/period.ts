import { isDay } from './calendar.js';
import type { PeriodKind } from './types.js';

const dayLength = 86_400_000;

const dayText = (time: number): string => new Date(time).toISOString().slice(0, 10);
const timeOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** First and last day of a week (ISO 8601, `2025-W09`) or month (`2025-02`); undefined for what is none. */
export function daysOf(kind: PeriodKind, name: string): { from: string; to: string } | undefined {
  return kind === 'week' ? daysOfWeek(name) : daysOfMonth(name);
}

/** Whether a text names a week or month. */
export const isPeriod = (kind: PeriodKind, name: string): boolean => daysOf(kind, name) !== undefined;

/** The week or month of a day. */
export function periodOf(kind: PeriodKind, day: string): string {
  if (kind === 'month') return day.slice(0, 7);
  const thursday = timeOf(day) + (3 - weekday(timeOf(day))) * dayLength;
  const year = new Date(thursday).getUTCFullYear();
  const week = 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * dayLength));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function daysOfMonth(name: string): { from: string; to: string } | undefined {
  const from = `${name}-01`;
  if (!isDay(from)) return undefined;
  const [year, month] = name.split('-').map(Number) as [number, number];
  return { from, to: dayText(Date.UTC(year, month, 0)) };
}

/** Week 1 of a year is the one with its first Thursday, and so with the fourth of January. */
function daysOfWeek(name: string): { from: string; to: string } | undefined {
  const [, year, week] = /^(\d{4})-W(\d{2})$/.exec(name) ?? [];
  if (year === undefined || Number(year) < 1000) return undefined;
  const fourth = Date.UTC(Number(year), 0, 4);
  const monday = fourth - weekday(fourth) * dayLength + (Number(week) - 1) * 7 * dayLength;
  const from = dayText(monday);
  return periodOf('week', from) === name ? { from, to: dayText(monday + 6 * dayLength) } : undefined;
}

/** 0 for Monday to 6 for Sunday. */
const weekday = (time: number): number => (new Date(time).getUTCDay() + 6) % 7;
