import { cleanLine, cut } from '../text.js';
import { isCommon } from './lsa/words.js';

/** Longest query that is looked at, in characters; what follows is left out. */
export const longestQuery = 250;

const searchable = /[\p{L}\p{N}]/u;

export interface QueryTerms {
  /** Words and quoted phrases, in order. */
  readonly terms: readonly string[];
  /** Whether the last term is a word that may still be being typed. */
  readonly prefix: boolean;
  /** Whether some term is a quoted phrase. */
  readonly quoted: boolean;
}

/** A user's query as it is searched and shown: one line of at most 250 characters. */
export function cleanQuery(query: string): string {
  return cut(cleanLine(cut(query, 4 * longestQuery)), longestQuery).trim();
}

/** Words and quoted phrases of a clean query; a quote that is never closed is left out. */
export function queryTerms(query: string): QueryTerms {
  const found = [...query.replace(/[“”„]/g, '"').matchAll(/"([^"]*)"|[^\s"]+/g)]
    .map((match) => ({ text: match[1] ?? match[0], phrase: match[1] !== undefined }))
    .filter((term) => searchable.test(term.text));
  return {
    terms: found.map((term) => term.text),
    prefix: found.at(-1)?.phrase === false,
    quoted: found.some((term) => term.phrase),
  };
}

/** Without the words that stand everywhere, where there are others; the last one may become another word. */
export function tellingTerms(query: QueryTerms): QueryTerms {
  const last = query.terms.length - 1;
  const terms = query.terms.filter((term, index) => !isCommon(term) || (query.prefix && index === last));
  return terms.length === 0 ? query : { ...query, terms };
}

/**
 * A term that is still being typed, in two parts: whole words before (`fine-` of `fine-tun`) and the
 * beginning of the last word as the index writes words, in lower case and without accents.
 */
export function wordBeginning(term: string): { head: string; beginning: string } {
  const [, head = '', last = ''] = /^(.*?)([\p{L}\p{N}\p{M}]*)[^\p{L}\p{N}\p{M}]*$/u.exec(term) ?? [];
  return { head, beginning: last.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '') };
}
