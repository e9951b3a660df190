import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSite, type TestSite } from './site.js';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
}, 180_000);
afterAll(() => site?.close());

const get = (path: string, headers = {}) => fetch(site.url + path, { headers });
const text = async (path: string) => (await get(path)).text();

describe('a paper as markdown', () => {
  it('has its facts, our account, the verdict, the program and the abstract', async () => {
    const response = await get('/papers/2501.04697.md');
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    const document = await response.text();
    expect(document).toMatch(/^# Grokking at the Edge of Numerical Stability\n/);
    expect(document).toContain('- arXiv: https://arxiv.org/abs/2501.04697');
    expect(document).toContain('Verdict: **partly**, recorded 2025-12-12.');
    expect(document).toContain('Test accuracy: ⊥AdamW 97.0 %, AdamW 2.0 %; difference +95.0 points');
    for (const heading of ['In one minute', 'What we found', 'Use it', 'Abstract']) {
      expect(document).toContain(`\n## ${heading}\n`);
    }
  });

  it('is what the page is for those who ask for it', async () => {
    const document = await (await get('/papers/2501.04697', { accept: 'text/markdown' })).text();
    expect(document).toBe(await text('/papers/2501.04697.md'));
  });

  it.each([
    ['text/html,text/markdown;q=0.5', 'text/html'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['*/*', 'text/html'],
    ['text/markdown, text/html, */*', 'text/markdown'],
    ['text/markdown;q=0.9, text/html;q=0.8', 'text/markdown'],
    ['text/markdown;q=0', 'text/html'],
    ['nonsense', 'text/html'],
  ])('for %s is %s', async (accept, type) => {
    const { status, headers } = await get('/papers/2501.04697', { accept });
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining(type)]);
    expect(headers.get('vary')?.toLowerCase()).toMatch(/\baccept\b(?!-)/);
  });

  it.each(['/papers/math/0309136.md', '/papers/math%2F0309136.md', '/papers/2501.04697v2.md'])(
    'is at %s too',
    async (path) => {
      expect((await get(path)).status).toBe(200);
    },
  );

  it('keeps words from becoming markup', async () => {
    const [paper] = (await (await get('/api/daily_papers?date=2025-12-12')).json()) as { id: string }[];
    const document = await text(`/papers/${paper?.id}.md`);
    expect(document).not.toMatch(/(?<!\\)<script/);
    expect(document).not.toMatch(/(?<!\\)\[a link\]/);
    expect(document).toContain('\\*\\*bold\\*\\*');
  });

  it('is 404 where there is no such paper', async () => {
    expect((await get('/papers/9999.99999.md')).status).toBe(404);
  });
});

describe('feeds', () => {
  const kinds = ['daily', 'newest', 'trending', 'families/routing', 'search', 'week', 'month'].concat([
    'date/2025-12-11',
    'week/2025-W50',
    'month/2025-12',
  ]);
  const addresses = kinds.flatMap((kind) =>
    ['atom', 'rss', 'json'].map((format) => `/feeds/${kind}.${format}?q=load`),
  );

  it.each(addresses)('%s is well formed and has papers', async (address) => {
    const response = await get(address);
    expect(response.status).toBe(200);
    const document = await response.text();
    if (address.includes('.json')) {
      const { version, items } = JSON.parse(document) as { version: string; items: { url: string }[] };
      expect(version).toBe('https://jsonfeed.org/version/1');
      expect(items.length).toBeGreaterThan(0);
      for (const { url } of items) expect(url).toMatch(`${site.url}/papers/`);
    } else {
      expect(XMLValidator.validate(document)).toBe(true);
      const parsed = new XMLParser({ isArray: (name) => name === 'entry' || name === 'item' }).parse(
        document,
      );
      expect((parsed.feed?.entry ?? parsed.rss.channel.item).length).toBeGreaterThan(0);
    }
  });

  it('of a search have the newest first, and what its words find only', async () => {
    const { items } = JSON.parse(await text('/feeds/search.json?q=training')) as {
      items: { url: string; date_modified: string }[];
    };
    const dates = items.map(({ date_modified }) => date_modified);
    expect(dates.length).toBeGreaterThan(3);
    expect(dates).toEqual([...dates].sort().reverse());
    expect(JSON.parse(await text('/feeds/search.json?q=zzzzqqq')).items).toEqual([]);
  });

  it.each([
    '/feeds/daily.atom',
    '/feeds/trending.rss',
    '/feeds/search.json?q=load',
    '/llms.txt',
    '/sitemap-1.xml',
  ])('%s is sent once to whoever has it', async (path) => {
    const etag = (await get(path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
    expect((await get(path, { 'if-none-match': 'W/"other"' })).status).toBe(200);
  });

  it('escape what papers say', async () => {
    for (const format of ['atom', 'rss']) {
      const document = await text(`/feeds/daily.${format}`);
      expect(XMLValidator.validate(document)).toBe(true);
      // As HTML, twice escaped or in CDATA: never a script.
      const parsed = new XMLParser({ cdataPropName: '#text' }).parse(document);
      const description = JSON.stringify(parsed);
      expect(description).toContain('**bold** α ');
      expect(description).not.toContain('alpha');
      expect(description).not.toContain('<script>window.hacked = 3');
    }
  });

  it('tell of the papers near to one, the newest first', async () => {
    const { items } = JSON.parse(await text('/feeds/similar/2501.04697.json')) as {
      items: { url: string; date_published: string }[];
    };
    expect(items.length).toBeGreaterThan(1);
    expect(items.some(({ url }) => url.endsWith('/papers/2501.04697'))).toBe(false);
    const days = items.map(({ date_published }) => date_published);
    expect(days).toEqual([...days].sort().reverse());
  });

  it.each([
    '/feeds/similar/9999.99999.atom',
    '/feeds/venues/None.atom',
    '/feeds/nothing.atom',
    '/feeds/daily.pdf',
    '/feeds/families/none.rss',
    '/feeds/authors/Nobody.atom',
    '/feeds/date/2025-02-30.atom',
    '/feeds/date.atom',
    '/feeds/venues/none.atom',
    '/feeds/constructor/none.atom',
    '/feeds/week/2025-12.atom',
    '/feeds/month/1999-01.atom',
  ])('there is none at %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe('what crawlers and programs read', () => {
  it('llms.txt lists the papers that run', async () => {
    const guide = await text('/llms.txt');
    expect(guide).toMatch(/^# Evenkeel\n/);
    expect(guide).toContain(`${site.url}/papers/2501.04697.md): partly`);
  });

  it('robots.txt leads to the sitemap, which leads to every paper', async () => {
    expect(await text('/robots.txt')).toContain(`Sitemap: ${site.url}/sitemap.xml`);
    const [part] = /[^<>]+sitemap-1\.xml/.exec(await text('/sitemap.xml')) ?? [];
    const document = await (await fetch(part!)).text();
    expect(XMLValidator.validate(document)).toBe(true);
    expect(document.match(/<loc>[^<]*\/papers\/[^<]+<\/loc>/g)).toHaveLength(40);
    expect((await get('/sitemap-2.xml')).status).toBe(404);
  });
});

describe('the picture of a paper', () => {
  it('is a PNG of 1200 × 630, which its page names', async () => {
    const response = await get('/pictures/papers/2501.04697.png');
    expect(response.headers.get('content-type')).toBe('image/png');
    const bytes = new DataView(await response.arrayBuffer());
    expect([bytes.getUint32(16), bytes.getUint32(20)]).toEqual([1200, 630]);
    expect(await text('/papers/2501.04697')).toContain(
      `<meta property="og:image" content="${site.url}/pictures/papers/2501.04697.png"`,
    );
  });

  it('is drawn for hostile titles and old ids too', async () => {
    const [paper] = (await (await get('/api/daily_papers?date=2025-12-12')).json()) as { id: string }[];
    for (const id of [paper?.id, 'math/0309136']) {
      expect((await get(`/pictures/papers/${id}.png`)).status).toBe(200);
    }
    expect((await get('/pictures/papers/none.png')).status).toBe(404);
  });
});
