import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import * as nn from '@evenkeel/nn';
import * as tensor from '@evenkeel/tensor';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { brokenLinks, docs, pages, tableRows } from './pages.js';
import { keeps, pathOf, promisedBy, snippetsOf, typeErrors } from './snippets.js';

const snippets = pages.flatMap((page) => snippetsOf(docs, page));
const folder = fileURLToPath(new URL('.snippets/node/', docs));

describe('the snippets', () => {
  it('compile', () => {
    expect(typeErrors(snippets)).toEqual([]);
  }, 60_000);

  const inNode = snippets.filter(({ runsIn }) => runsIn === 'node');

  describe.each([...new Set(inNode.map(({ page }) => page))])('of %s in Node', (page) => {
    const own = inNode.filter((snippet) => snippet.page === page);
    const before = process.cwd();
    let working: string;

    beforeEach(() => {
      // One folder for all of a page, since a snippet may read what an earlier one has written.
      working ??= mkdtempSync(join(tmpdir(), 'evenkeel-guide-'));
      process.chdir(working);
      vi.resetModules();
    });
    afterEach(() => {
      process.chdir(before);
      vi.restoreAllMocks();
    });
    afterAll(() => {
      if (working) rmSync(working, { recursive: true });
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(own)('print what they promise: $place', async (snippet) => {
      const path = pathOf(folder, snippet);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, snippet.code);
      const printed: string[] = [];
      vi.spyOn(console, 'log').mockImplementation((...values) => {
        printed.push(format(...values));
      });
      await import(path);
      const promises = promisedBy(snippet);
      if (promises.length === 0) return;
      expect(printed).toHaveLength(promises.length);
      const broken = promises.flatMap((promise, i) =>
        keeps(promise, printed[i]!) ? [] : [`promised ${promise}, printed ${printed[i]}`],
      );
      expect(broken).toEqual([]);
    });
  });
});

describe('a promise', () => {
  it.each([
    ['0.98', '0.9832', true],
    ['0.98', '0.986', false],
    ['3', '3', true],
    ['3', '3.1', false],
    ['[ 1, 2.0 ]', '[\n  1, 2.01\n]', true],
    ['loss 0.5 ± 0.2', 'loss 0.65', true],
    ['loss 0.5 ± 0.2', 'loss 0.75', false],
    ['loss 0.5', 'value 0.5', false],
    ['1.5e-7', '1.53e-7', true],
    ['1.5e-7', '1.7e-7', false],
  ])('of %s is kept by %s: %s', (promise, printed, kept) => {
    expect(keeps(promise, printed)).toBe(kept);
  });
});

describe('the pages', () => {
  it.each(['README.md', ...pages])('%s links to files that are there', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it('name only what can be imported', () => {
    const rows = tableRows('guide/coming-from.md');
    expect(rows.length).toBeGreaterThan(20);
    const missing = rows.flatMap(({ Evenkeel }) => namesIn(Evenkeel!).filter((name) => !isKnown(name)));
    expect(missing).toEqual([]);
  });
});

/** What code in a cell calls or is: functions and classes as `name`, methods as `.name`. */
function namesIn(cell: string): string[] {
  const code = [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!.replace(/'[^']*'/g, "''"));
  return code.flatMap((text) =>
    /^\w+$/.test(text) ? [text] : [...text.matchAll(/\.?\b\w+(?=\()/g)].map(([name]) => name),
  );
}

const classes = Object.values({ ...tensor, ...nn }).filter((each) => typeof each === 'function');

const isKnown = (name: string): boolean =>
  name.startsWith('.')
    ? classes.some((each) => name.slice(1) in (each.prototype ?? {}))
    : name in tensor || name in nn;
