import type { SearchHit } from '../types.js';

/** Around a matched word in a passage; no stored text has control characters. */
export const matchStart = '\u0001';
export const matchEnd = '\u0002';

/** Words of a passage at the most. */
export const snippetWords = 32;

/** A passage whose matches stand between the marks, in pieces. */
export function snippetPieces(passage: string): SearchHit['snippet'] {
  return passage.split(matchStart).flatMap((part, index) => {
    if (index === 0) return piece(part, false);
    const end = part.indexOf(matchEnd);
    return [...piece(part.slice(0, end), true), ...piece(part.slice(end + 1), false)];
  });
}

function piece(text: string, match: boolean): { text: string; match: boolean }[] {
  return text === '' ? [] : [{ text, match }];
}
