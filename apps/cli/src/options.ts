import { isDay } from '@evenkeel/feed';
import { UsageError } from './errors.js';

/** A parser of whole numbers from `least` to `most` for the option called `where`. */
export function wholeNumber(where: string, least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw new UsageError(`${where}: got "${text}", expected a whole number ${range}`);
  };
}

/** A parser of days for the option called `where`. */
export function day(where: string) {
  return (text: string): string => {
    if (isDay(text)) return text;
    throw new UsageError(`${where}: got "${text}", expected a day as YYYY-MM-DD`);
  };
}
