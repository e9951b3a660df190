import { cut } from '../text.js';

const longest = 600;

/** The first sentences of a text, cut at a word where they are very long. */
export function firstSentences(text: string, count: number): string {
  const start = text
    .slice(0, 10 * longest)
    .replace(/\s+/g, ' ')
    .trim();
  // A sentence ends at a point before white space and something that is no small letter: not at "e.g. this", nor "0.5".
  const ends = [...start.matchAll(/[.!?](?=\s+[^a-z\s]|$)/g)];
  const end = ends[Math.min(count, ends.length) - 1]?.index;
  const sentences = end === undefined || ends.length < count ? start : start.slice(0, end + 1);
  if (sentences.length <= longest) return sentences;
  return `${cut(sentences, longest).replace(/\s+\S*$/, '')} …`;
}

const dayFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** `2025-12-11` as `11 December 2025`. */
export const writtenDay = (day: string): string => dayFormat.format(new Date(`${day}T00:00:00Z`));

/** Names in a line, the first few of many. */
export function namesLine(names: readonly string[], most = 5): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
