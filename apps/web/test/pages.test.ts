import { openFeed } from '@evenkeel/feed';
import { examples, registry } from '@evenkeel/methods/papers';
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

  it('leads to its week and its month', async () => {
    const page = await markup('/papers/date/2025-12-11');
    expect(page).toContain('href="/papers/week/2025-W50"');
    expect(page).toContain('href="/papers/month/2025-12"');
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

describe('a week or month', () => {
  it('has the papers of its days, in pages of 50, with its neighbours', async () => {
    expect(await titles('/papers/week/2025-W50')).toHaveLength(39);
    expect(await words('/papers/week/2025-W50')).toContain('8 December 2025 to 14 December 2025');
    expect(await titles('/papers/month/2025-12')).toHaveLength(39);
    expect(await words('/papers/month/2026-02')).toContain('this is the last month before it that has some');
  });

  it('is filtered and sorted by its address', async () => {
    const pruning = await titles('/papers/week/2025-W50?family=pruning&sort=newest');
    expect(pruning).toHaveLength(4);
    expect(pruning[0]).toContain('ARMOR');
    expect(await words('/papers/week/2025-W50?page=2')).toContain('No paper here');
  });
});

describe('what trends', () => {
  it('says its formula, and leads to its feeds', async () => {
    expect(await words('/papers/trending')).toContain('weight · e −age / 48 h');
    expect(await markup('/papers/trending')).toContain('href="/feeds/trending.atom"');
  });
});

describe('an address', () => {
  it.each([
    ['/papers/grokking-edge', '/papers/2501.04697'],
    ['/papers/2501.04697v3', '/papers/2501.04697'],
    ['/papers/old-paper', '/papers/math/0309136'],
    ['/papers', '/'],
    ['/papers?q=pruning', '/search?q=pruning'],
    ['/examples', '/verdicts#examples'],
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
    '/papers/trending',
    '/papers/week/2025-W50',
    '/papers/month/2025-12?sort=newest&family=pruning',
  ])('%s has a page', async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it.each([
    ['/papers/9999.99999', 'No paper here has the id “9999.99999”.'],
    ['/papers/date/2025-02-30', '“2025-02-30” is no day of the calendar'],
    ['/papers/date/2000-01-01', 'No papers are listed here on or before 1 January 2000.'],
    ['/examples/cooking', 'No reference experiment here is named “cooking”.'],
    ['/families/cooking', 'No paper here is filed under “cooking”.'],
    ['/trending', 'There is no page at /trending.'],
    ['/papers/week/2025-W60', '“2025-W60” is no week; one is written like 2025-W09.'],
    ['/papers/month/2003-01', 'No papers are listed here in or before January 2003.'],
    ['/authors/Nobody', 'No paper here has the author “Nobody”.'],
    ['/tags/cooking', 'No paper here has the tag “cooking”.'],
    ['/venues/Nowhere%202020', 'No paper here appeared at “Nowhere 2020”.'],
  ])('%s answers 404 and says why', async (path, reason) => {
    expect((await get(path)).status).toBe(404);
    expect(await words(path)).toContain(reason);
  });
});

describe('the documentation', () => {
  it('has the pages of docs/, which lead to one another', async () => {
    expect(await markup('/docs')).toContain(
      '<a href="/docs/guide/first-training">First training, in Node</a>',
    );
    const page = await markup('/docs/guide/how-it-works');
    expect(page).toMatch(/<h1 id="[^"]+">/);
    expect(page).toMatch(/<img[^>]+src="(?:\/_app\/|data:image\/svg)/);
    expect(page).not.toMatch(/href="[^"]*\.md"/);
    expect((await get('/docs/guide/nothing')).status).toBe(404);
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

  it('says how sure the recorded result is', async () => {
    const page = await words('/papers/2501.04697');
    expect(page).toContain(
      'Test accuracy: ⊥AdamW 97.0 %, AdamW 2.0 % (+95.0 points, 95 % interval +94.0 to +96.0, 3 seeds)',
    );
    expect(page).toContain('✓ holds 97.0 %, 95 % interval 96.0 to 98.0, 3 seeds');
    expect(page).toContain('+94.0 points in the worst seed; mean +95.0 points, 95 % interval +94.0 to +96.0');
  });

  it('shows what came out, of each arm beside the others, with titles, axes and tables', async () => {
    const page = await words('/papers/2501.04697');
    const shown = page.slice(page.indexOf('What came out'));
    expect(shown).toMatch(
      /^What came out Of the first seed, 0\. Generated "words" &amp; more AdamW AdamW says &lt;\/pre>/,
    );
    expect(shown).toMatch(/Load of the experts AdamW Expert ↓ .* Layer → .* Data table/);
    expect(shown).toMatch(
      /Loss by size AdamW Loss .* Parameters small &lt;b>data&lt;\/b> large data Data table/,
    );
    const markupOf = await markup('/papers/2501.04697');
    expect(markupOf.match(/src="data:image\/bmp;base64,/g)).toHaveLength(3);
    expect(markupOf).not.toContain('<script>window.hacked');
  });

  it('says when the method is not implemented here, and shows what the paper reports', async () => {
    const described = registry.filter((entry) => !entry.experiment).map(({ paper }) => paper);
    const { arxivId, published } = described.find((paper) => paper.arxivId && paper.published.length > 0)!;
    const page = await words(`/papers/${arxivId}`);
    expect(page).toContain('not implemented here yet');
    expect(page).toContain(published[0]!.setting);
  });
});

describe('the page of a reference experiment', () => {
  it('says what it is, lets it run with the quick budget, and shows what was found', async () => {
    const page = await words('/examples/mnist-cnn');
    expect(page).toMatch(/Reference experiments Handwritten digits .* Runs here 10,000 handwritten digits/);
    expect(page).toMatch(/Run it .* for less than 1 min .* What we found No verdict is recorded yet/);
    expect(await markup('/examples/mnist-cnn')).toMatch(/value="quick"[^>]* checked/);
  });

  it.each(examples)('$slug is listed with the verdicts', async ({ slug, title }) => {
    expect((await get(`/examples/${slug}`)).status).toBe(200);
    expect(await markup('/verdicts')).toMatch(new RegExp(`<a href="/examples/${slug}"[^>]*>${title}</a>`));
  });
});

describe('the search', () => {
  it('finds by submitting the form, and marks the words', async () => {
    const page = await markup('/search?q=grokking');
    expect(page).toMatch(/<mark[^>]*>[Gg]rokking<\/mark>/);
    expect(await words('/search?q=grokking')).toContain(
      'found by words and by meaning (latent semantic analysis).',
    );
  });

  it('keeps to authors, tags, days and what runs here', async () => {
    expect(await titles('/search?q=training&runs=here')).not.toEqual([]);
    expect((await titles('/search?q=training&runs=here')).length).toBeLessThan(
      (await titles('/search?q=training')).length,
    );
    expect(await titles('/search?q=training&author=Nobody')).toEqual([]);
    expect(await titles('/search?q=training&tag=none')).toEqual([]);
    const listed = await titles('/search?q=grokking&from=2025-12-12&to=2025-12-12');
    expect(listed[0]).toBe('Grokking at the Edge of Numerical Stability');
    // Two papers stand on the list of that day.
    expect(listed.length).toBeLessThan(3);
    expect(await titles('/search?q=grokking&from=no-day')).not.toEqual([]);
  });

  it('says which word it took for a misspelt one, and offers the words as they are', async () => {
    expect(await titles('/search?q=groking')).toContain('Grokking at the Edge of Numerical Stability');
    expect(await words('/search?q=groking')).toContain('Showing what is found for “grokking”');
    expect(await markup('/search?q=groking')).toContain('href="/search?q=%22groking%22"');
    expect(await titles('/search?q=%22groking%22')).toEqual([]);
  });

  it('finds by meaning what none of its words says', async () => {
    const found = await titles('/search?q=advertisements');
    expect(found).toEqual([]);
    expect((await titles('/search?q=skip+filters+depending+on+the+input+image'))[0]).toMatch(
      /^Fire Together/,
    );
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

describe('the papers similar to a paper', () => {
  it('stand on its page, in the order that its address asks for', async () => {
    const similar = async (order = '') =>
      [
        ...(await markup(`/papers/2512.03915${order}`))
          .replace(/.*id="similar"/s, '')
          .matchAll(/class="title[^"]*">(?:<!--[^>]*-->)*<a href="([^"]+)"/g),
      ].map(([, path]) => path);
    const near = await similar();
    expect(near).toContain('/papers/2501.11873');
    expect(near).not.toContain('/papers/2512.03915');
    const newest = await similar('?similar=newest');
    expect([...newest].sort()).toEqual([...near].sort());
    expect(newest).not.toEqual(near);
    expect(await similar('?similar=nothing')).toEqual(near);
  });
});

describe('a family', () => {
  it('sorts its table by the column that is asked for, both ways', async () => {
    const rows = async (path: string) =>
      [
        ...(await markup(path))
          .replace(/<!--[^>]*-->/g, '')
          .matchAll(/<th scope="row"[^>]*><a[^>]*>([^<]+)/g),
      ].map(([, title]) => title as string);
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
      /Grokking at the Edge of Numerical Stability Without regularization .* Partly reproduced 2\.0 % AdamW 97\.0 % ⊥AdamW \+95\.0 points, 95 % interval \+94\.0 to \+96\.0, 3 seeds test accuracy/,
    );
  });

  it('name every other paper and say that it has not run', async () => {
    const page = await words('/verdicts');
    const missing = registry.filter(({ experiment }) => !experiment).length;
    expect(page).toContain(`${missing} Not implemented yet`);
    expect(page.split('Not implemented here yet')[1]).toContain('No Fear of Heterogeneity');
  });
});

it('a day shows the papers of most votes first where that is asked, and leads to feeds of its own', async () => {
  const item = (id: string, upvotes: number) => ({
    paper: { id, title: `Paper ${id}`, publishedAt: '2003-10-05T00:00:00.000Z', upvotes },
  });
  const feed = await openFeed({ dataDir: `${site.folder}/data` });
  const page = JSON.stringify([item('0310.0001', 1), item('0310.0002', 3), item('0310.0003', 2)]);
  await feed.importSavedPage(new TextEncoder().encode(page), { savedOn: '2003-10-05', name: 'daily.json' });
  await feed.close();
  const day = '/papers/date/2003-10-05';
  expect(await titles(day)).toEqual([1, 2, 3].map((number) => `Paper 0310.000${number}`));
  expect(await titles(`${day}?sort=votes`)).toEqual([2, 3, 1].map((number) => `Paper 0310.000${number}`));
  expect(await words(`${day}?sort=votes`)).toContain('Most votes');
  expect(await markup(day)).toContain('href="/feeds/date/2003-10-05.atom"');
  expect(await markup('/papers/week/2003-W40')).toContain('href="/feeds/week/2003-W40.atom"');
  const { items } = await (await get('/feeds/month/2003-10.json')).json();
  expect(items.map(({ title }: { title: string }) => title)).toEqual(await titles('/papers/month/2003-10'));
});
