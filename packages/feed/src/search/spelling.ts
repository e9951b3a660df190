import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { editDistance } from './editDistance.js';
import { fullTextOf, type Word } from './fullText.js';
import { type QueryTerms, wordBeginning } from './query.js';

/** Words that are looked at, those of most papers first. */
const mostWords = 100_000;
/** Shorter words have too many neighbours. */
const shortestWord = 4;
/** From this length on, two letters may be wrong. */
const longWord = 8;
/** Longer words are no words. */
const mostLength = 40;

/** The words of a feed, with those near a misspelt one. */
export interface Spelling {
  /** The word that was probably meant; undefined where none is near. */
  nearest(word: string, beginning: boolean): string | undefined;
}

interface Entry extends Word {
  /** Which letters stand in it, as bits: words that differ in many of them are far apart. */
  readonly letters: number;
}

/** @param words those of most papers first */
export function createSpelling(words: readonly Word[]): Spelling {
  const byLength = new Map<number, Entry[]>();
  for (const { word, papers } of words) {
    if (word.length < shortestWord - 1 || word.length > mostLength || /\d/.test(word)) continue;
    const entries = byLength.get(word.length) ?? [];
    if (entries.length === 0) byLength.set(word.length, entries);
    entries.push({ word, papers, letters: lettersOf(word) });
  }
  return { nearest: (word, beginning) => nearestWord(byLength, word, beginning) };
}

function nearestWord(
  byLength: ReadonlyMap<number, readonly Entry[]>,
  word: string,
  beginning: boolean,
): string | undefined {
  if (word.length < shortestWord || word.length > mostLength || /\d/.test(word)) return undefined;
  const most = word.length < longWord ? 1 : 2;
  const letters = lettersOf(word);
  let best: Candidate | undefined;
  const longest = beginning ? mostLength : word.length + most;
  for (let length = Math.max(1, word.length - most); length <= longest; length++) {
    // A word that goes on after what was typed counts only when no whole word is as near.
    const goesOn = length > word.length + most;
    for (const entry of byLength.get(length) ?? []) {
      const allowed = best ? best.distance - (goesOn ? 1 : 0) : most;
      if (bitCount(letters & ~entry.letters) > allowed) continue;
      const distance = editDistance(word, entry.word, allowed, beginning);
      if (distance > allowed) continue;
      const candidate = { ...entry, distance, others: bitCount(letters ^ entry.letters) };
      if (!best || isNearer(candidate, best)) best = candidate;
    }
  }
  return best?.word;
}

interface Candidate extends Entry {
  readonly distance: number;
  /** Letters that stand in one of the words alone. */
  readonly others: number;
}

/** Of equally near words the one of the same letters is meant: doubled, dropped and swapped ones are the usual slips. */
function isNearer(a: Candidate, b: Candidate): boolean {
  return (a.distance - b.distance || a.others - b.others || b.papers - a.papers) < 0;
}

function lettersOf(word: string): number {
  let letters = 0;
  for (let index = 0; index < word.length; index++) letters |= 1 << (word.charCodeAt(index) % 32);
  return letters;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The spelling of a feed's words, read anew when papers have changed. */
export class FeedSpelling {
  readonly #db: Kysely<Database>;
  #current: { readonly revision: number; readonly spelling: Promise<Spelling> } | undefined;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async get(): Promise<Spelling> {
    const fullText = fullTextOf(this.#db);
    const revision = await fullText.revision(this.#db);
    if (this.#current?.revision === revision) return this.#current.spelling;
    const spelling = fullText.vocabulary(this.#db, mostWords).then(createSpelling);
    this.#current = { revision, spelling };
    spelling.catch(() => {
      this.#current = undefined;
    });
    return spelling;
  }
}

/**
 * A query in which every word that stands in no paper is the one that was probably meant; undefined where there is
 * nothing to put right.
 */
export async function correctedQuery(
  text: string,
  spelling: Spelling,
  stands: (terms: QueryTerms) => Promise<boolean>,
): Promise<string | undefined> {
  const words = [...text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)];
  let corrected = '';
  let from = 0;
  for (const [index, match] of words.entries()) {
    const prefix = index === words.length - 1;
    const word = wordBeginning(match[0]).beginning;
    if (await stands({ terms: [match[0]], prefix, quoted: false })) continue;
    const meant = spelling.nearest(word, prefix);
    if (meant === undefined) continue;
    corrected += text.slice(from, match.index) + meant;
    from = match.index + match[0].length;
  }
  return from === 0 ? undefined : corrected + text.slice(from);
}
