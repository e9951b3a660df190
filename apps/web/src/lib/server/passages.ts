import {
  escapeHtml,
  type FeedPaper,
  findFormulas,
  type SearchHit,
  type Typeset,
  typeset,
} from '@evenkeel/feed';

/** A passage that a search matched, its matches marked. */
export interface Passage extends Typeset {
  /** Whether it is the whole title. */
  readonly isTitle: boolean;
}

type Pieces = SearchHit['snippet'];

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What commands of TeX make of words. */
const commands = /\\[A-Za-z]+\s*\{[^{}]*\}|\{\\[^{}]*\}|\S*\\\S*/g;

/**
 * A passage as markup. One that begins or ends within a formula gets the whole of it, and a match within a formula, or within
 * words of a command, marks all of that: neither can be taken apart.
 */
export function passageOf(paper: FeedPaper, snippet: Pieces): Passage | undefined {
  if (snippet.length === 0) return undefined;
  const pieces = wholeEnds(snippet, [paper.title, paper.abstract, paper.summary]);
  const text = textOf(pieces);
  const whole = [...findFormulas(text), ...rangesOf(text, commands)];
  let html = '';
  let end = 0;
  for (const match of joined(matchesOf(pieces).map((range) => grown(range, whole)))) {
    html += `${markup(text.slice(end, match.start))}<mark>${markup(text.slice(match.start, match.end))}</mark>`;
    end = match.end;
  }
  return { text, html: html + markup(text.slice(end)), isTitle: textOf(snippet) === paper.title };
}

const textOf = (pieces: Pieces): string => pieces.map(({ text }) => text).join('');

function markup(source: string): string {
  const { text, html } = typeset(source);
  return html ?? escapeHtml(text);
}

/** Adds what lacks of formulas at the ends of a passage that was cut, from the text in which it stands. */
function wholeEnds(snippet: Pieces, texts: readonly (string | undefined)[]): Pieces {
  const passage = textOf(snippet);
  const inside = passage.replace(/^…|…$/g, '');
  const text = texts.find((each) => each?.includes(inside));
  if (text === undefined || inside === text) return snippet;
  const start = text.indexOf(inside);
  const end = start + inside.length;
  const cutAt = (place: number) => findFormulas(text).find((each) => each.start < place && place < each.end);
  const [first, last] = [cutAt(start), cutAt(end)];
  const before = (passage.startsWith('…') ? '…' : '') + (first ? text.slice(first.start, start) : '');
  const after = (last ? text.slice(end, last.end) : '') + (passage.endsWith('…') ? '…' : '');
  const middle = snippet.map(({ text: piece, match }, index) => ({
    text: piece
      .replace(index === 0 ? /^…/ : /^$/, '')
      .replace(index === snippet.length - 1 ? /…$/ : /^$/, ''),
    match,
  }));
  return [{ text: before, match: false }, ...middle, { text: after, match: false }];
}

function matchesOf(pieces: Pieces): Range[] {
  let end = 0;
  return pieces.flatMap(({ text, match }) => {
    const start = end;
    end += text.length;
    return match ? [{ start, end }] : [];
  });
}

const rangesOf = (text: string, pattern: RegExp): Range[] =>
  [...text.matchAll(pattern)].map(({ index, 0: found }) => ({ start: index, end: index + found.length }));

/** A range with all of what it touches. */
function grown(range: Range, whole: readonly Range[]): Range {
  const touched = whole.filter(({ start, end }) => start < range.end && range.start < end);
  const start = Math.min(range.start, ...touched.map((each) => each.start));
  const end = Math.max(range.end, ...touched.map((each) => each.end));
  return start === range.start && end === range.end ? range : grown({ start, end }, whole);
}

/** Ranges in their order; those that overlap become one. */
function joined(ranges: readonly Range[]): Range[] {
  const apart: Range[] = [];
  for (const range of ranges) {
    const last = apart.at(-1);
    if (!last || range.start >= last.end) apart.push(range);
    else
      apart[apart.length - 1] = {
        start: Math.min(last.start, range.start),
        end: Math.max(last.end, range.end),
      };
  }
  return apart;
}
