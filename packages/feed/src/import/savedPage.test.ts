import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImportError } from '../errors.js';
import { parseSavedPage } from './savedPage.js';
import { normaliseTitle } from './title.js';

const savedOn = '2025-12-11';
const fixture = await readFile(new URL('../testing/saved-page.txt', import.meta.url), 'utf8');
const page = parseSavedPage(fixture, { savedOn });

function block(beginning: string) {
  const found = page.blocks.find(({ title }) => title.startsWith(beginning));
  if (!found) throw new Error(`no block begins with ${beginning}`);
  return found;
}

function problemsAt(line: number): string[] {
  return page.problems.filter((problem) => problem.line === line).map((problem) => problem.message);
}

describe('a saved page', () => {
  it('gives its day and its papers in order', () => {
    expect(page.date).toBe('2025-12-11');
    expect(page.blocks.map(({ title }) => title)).toEqual([
      'Paper Boats: Folding Networks that Float',
      'Tidal Schedules for Learning Rates',
      'A Harbour Without a Clock',
      'Lanterns for $\\alpha$-Divergences: AdaL$^2$N and its Cousins',
      'On Christmas Islands',
      'Do Anchors Drag?',
      'Ropes Without a Date',
      'Knots Without Authors',
      'The Leap Day of a Sailor',
      'A Day that Is None',
      'A Title Alone',
      'Two Paragraphs of Wind',
    ]);
  });

  it('takes a date without a year for the latest such day before it was saved', () => {
    expect(block('Paper Boats').publishedOn).toBe('2025-05-21');
    expect(block('On Christmas').publishedOn).toBe('2024-12-25');
    expect(block('The Leap Day').publishedOn).toBe('2024-02-29');
    expect(block('Tidal').publishedOn).toBe('2023-06-29');
  });

  it('takes a number behind a date for comments, never for a year', () => {
    expect(block('Lanterns')).toMatchObject({ publishedOn: '2025-01-20', commentCount: 2 });
    expect(block('Do Anchors')).toMatchObject({ publishedOn: '2022-08-19', commentCount: 14 });
    expect(block('Paper Boats').commentCount).toBe(0);
  });

  it('keeps TeX as it is', () => {
    expect(block('Paper Boats').abstract).toContain('90\\%');
    expect(block('Lanterns').abstract).toContain('$\\mathcal{O}(n^2)$');
  });

  it('reads one author in the plural', () => {
    expect(block('Tidal').authorCount).toBe(1);
  });

  it('keeps a paper without a line of authors and date apart from the next', () => {
    const harbour = block('A Harbour');
    expect(harbour.abstract).toMatch(/^Here the saved page/);
    expect(harbour.authorCount).toBeUndefined();
    expect(harbour.publishedOn).toBeUndefined();
    expect(problemsAt(harbour.line)).toEqual(['no author line, no date: A Harbour Without a Clock']);
  });

  it('reports by line what is missing', () => {
    expect(problemsAt(block('Ropes').line)).toEqual(['no date: Ropes Without a Date']);
    expect(problemsAt(block('Knots').line)).toEqual(['no author line: Knots Without Authors']);
    expect(problemsAt(block('A Title Alone').line)).toEqual(['no abstract: A Title Alone']);
    expect(block('Ropes').authorCount).toBe(2);
    expect(block('Knots').publishedOn).toBe('2021-09-30');
  });

  it('reports a date that no calendar has', () => {
    const line = fixture.split('\n').indexOf('Feb 30, 2024') + 1;
    expect(problemsAt(line)).toEqual(['no such day: Feb 30, 2024']);
    expect(block('A Day that').publishedOn).toBeUndefined();
  });

  it('joins the paragraphs of one abstract', () => {
    expect(block('Two Paragraphs').abstract).toBe(
      'The first paragraph is about the wind.\n\nThe second paragraph says where the code is.',
    );
  });

  it('reports a paper that stands twice and the links of a footer', () => {
    const lines = fixture.split('\n');
    expect(problemsAt(lines.indexOf('paper boats: folding networks THAT float') + 1)).toEqual([
      `the paper of line ${block('Paper Boats').line} again`,
    ]);
    expect(problemsAt(lines.indexOf('Previous') + 1)[0]).toMatch(/could not be read.*Previous/);
    expect(problemsAt(lines.indexOf('Next') + 1)[0]).toMatch(/could not be read.*Next/);
  });

  it('reports nothing but that, in the order of lines', () => {
    const lines = page.problems.map((problem) => problem.line);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
    expect(page.problems).toHaveLength(9);
  });

  it('needs no header: the day is then the day it was saved', () => {
    const start = fixture.split('\n').indexOf('Paper Boats: Folding Networks that Float');
    const bare = parseSavedPage(fixture.split('\n').slice(start).join('\n'), { savedOn });
    expect(bare.date).toBe(savedOn);
    expect(bare.blocks.map(({ title }) => title)).toEqual(page.blocks.map(({ title }) => title));
  });

  it('gives the header the latest such day not after it was saved', () => {
    expect(parseSavedPage(fixture, { savedOn: '2025-12-10' }).date).toBe('2024-12-11');
    expect(parseSavedPage(fixture.replace('Dec 11', 'Dec 11, 2023'), { savedOn }).date).toBe('2023-12-11');
  });

  it('reads the same whatever ends its lines', () => {
    for (const end of ['\r\n', '\r']) {
      expect(parseSavedPage(fixture.replaceAll('\n', end), { savedOn })).toEqual(page);
    }
  });

  it('reports text above the banner that is no header', () => {
    const messages = parseSavedPage(`Models Datasets\n${fixture}`, { savedOn }).problems;
    expect(messages[0]).toEqual({
      line: 1,
      message: 'could not be read as part of a paper: Models Datasets',
    });
  });

  it('leaves an abstract of absurd length out and says so', () => {
    const text = `A Title\n\n${'long '.repeat(3000)}\n\n  • 3 authors\n·\nMay 21\n`;
    const { blocks, problems } = parseSavedPage(text, { savedOn });
    expect(blocks[0]).not.toHaveProperty('abstract');
    expect(problems).toEqual([{ line: 1, message: expect.stringMatching(/14999 characters/) }]);
  });
});

describe('a text that is no such page', () => {
  it.each([
    ['nothing', '', /text without papers/],
    ['prose', 'Call me Ishmael.\n\nSome years ago, never mind how long.\n\nI sailed.', /without any line/],
    ['HTML', '<!DOCTYPE html><html><body>3 authors</body></html>', /got HTML/],
    ['very many paragraphs', 'x\n\n'.repeat(20_000), /20000 paragraphs/],
  ])('is refused: %s', (_, text, reason) => {
    expect(() => parseSavedPage(text, { savedOn })).toThrow(ImportError);
    expect(() => parseSavedPage(text, { savedOn })).toThrow(reason);
  });

  it('is refused with a bad day of saving', () => {
    expect(() => parseSavedPage(fixture, { savedOn: '2025-02-30' })).toThrow(
      'parseSavedPage: savedOn: got "2025-02-30", expected a day as YYYY-MM-DD',
    );
  });
});

describe('any text', () => {
  const trap = fc.constantFrom(
    ...['', '', '·', 'Dec 11', 'Feb 30', 'Jan 20 2', '  • 1 authors', 'Daily Papers', 'Subscribe'],
    ...['Title', 'An abstract.', 'x'.repeat(400), '\\textbf{}', '…', '99999 authors', 'May 99, 9999 9'],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(fc.oneof(trap, fc.string()), { maxLength: 60 }).map((lines) => lines.join('\n')),
  );

  it('is read or refused with an ImportError', () => {
    fc.assert(
      fc.property(text, (anyText) => {
        try {
          const { blocks, problems } = parseSavedPage(anyText, { savedOn });
          const count = anyText.split(/\r\n|\n|\r/).length;
          for (const { line } of [...blocks, ...problems]) {
            expect(line).toBeGreaterThan(0);
            expect(line).toBeLessThanOrEqual(count);
          }
          const lines = blocks.map(({ line }) => line);
          expect(lines).toEqual([...lines].sort((a, b) => a - b));
        } catch (error) {
          expect(error).toBeInstanceOf(ImportError);
        }
      }),
      { numRuns: 500 },
    );
  });

  const words = fc.array(fc.stringMatching(/^[A-Z][a-z]{2,8}$/), { minLength: 2, maxLength: 8 });
  const paper = fc.record({
    title: words.map((parts) => parts.join(' ')),
    abstract: words.map((parts) => `We show ${parts.join(' ')}.`),
    authorCount: fc.integer({ min: 1, max: 99_999 }),
    commentCount: fc.integer({ min: 0, max: 999 }),
    hasByline: fc.boolean(),
  });

  it('written from papers gives these papers back, each at its line', () => {
    const papers = fc
      .uniqueArray(paper, { minLength: 1, maxLength: 12, selector: ({ title }) => normaliseTitle(title) })
      .filter((list) => list.some(({ hasByline }) => hasByline));
    fc.assert(
      fc.property(papers, (list) => {
        const written = list.map(({ title, abstract, authorCount, commentCount, hasByline }) => {
          const comments = commentCount > 0 ? ` ${commentCount}` : '';
          const byline = hasByline ? `\n\n  • ${authorCount} authors\n·\nMay 21, 2024${comments}` : '';
          return `${title}\n\n${abstract}${byline}`;
        });
        const pageText = written.join('\n\n');
        const { blocks } = parseSavedPage(pageText, { savedOn });
        expect(blocks).toEqual(
          list.map(({ hasByline, title, abstract, authorCount, commentCount }) => ({
            line: expect.any(Number),
            title,
            abstract,
            ...(hasByline && { authorCount, publishedOn: '2024-05-21' }),
            commentCount: hasByline ? commentCount : 0,
          })),
        );
        const lines = pageText.split('\n');
        for (const { line, title } of blocks) expect(lines[line - 1]).toBe(title);
      }),
      { numRuns: 100 },
    );
  });
});
