import { isDay } from '@evenkeel/feed';
import type { Context } from 'hono';
import { ApiError } from './apiError.js';

const refuse = (name: string, got: string, expected: string): never => {
  throw new ApiError(400, 'BadRequest', `${name}: got ${JSON.stringify(got)}, expected ${expected}`);
};

export function integerParameter(
  c: Context,
  name: string,
  { least, most, otherwise }: { least: number; most: number; otherwise: number },
): number {
  const text = c.req.query(name);
  if (text === undefined) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) refuse(name, text, `a whole number from ${least} to ${most}`);
  return value;
}

export function dayParameter(c: Context, name: string): string | undefined {
  const text = c.req.query(name);
  if (text !== undefined && !isDay(text)) refuse(name, text, 'a day as YYYY-MM-DD');
  return text;
}

/** @param most characters */
export function queryParameter(c: Context, name: string, most: number): string {
  const text = c.req.query(name) ?? '';
  if (text.length > most) refuse(name, `${text.slice(0, 20)}…`, `at most ${most} characters`);
  return text;
}

/** Refuses what the API knows but this site does not serve, rather than answer something else than was asked. */
export function refuseUnserved(c: Context, served: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, values] of Object.entries(served)) {
    const text = c.req.query(name);
    if (text === undefined || values.includes(text)) continue;
    refuse(name, text, values.length > 0 ? values.join(' or ') : 'it to be left out: not served here');
  }
}
