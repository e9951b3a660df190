import { isDay, isPeriod, type PeriodKind } from '@evenkeel/feed';
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

/** One of some words. */
export function oneOfParameter<Word extends string>(
  c: Context,
  name: string,
  words: readonly Word[],
  otherwise: Word,
): Word {
  const text = c.req.query(name) ?? otherwise;
  const word = words.find((each) => each === text);
  return word ?? refuse(name, text, words.join(' or '));
}

export function periodParameter(c: Context, kind: PeriodKind): string | undefined {
  const text = c.req.query(kind);
  if (text !== undefined && !isPeriod(kind, text)) {
    refuse(kind, text, kind === 'week' ? 'a week as 2025-W09' : 'a month as 2025-02');
  }
  return text;
}
