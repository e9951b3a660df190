import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostile, startTestSite, type TestSite } from './site.js';

type Json = Record<string, unknown>;

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
}, 180_000);
afterAll(() => site?.close());

const get = (path: string) => fetch(site.url + path);
const list = async (path: string) =>
  (await (await get(path)).json()) as (Json & { paper: Json; id: string })[];
const one = async (path: string) => (await (await get(path)).json()) as Json;

describe('GET /api/daily_papers', () => {
  it('gives items in the wire format, with what clients read in both places', async () => {
    const items = await list('/api/daily_papers?date=2025-12-12');
    expect(items.map((item) => item.title)).toEqual([
      hostile.title,
      'Grokking at the Edge of Numerical Stability',
    ]);
    expect(items[1]).toMatchObject({
      id: '2501.04697',
      summary: expect.stringMatching(/^An abstract for the tests/),
      publishedAt: '2025-12-12T00:00:00.000Z',
      upvotes: 0,
      numComments: 2,
      isAuthorParticipating: false,
      thumbnail: `${site.url}/pictures/papers/2501.04697.png`,
      submittedBy: { name: 'evenkeel', user: 'evenkeel', type: 'org', isPro: false },
      githubRepo: expect.stringMatching(/^https:/),
      paper: {
        id: '2501.04697',
        publishedAt: '2025-01-08T00:00:00.000Z',
        upvotes: 0,
        discussionId: expect.stringMatching(/^[0-9a-f]{24}$/),
        authors: [],
        githubRepo: expect.stringMatching(/^https:/),
      },
    });
  });

  it('says under its own key what runs here and what came of it', async () => {
    const [foreign, own] = await list('/api/daily_papers?date=2025-12-12');
    expect(foreign?.evenkeel).toEqual({ implemented: false });
    expect(own?.evenkeel).toEqual({
      implemented: true,
      slug: 'grokking-edge',
      runUrl: `${site.url}/papers/2501.04697#run`,
      baseline: 'AdamW',
      lastRun: '2025-12-12T10:00:00.000Z',
      verdict: 'partly',
    });
  });

  it('gives the last day before a day without papers', async () => {
    expect(await list('/api/daily_papers?date=2026-01-01')).toHaveLength(2);
    expect(await list('/api/daily_papers?date=2003-01-01')).toEqual([]);
  });

  it('goes through all days, newest first, page by page', async () => {
    const ids: string[] = [];
    let path: string | undefined = '/api/daily_papers?limit=15';
    for (let pages = 0; path !== undefined; pages++) {
      expect(pages).toBeLessThan(4);
      const response = await get(path);
      ids.push(...((await response.json()) as { id: string }[]).map(({ id }) => id));
      path = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(ids).toHaveLength(39);
    expect(new Set(ids).size).toBe(39);
    expect(ids.slice(0, 2)).toEqual((await list('/api/daily_papers?date=2025-12-12')).map(({ id }) => id));
    expect(ids.at(-1)).toBe('math/0309136');
  });

  it.each([
    ['date=2025-02-30', 'date'],
    ['date=today', 'date'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['p=-1', 'p'],
    ['week=2025-50', 'week'],
    ['month=2025-13', 'month'],
    ['sort=votes', 'sort'],
  ])('refuses %s with what it expected', async (query, name) => {
    const response = await get(`/api/daily_papers?${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('x-error-code')).toBe('BadRequest');
    const { error } = (await response.json()) as { error: string };
    expect(error).toMatch(new RegExp(`^${name}: got .*, expected `));
    expect(response.headers.get('x-error-message')).toBe(error);
  });
});

describe('GET /api/daily_papers of longer times', () => {
  it('gives a week and a month, and only one of them at a time', async () => {
    expect(await list('/api/daily_papers?week=2025-W50')).toHaveLength(39);
    expect(await list('/api/daily_papers?month=2025-12&limit=100')).toHaveLength(39);
    expect(await list('/api/daily_papers?week=2003-W01')).toEqual([]);
    expect((await get('/api/daily_papers?week=2025-W50&month=2025-12')).status).toBe(400);
  });

  it('leads to the next page by its header, with what was asked', async () => {
    const { headers } = await get('/api/daily_papers?month=2025-12&limit=10&p=2');
    expect(headers.get('link')).toBe('</api/daily_papers?month=2025-12&limit=10&p=3>; rel="next"');
    expect((await get('/api/daily_papers?month=2025-12&limit=10&p=3')).headers.get('link')).toBeNull();
    expect(await list('/api/daily_papers?month=2025-12&limit=10&p=4')).toEqual([]);
  });

  it('knows one submitter, itself', async () => {
    expect(await list('/api/daily_papers?submitter=evenkeel&limit=3')).toHaveLength(3);
    expect(await list('/api/daily_papers?submitter=nobody')).toEqual([]);
  });
});

describe('GET /api/papers', () => {
  it('goes through all papers by its cursor, newest first', async () => {
    const items: (Json & { paper: Json; id: string })[] = [];
    let path: string | undefined = '/api/papers?limit=15';
    while (path !== undefined) {
      const response = await get(path);
      items.push(...((await response.json()) as typeof items));
      path = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(new Set(items.map(({ id }) => id)).size).toBe(39);
    const dates = items.map(({ paper }) => String(paper.publishedAt));
    expect(dates).toEqual([...dates].sort().reverse());
  });
});

it('quickly has nothing for programs that ask about agents', async () => {
  const response = await get('/api/agent-harnesses');
  expect(response.status).toBe(404);
  expect(response.headers.get('x-error-code')).toBe('NotFound');
});

it.each(['models', 'datasets', 'spaces'])('GET /api/%s has no artifacts', async (kind) => {
  expect(await list(`/api/${kind}?filter=arxiv:2501.04697`)).toEqual([]);
});

describe('every answer', () => {
  it.each([
    '/api/papers/2501.04697',
    '/api/daily_papers',
    '/api/papers',
    '/api/papers/search?q=load',
    '/api/openapi.json',
  ])('has an ETag by which it is not sent again: %s', async (path) => {
    const first = await get(path);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\/"/);
    const again = await fetch(site.url + path, { headers: { 'if-none-match': tag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect(again.headers.get('etag')).toBe(tag);
  });

  it('says what is left of the limit', async () => {
    const { headers } = await get('/api/papers/2501.04697');
    expect(headers.get('ratelimit-policy')).toBe('500;w=300');
    expect(headers.get('ratelimit')).toMatch(/limit=500, remaining=\d+, reset=\d+/);
  });
});

it('answers 429 above the limit, with when to come back', async () => {
  const strict = await startTestSite({ rateLimit: { requests: 2 } });
  try {
    const ask = () => fetch(`${strict.url}/api/papers/2501.04697`);
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toEqual({ error: 'more than 2 requests within five minutes' });
    expect((await fetch(`${strict.url}/healthz`)).status).toBe(200);
    expect((await fetch(strict.url)).status).toBe(200);
  } finally {
    await strict.close();
  }
});

describe('GET /api/papers/search', () => {
  it('keeps to a family, an author, a tag and days', async () => {
    const ids = async (filters: string) =>
      (await list(`/api/papers/search?q=training${filters}`)).map((item) => item.paper.id);
    const all = await ids('');
    const some = await ids('&family=federated');
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(all.length);
    expect(await ids('&author=Nobody')).toEqual([]);
    expect(await ids('&tag=none&to=2025-12-12')).toEqual([]);
    expect((await get('/api/papers/search?q=x&from=yesterday')).status).toBe(400);
  });

  it('gives wrapped items, best first', async () => {
    const items = await list('/api/papers/search?q=grokking');
    expect(items[0]).toMatchObject({ id: '2501.04697', source: 'evenkeel', paper: { id: '2501.04697' } });
  });

  it('gives nothing for nothing', async () => {
    expect(await list('/api/papers/search')).toEqual([]);
    expect(await list('/api/papers/search?q=zzzzqqq')).toEqual([]);
  });

  it('refuses more than 250 characters and odd limits, and survives odd words', async () => {
    expect((await get(`/api/papers/search?q=${'x'.repeat(251)}`)).status).toBe(400);
    expect((await get('/api/papers/search?q=x&limit=121')).status).toBe(400);
    for (const odd of ['"', 'AND OR NOT', "'; DROP TABLE paper; --", 'a*b:c^d', '%00', '\u{1f600}']) {
      expect((await get(`/api/papers/search?q=${encodeURIComponent(odd)}`)).status).toBe(200);
    }
  });
});

describe('GET /api/papers/{id}', () => {
  it('gives one flat object, whose date is that of the paper', async () => {
    const paper = await one('/api/papers/2501.04697');
    expect(paper).toMatchObject({
      id: '2501.04697',
      publishedAt: '2025-01-08T00:00:00.000Z',
      submittedOnDailyAt: '2025-12-12T00:00:00.000Z',
      submittedOnDailyBy: { user: 'evenkeel' },
      linkedModels: [],
      numTotalSpaces: 0,
    });
    expect(paper).not.toHaveProperty('paper');
  });

  it.each(['2501.04697v2', 'grokking-edge', '2501.4697', '2501%2E04697'])(
    'knows the paper as %s too',
    async (id) => {
      expect(await one(`/api/papers/${id}`)).toMatchObject({ id: '2501.04697' });
    },
  );

  it.each(['math/0309136', 'math%2F0309136', 'math/0309136v1'])('takes the old id %s', async (id) => {
    expect(await one(`/api/papers/${id}`)).toMatchObject({ id: 'math/0309136' });
  });

  it('answers 404 in JSON and in headers for a paper that it does not have', async () => {
    const response = await get('/api/papers/9999.99999');
    expect(response.status).toBe(404);
    expect(response.headers.get('x-error-code')).toBe('PaperNotFound');
    expect(await response.json()).toEqual({ error: 'paper 9999.99999: not found' });
  });

  it('keeps headers clean whatever the id', async () => {
    const response = await get('/api/papers/%E2%8A%A5%0D%0Ax-evil%3A%201');
    expect(response.status).toBe(404);
    expect(response.headers.get('x-evil')).toBeNull();
    expect(response.headers.get('x-error-message')).toBe('paper ???x-evil: 1: not found');
  });
});

describe('GET /api/results/{slug}', () => {
  it('gives the recorded results', async () => {
    expect(await one('/api/results/grokking-edge')).toMatchObject({ format: 2, paper: 'grokking-edge' });
  });

  it.each(['bytescale', 'anyloss', 'nothing', '..%2Fdata', '%2e%2e'])('has none for %s', async (slug) => {
    expect((await get(`/api/results/${slug}`)).status).toBe(404);
  });
});

it.each([
  [405, 'MethodNotAllowed', { method: 'PUT', body: '{}' }],
  [413, 'PayloadTooLarge', { method: 'POST', body: 'x'.repeat(70_000) }],
])('refuses with %i in JSON and in headers what it does not take at all', async (status, code, request) => {
  const response = await fetch(`${site.url}/api/papers/index`, request);
  expect(response.status).toBe(status);
  expect(response.headers.get('x-error-code')).toBe(code);
  const { error } = (await response.json()) as { error: string };
  expect(response.headers.get('x-error-message')).toBe(error);
});

it('answers other addresses of the API with 404 in JSON', async () => {
  const response = await get('/api/nothing');
  expect(response.status).toBe(404);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await response.json()).toEqual({ error: 'no such address: /api/nothing' });
});
