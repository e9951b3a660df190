import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { PeopleError } from '../errors.js';
import { resolveId } from '../papers.js';

export const minute = 60_000;
export const day = 86_400_000;

/** How long a mailed link is good. */
export const linkLife = 15 * minute;
/** Links of a kind that are mailed for an address or an account within that time. */
export const mostLinks = 3;

export const newId = (): string => randomBytes(12).toString('hex');

/** 256 random bits. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** What is stored of a secret: who reads the database cannot sign in with it. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

export function refuse(kind: PeopleError['kind'], message: string): never {
  throw new PeopleError(kind, message);
}

/** The stored id of a paper that is here. */
export async function paperIdOf(db: Kysely<Database>, id: string): Promise<string> {
  return (await resolveId(db, id)) ?? refuse('not found', 'No such paper is here.');
}

/** A text of a user: without control characters, trimmed, and refused where it is too long. */
export function cleanText(
  text: string,
  { name, most, lines = false }: { name: string; most: number; lines?: boolean },
): string {
  const unified = text.replace(/\r\n?/g, '\n');
  const clean = unified
    .replace(lines ? /[^\P{Cc}\n\t]|\p{Cs}/gu : /[\p{Cc}\p{Cs}\u2028\u2029]/gu, ' ')
    .trim();
  if (clean.length > most) {
    refuse('bad input', `${name}: got ${clean.length} characters, expected at most ${most}.`);
  }
  return clean;
}
