import { dayOf, latestDay, monthNumber } from '../calendar.js';
import { cleanLine } from '../text.js';
import type { Problem } from '../types.js';

/** A run of text lines between blank lines: a title or an abstract. */
export interface Paragraph {
  readonly kind: 'paragraph';
  /** Line of its beginning, from 1. */
  readonly line: number;
  readonly text: string;
}

/** What stands below an abstract: `• 7 authors`, `·`, `Oct 17 2`; any part may be missing. */
export interface Byline {
  readonly kind: 'byline';
  readonly line: number;
  readonly authorCount?: number;
  readonly publishedOn?: string;
  readonly commentCount?: number;
}

export type PagePart = Paragraph | Byline;

export interface PageParts {
  /** The day in the page's header, where it has one. */
  readonly day?: string;
  readonly hasBanner: boolean;
  readonly parts: readonly PagePart[];
  readonly problems: readonly Problem[];
}

const authorLine = /^[•·∙*-]?\s*(\d{1,5}) authors?$/i;
const dateLine = /^([a-z]{3}) (\d{1,2})(?:, (\d{4}))?(?: (\d{1,6}))?$/i;
const separatorLine = /^[·•∙]$/;
const banner = /^daily papers$/i;
const headerLine = /^(?:new|subscribe|get trending papers in your email inbox.*|by.*research community)$/i;

type DateLine = { readonly day?: string; readonly comments?: number };

/** Takes a saved page apart into paragraphs and bylines, without its header. */
export function readPageText(text: string, savedOn: string): PageParts {
  const lines = text.split(/\r\n|\n|\r/).map(cleanLine);
  const header = readHeader(lines, savedOn);
  const body = readBody(lines, header.end, savedOn);
  return {
    ...(header.day !== undefined && { day: header.day }),
    hasBanner: header.hasBanner,
    parts: body.parts,
    problems: [...header.problems, ...body.problems],
  };
}

/** The header is optional: lines that belong to it, up to the page's day. */
function readHeader(lines: readonly string[], savedOn: string) {
  const firstByline = lines.findIndex((line) => authorLine.test(line));
  const head = firstByline < 0 ? lines : lines.slice(0, firstByline);
  const bannerIndex = head.findIndex((line) => banner.test(line));
  const problems = head
    .slice(0, Math.max(0, bannerIndex))
    .map((line, index) => ({ line: index + 1, text: line }))
    .filter(({ text }) => text !== '' && !headerLine.test(text))
    .map(({ line, text }) => unreadable(line, text));
  const rest = lines.slice(bannerIndex + 1).findIndex((line) => line !== '' && !headerLine.test(line));
  const start = rest < 0 ? lines.length : bannerIndex + 1 + rest;
  const date = readDate(lines[start] ?? '', savedOn);
  if (date === undefined) return { hasBanner: bannerIndex >= 0, problems, end: start };
  if (date.day === undefined) problems.push(noSuchDay(start + 1, lines[start] ?? ''));
  return {
    ...(date.day !== undefined && { day: date.day }),
    hasBanner: bannerIndex >= 0,
    problems,
    end: start + 1,
  };
}

function readBody(lines: readonly string[], start: number, savedOn: string) {
  const parts: PagePart[] = [];
  const problems: Problem[] = [];
  let paragraph: string[] = [];
  const endParagraph = (end: number) => {
    if (paragraph.length > 0) {
      parts.push({ kind: 'paragraph', line: end - paragraph.length + 1, text: paragraph.join(' ') });
    }
    paragraph = [];
  };
  for (let index = start; index < lines.length; index++) {
    const text = lines[index] ?? '';
    const authors = authorLine.exec(text)?.[1];
    const date = readDate(text, savedOn);
    const isText = text !== '' && !separatorLine.test(text) && authors === undefined && date === undefined;
    if (isText) paragraph.push(text);
    else endParagraph(index);
    if (authors !== undefined) {
      parts.push({ kind: 'byline', line: index + 1, authorCount: Number(authors) });
    }
    if (date !== undefined) addDate(parts, date, index + 1);
    if (date !== undefined && date.day === undefined) problems.push(noSuchDay(index + 1, text));
  }
  endParagraph(lines.length);
  return { parts, problems };
}

/** A date belongs to the author line above it; one without an author line is a byline of its own. */
function addDate(parts: PagePart[], date: DateLine, line: number): void {
  const last = parts.at(-1);
  const open = last?.kind === 'byline' && last.publishedOn === undefined ? last : undefined;
  if (open) parts.pop();
  parts.push({
    ...(open ?? { kind: 'byline', line }),
    ...(date.day !== undefined && { publishedOn: date.day }),
    ...(date.comments !== undefined && { commentCount: date.comments }),
  });
}

/**
 * Reads `May 21`, `May 21, 2024` and both with a comment count behind. Undefined: no date line at all;
 * without `day`: the calendar has no such day.
 */
function readDate(text: string, savedOn: string): DateLine | undefined {
  const [, name = '', day, year, comments] = dateLine.exec(text) ?? [];
  const month = monthNumber(name);
  if (month === undefined) return undefined;
  const found =
    year === undefined ? latestDay(month, Number(day), savedOn) : dayOf(Number(year), month, Number(day));
  return {
    ...(found !== undefined && { day: found }),
    ...(comments !== undefined && { comments: Number(comments) }),
  };
}

/** The report of a line that is no part of a paper. */
export function unreadable(line: number, text: string): Problem {
  const beginning = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return { line, message: `could not be read as part of a paper: ${beginning}` };
}

function noSuchDay(line: number, text: string): Problem {
  return { line, message: `no such day: ${text}` };
}
