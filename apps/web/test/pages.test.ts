import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSite, type TestSite } from './site.js';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
}, 180_000);
afterAll(() => site?.close());

const get = (path: string) => fetch(site.url + path, { redirect: 'manual' });
const markup = async (path: string) => (await get(path)).text();

/** What is read on a page: no markup, no scripts, no runs of spaces. */
async function words(path: string): Promise<string> {
  return (await markup(path))
    .replace(/<head>[\s\S]*?<\/head>|<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
}

/** Titles of the papers on a page, in their order. */
async function titles(path: string): Promise<string[]> {
  const links = (await markup(path)).matchAll(/<h2[^>]*><a href="\/papers\/[^"]*"[^>]*>([\s\S]*?)<\/a>/g);
  return [...links].map(([, title]) => (title as string).replace(/<[^>]*>/g, ''));
}

describe('a day', () => {
  it('lists its 37 papers with family, date and number of authors', async () => {
    expect(await titles('/papers/date/2025-12-11')).toHaveLength(37);
    expect(await words('/papers/date/2025-12-11')).toContain('Training 23 May 2024 3 authors');
  });

  it('is the last one with papers at /', async () => {
    expect(await titles('/')).toEqual(await titles('/papers/date/2025-12-12'));
    expect(await words('/')).toContain('12 December 2025');
  });

  it('leads to the day before and the day after', async () => {
    const page = await markup('/papers/date/2025-12-11');
    expect(page).toMatch(/rel="prev" href="\/papers\/date\/2025-12-10"/);
    expect(page).toMatch(/rel="next" href="\/papers\/date\/2025-12-12"/);
    expect(await markup('/papers/date/2025-12-12')).not.toContain('rel="next"');
  });

  it('says so when it shows an earlier day than was asked for', async () => {
    expect(await words('/papers/date/2025-12-25')).toContain('No papers on 25 December 2025');
    expect(await titles('/papers/date/2025-12-25')).toHaveLength(2);
  });

  it('shows one family, and what runs first, by links', async () => {
    const filtered = await titles('/papers/date/2025-12-11?family=training');
    expect(filtered).toHaveLength(4);
    const sorted = await titles('/papers/date/2025-12-11?family=training&sort=runs');
    expect(sorted[0]).toBe('Grokking at the Edge of Numerical Stability');
    expect([...sorted].sort()).toEqual([...filtered].sort());
  });

  it('says when a family has none of its papers', async () => {
    expect(await words('/papers/date/2025-12-11?family=nothing')).toContain(
      'No paper of this day is filed under',
    );
  });
});

describe('an address', () => {
  it.each([
    ['/papers/grokking-edge', '/papers/2501.04697'],
    ['/papers/2501.04697v3', '/papers/2501.04697'],
    ['/papers/old-paper', '/papers/math/0309136'],
    ['/papers', '/'],
    ['/papers?q=pruning', '/search?q=pruning'],
  ])('%s leads to %s', async (path, target) => {
    const response = await get(path);
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe(target);
  });

  it.each([
    '/papers/2501.04697',
    '/papers/math/0309136',
    '/papers/math%2F0309136',
    '/search',
    '/verdicts',
    '/about',
    '/families/pruning',
  ])('%s has a page', async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it.each([
    ['/papers/9999.99999', 'No paper here has the id “9999.99999”.'],
    ['/papers/date/2025-02-30', '“2025-02-30” is no day of the calendar'],
    ['/papers/date/2000-01-01', 'No papers are listed here on or before 1 January 2000.'],
    ['/families/cooking', 'No paper here is filed under “cooking”.'],
    ['/trending', 'There is no page at /trending.'],
  ])('%s answers 404 and says why', async (path, reason) => {
    expect((await get(path)).status).toBe(404);
    expect(await words(path)).toContain(reason);
  });
});

describe('the page of a paper', () => {
  it('tells it in one minute, lets it run, shows what was found, how to use it, and the abstract', async () => {
    const headings = (await markup('/papers/2501.04697')).matchAll(/<h2[^>]*>([^<]+)<\/h2>/g);
    const named = [...headings].map(([, heading]) => heading);
    const parts = ['In one minute', 'Run it', 'What we found', 'Use it', 'Abstract'];
    expect(named.filter((heading) => parts.includes(heading as string))).toEqual(parts);
    expect(await words('/papers/2501.04697')).toContain('An abstract for the tests');
  });

  it('leads to arXiv, the authors’ code and the day it stood on the list', async () => {
    const page = await markup('/papers/2501.04697');
    expect(page).toContain('href="https://arxiv.org/abs/2501.04697"');
    expect(page).toContain(
      'href="https://github.com/LucasPrietoAl/grokking-at-the-edge-of-numerical-stability"',
    );
    expect(page).toContain('href="/papers/date/2025-12-12"');
  });

  it('says when the method is not implemented here, and shows what the paper reports', async () => {
    const page = await words('/papers/2310.08855');
    expect(page).toContain('not implemented here yet');
    expect(page).toContain('up to 7.68 points');
  });
});

describe('the search', () => {
  it('finds by submitting the form, and marks the words', async () => {
    const page = await markup('/search?q=grokking');
    expect(page).toMatch(/<mark[^>]*>[Gg]rokking<\/mark>/);
    expect(await words('/search?q=grokking')).toContain('from the full-text index');
  });

  it('keeps to a family', async () => {
    const all = await titles('/search?q=training');
    const some = await titles('/search?q=training&family=federated');
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(all.length);
  });

  it('goes on to a second page', async () => {
    const [first, second] = [await titles('/search?q=the'), await titles('/search?q=the&page=2')];
    expect(first).toHaveLength(20);
    expect(second.length).toBeGreaterThan(0);
    expect(first).not.toContain(second[0]);
  });

  it('says what to do when it finds nothing, and when nothing is asked', async () => {
    expect(await words('/search?q=zzzzqqq')).toContain('Nothing here matches “zzzzqqq”.');
    expect(await words('/search')).toContain('Type a word or two');
  });
});

describe('a family', () => {
  it('sorts its table by the column that is asked for, both ways', async () => {
    const rows = async (path: string) =>
      [...(await markup(path)).matchAll(/<th scope="row"[^>]*><a[^>]*>([^<]+)/g)].map(
        ([, title]) => title as string,
      );
    const byTitle = await rows('/families/training?sort=title');
    expect(byTitle).toEqual([...byTitle].sort((a, b) => a.localeCompare(b, 'en')));
    expect(await rows('/families/training?sort=-title')).toEqual([...byTitle].reverse());
    expect((await rows('/families/training?sort=verdict'))[0]).toBe(
      'Grokking at the Edge of Numerical Stability',
    );
    expect((await rows('/families/training'))[0]).toBe('Grokking at the Edge of Numerical Stability');
    expect(await markup('/families/training?sort=title')).toContain('aria-sort="ascending"');
  });
});

describe('the verdicts', () => {
  it('show claim, verdict, baseline, method and difference of what has run', async () => {
    expect(await words('/verdicts')).toMatch(
      /Grokking at the Edge of Numerical Stability Without regularization .* Partly reproduced 2\.0 % AdamW 97\.0 % ⊥AdamW \+95\.0 ± 1\.0 points test accuracy, 3 seeds/,
    );
  });

  it('name every other paper and say that it has not run', async () => {
    const page = await words('/verdicts');
    expect(page).toContain('36 Not implemented yet');
    expect(page.split('Not implemented here yet')[1]).toContain('No Fear of Heterogeneity');
  });
});
