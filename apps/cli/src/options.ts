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

/** A parser of numbers above 0 and up to `most` for the option called `where`. */
export function share(where: string, most = 1) {
  return (text: string): number => {
    const value = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (value > 0 && value <= most) return value;
    throw new UsageError(`${where}: got "${text}", expected a number above 0 and at most ${most}`);
  };
}
