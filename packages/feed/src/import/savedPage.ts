import { isDay } from '../calendar.js';
import { ImportError } from '../errors.js';
import type { Problem } from '../types.js';
import { type Byline, type PagePart, type Paragraph, readPageText, unreadable } from './pageText.js';
import { normaliseTitle } from './title.js';

/** One paper as a saved page shows it. */
export interface SavedBlock {
  /** Line of the title, from 1. */
  readonly line: number;
  readonly title: string;
  readonly abstract?: string;
  readonly authorCount?: number;
  /** `YYYY-MM-DD` */
  readonly publishedOn?: string;
  /** 0 where the page shows none. */
  readonly commentCount: number;
}

export interface SavedPage {
  /** The day in the page's header, or the day it was saved where it has no header. */
  readonly date: string;
  /** In the order of the page; titles differ. */
  readonly blocks: readonly SavedBlock[];
  /** By line. */
  readonly problems: readonly Problem[];
}

/** Longest title, in characters; a longer paragraph can only be an abstract. */
const longestTitle = 300;
/** Longest abstract, in characters; the longest on arXiv have about 2,000. */
const longestAbstract = 10_000;
/** Most paragraphs and bylines on one page, three for a paper; a busy month has about 3,000 papers. */
const mostParts = 15_000;

/**
 * Reads the text of a daily-papers page, as copying or saving the page gives it. Each paper is a title, an
 * abstract, and below them the number of authors and a date; the last two may be missing.
 * @param savedOn the day the page was saved, `YYYY-MM-DD`; dates without a year are the latest such day not
 *   after it.
 * @throws ImportError for a text that is no such page, and for a bad `savedOn`.
 */
export function parseSavedPage(text: string, { savedOn }: { savedOn: string }): SavedPage {
  if (!isDay(savedOn)) {
    throw new ImportError(
      `parseSavedPage: savedOn: got ${JSON.stringify(savedOn)}, expected a day as YYYY-MM-DD`,
    );
  }
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text)) refusePage('HTML');
  const page = readPageText(text, savedOn);
  const partCount = page.parts.length + page.problems.length;
  if (partCount > mostParts) refusePage(`${partCount} paragraphs (at most ${mostParts})`);
  const problems = [...page.problems];
  const blocks = readBlocks(page.parts, problems);
  const hasByline = blocks.some(
    (block) => block.authorCount !== undefined || block.publishedOn !== undefined,
  );
  if (blocks.length === 0) refusePage('a text without papers');
  if (!hasByline && !page.hasBanner) refusePage('a text without any line of authors or date');
  return {
    date: page.day ?? savedOn,
    blocks,
    problems: problems.sort((a, b) => a.line - b.line),
  };
}

function refusePage(got: string): never {
  throw new ImportError(`parseSavedPage: text: got ${got}, expected a daily-papers page saved as text`);
}

function readBlocks(parts: readonly PagePart[], problems: Problem[]): SavedBlock[] {
  const blocks = new Map<string, SavedBlock>();
  for (let index = 0; index < parts.length; ) {
    const part = parts[index];
    if (part === undefined) break;
    const found = part.kind === 'paragraph' ? partsOfBlock(parts, index) : undefined;
    index = found?.end ?? index + 1;
    if (part.kind === 'byline') {
      problems.push({ line: part.line, message: 'a line of authors or a date without a paper above it' });
    } else if (found === undefined) {
      problems.push(unreadable(part.line, part.text));
    } else {
      const block = toBlock(part, found.abstract, found.byline, problems);
      const key = normaliseTitle(block.title);
      const first = blocks.get(key);
      if (first) problems.push({ line: block.line, message: `the paper of line ${first.line} again` });
      else blocks.set(key, block);
    }
  }
  return [...blocks.values()];
}

/**
 * The parts of the paper whose title stands at `index`; undefined where no paper begins there. Without a
 * byline only an abstract that reads like one makes a paper, so that links of a footer are none.
 */
function partsOfBlock(parts: readonly PagePart[], index: number) {
  const title = parts[index];
  if (title?.kind !== 'paragraph' || !isTitle(title.text)) return undefined;
  const abstract: Paragraph[] = [];
  let end = index + 1;
  for (let part = parts[end]; part?.kind === 'paragraph'; part = parts[end]) {
    if (!belongsToAbstract(part.text, abstract.length === 0, parts[end + 1]?.kind === 'byline')) break;
    abstract.push(part);
    end++;
  }
  const byline = parts[end]?.kind === 'byline' ? (parts[end++] as Byline) : undefined;
  if (abstract.length === 0 && byline === undefined) return undefined;
  return { abstract: abstract.map((part) => part.text).join('\n\n'), byline, end };
}

function isTitle(text: string): boolean {
  return text.length <= longestTitle && /\p{L}/u.test(normaliseTitle(text));
}

/** A second paragraph of an abstract must not be mistaken for a title, nor the next title for one. */
function belongsToAbstract(text: string, isFirst: boolean, bylineFollows: boolean): boolean {
  const isLong = text.length > longestTitle;
  const isSentence = /[.…。][)\]}"'”’]*$/.test(text);
  return isLong || (isFirst ? isSentence || bylineFollows : isSentence && bylineFollows);
}

function toBlock(
  title: Paragraph,
  abstract: string,
  byline: Byline | undefined,
  problems: Problem[],
): SavedBlock {
  const { authorCount, publishedOn, commentCount = 0 } = byline ?? {};
  const isTooLong = abstract.length > longestAbstract;
  const missing = [
    ...(abstract === '' ? ['abstract'] : []),
    ...(authorCount === undefined ? ['author line'] : []),
    ...(publishedOn === undefined ? ['date'] : []),
  ];
  if (missing.length > 0) {
    problems.push({ line: title.line, message: `no ${missing.join(', no ')}: ${title.text}` });
  }
  if (isTooLong) {
    const message = `abstract left out, ${abstract.length} characters (at most ${longestAbstract}): ${title.text}`;
    problems.push({ line: title.line, message });
  }
  return {
    line: title.line,
    title: title.text,
    ...(abstract !== '' && !isTooLong && { abstract }),
    ...(authorCount !== undefined && { authorCount }),
    ...(publishedOn !== undefined && { publishedOn }),
    commentCount,
  };
}
