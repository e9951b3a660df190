import { openFeed } from '@evenkeel/feed';
import { dataFiles } from '@evenkeel/methods/data';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../server/api.js';
import { openApiDocument } from '../server/openApi/document.js';
import { closeSite, openSite } from '../server/site.js';
import { type FakeArxiv, startFakeArxiv } from './fakeArxiv.js';
import { startTestSite, type TestSite } from './site.js';

const admin = 'admin@example.org';

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, Answer>>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

let site: TestSite;
let arxiv: FakeArxiv;
let paths: Paths;
let token: string;
let validate: (schema: object) => ValidateFunction;

beforeAll(async () => {
  arxiv = await startFakeArxiv();
  site = await startTestSite({ admins: [admin], sources: { query: arxiv.url } });
  const feed = await openFeed({ dataDir: `${site.folder}/data` }, { admins: [admin] });
  const link = await feed.people.requestSignIn(admin);
  const account = await feed.people.session((await feed.people.signIn(link!.secret))!);
  token = await feed.people.createToken(account!.id, 'test');
  await feed.importSavedPage(new TextEncoder().encode(JSON.stringify([everythingThere])), {
    savedOn: '2025-12-12',
    name: 'daily.json',
  });
  await feed.close();
  const document = (await (await fetch(`${site.url}/api/openapi.json`)).json()) as {
    paths: Paths;
    components: object;
  };
  paths = document.paths;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', ...closed({ components: document.components }) });
  validate = (schema) => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')));
}, 180_000);

afterAll(async () => {
  await site?.close();
  await arxiv?.close();
});

/** A paper with every field that a source may give. */
const everythingThere = {
  paper: {
    id: '2512.00001',
    title: 'A paper with everything',
    summary: 'It has it all.',
    authors: [{ name: 'Ada Lovelace' }],
    publishedAt: '2025-12-01T10:00:00.000Z',
    upvotes: 7,
    githubRepo: 'https://github.com/o/r',
    githubStars: 3,
    projectPage: 'https://example.org/p',
    ai_summary: 'All of it.',
    ai_keywords: ['everything'],
    organization: {
      _id: '0123456789abcdef01234567',
      name: 'lab',
      fullname: 'The Lab',
      avatar: 'https://example.org/a.png',
    },
    mediaUrls: ['https://example.org/film.mp4', 'javascript:alert(1)'],
  },
  numComments: 2,
};

/** The same schemas, in which nothing is allowed that they do not name. */
function closed(schema: object): object {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, closed(value as object)]),
  );
  return 'properties' in schema && 'type' in schema ? { ...parts, additionalProperties: false } : parts;
}

it('the description is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(JSON.stringify(openApiDocument(site.url))))).toEqual({
    valid: true,
  });
  expect(validator.version).toBe('3.1');
});

it('every route is described, and nothing else', async () => {
  const opened = await openSite({ dataDir: `${site.folder}/routes` });
  try {
    /** Addresses that the description writes out where the routes have one name for all. */
    const written: Readonly<Record<string, readonly string[]>> = {
      '/feeds/{name}': ['/feeds/{name}.{format}'],
      '/pictures/papers/{name}': ['/pictures/papers/{id}.png'],
      '/papers/{id}': ['/papers/{id}', '/papers/{id}.md'],
      '/{name}': ['/sitemap-{part}.xml'],
    };
    const routes = createApi(opened, { requests: 1 })
      .routes.filter(({ method }) => method !== 'ALL')
      .flatMap(({ method, path }) => {
        const plain = path.replace(/:(\w+)(?:\{.*?\}(?=\/|$))?/g, '{$1}');
        return (written[plain] ?? [plain]).map((each) => `${method.toLowerCase()} ${each}`);
      });
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    // Metrics are answered before the routes.
    expect(described.filter((each) => each !== 'get /metrics').sort()).toEqual([...new Set(routes)].sort());
  } finally {
    await closeSite(opened);
  }
});

/** Asks an address of a described path, and holds the answer against the description. */
async function ask(path: string, address: string, request: RequestInit = {}): Promise<unknown> {
  const response = await fetch(site.url + address, request);
  const method = (request.method ?? 'GET').toLowerCase();
  const described = paths[path]?.[method]?.responses[String(response.status)];
  expect(described, `${method} ${address}: ${response.status} is described`).toBeDefined();
  const type = (response.headers.get('content-type') ?? '').replace(/;.*/, '');
  if (!described?.content) return undefined;
  expect(Object.keys(described.content), `${method} ${address}`).toContain(type);
  if (type !== 'application/json') return response.text();
  const body: unknown = await response.json();
  const check = validate(described.content[type]!.schema);
  expect(check(body) ? [] : check.errors, `${method} ${address}`).toEqual([]);
  if (response.status >= 400 && response.status !== 503) {
    expect(response.headers.get('x-error-code')).toMatch(/^[A-Z]\w+$/);
    expect(response.headers.get('x-error-message')).toBeTruthy();
  }
  return body;
}

const as = (body: unknown, authorization = `Bearer ${token}`): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { authorization, 'content-type': 'application/json' },
});

describe('answers are as they are described', () => {
  it.each([
    ['/api/daily_papers', '/api/daily_papers?limit=100'],
    ['/api/daily_papers', '/api/daily_papers?date=2025-12-12'],
    ['/api/daily_papers', '/api/daily_papers?sort=trending&submitter=evenkeel'],
    ['/api/daily_papers', '/api/daily_papers?limit=1000'],
    ['/api/papers', '/api/papers?limit=100'],
    ['/api/papers', '/api/papers?cursor=x'],
    ['/api/papers/search', '/api/papers/search?q=everything'],
    ['/api/papers/search', `/api/papers/search?q=${'x'.repeat(251)}`],
    ['/api/papers/{id}', '/api/papers/2501.04697'],
    ['/api/papers/{id}', '/api/papers/2512.00001'],
    ['/api/papers/{id}', '/api/papers/math/0309136'],
    ['/api/papers/{id}', '/api/papers/none'],
    ['/api/models', '/api/models?filter=arxiv:2501.04697'],
    ['/api/datasets', '/api/datasets?filter=arxiv:2501.04697'],
    ['/api/spaces', '/api/spaces?filter=arxiv:2501.04697'],
    ['/api/arxiv/{id}/repos', '/api/arxiv/2501.04697/repos'],
    ['/api/results/{slug}', '/api/results/grokking-edge'],
    ['/api/results/{slug}', '/api/results/none'],
    ['/api/openapi.json', '/api/openapi.json'],
    ['/api/whoami-v2', '/api/whoami-v2'],
    ['/papers/{id}.md', '/papers/2501.04697.md'],
    ['/papers/{id}.md', '/papers/none.md'],
    ['/pictures/papers/{id}.png', '/pictures/papers/2501.04697.png'],
    ['/pictures/papers/{id}.png', '/pictures/papers/none.png'],
    ['/feeds/{name}.{format}', '/feeds/daily.atom'],
    ['/feeds/{name}.{format}', '/feeds/trending.rss'],
    ['/feeds/{name}.{format}', '/feeds/search.json?q=grokking'],
    ['/feeds/{name}.{format}', '/feeds/none.json'],
    ['/llms.txt', '/llms.txt'],
    ['/robots.txt', '/robots.txt'],
    ['/sitemap.xml', '/sitemap.xml'],
    ['/sitemap-{part}.xml', '/sitemap-1.xml'],
    ['/sitemap-{part}.xml', '/sitemap-9.xml'],
    ['/digest/preview', '/digest/preview?family=vision'],
    [
      '/digest/preview',
      `/digest/preview?${new URLSearchParams(
        Array(41)
          .fill(0)
          .map((_, i) => ['family', `f${i}`]),
      )}`,
    ],
    ['/u/{token}', '/u/none'],
    ['/data/{name}', '/data/none'],
    ['/healthz', '/healthz'],
    ['/readyz', '/readyz'],
    ['/metrics', '/metrics'],
  ])('%s: %s', async (path, address) => {
    await ask(path, address);
  });

  it('/papers/{id} with Accept: text/markdown', async () => {
    await ask('/papers/{id}', '/papers/2501.04697', { headers: { accept: 'text/markdown' } });
  });

  it('/data/{name}: a file that is there', async () => {
    const file = dataFiles.find(({ name }) => name.endsWith('.json')) ?? dataFiles[0]!;
    expect((await fetch(`${site.url}/data/${file.name}`)).status).toBe(200);
    await ask('/data/{name}', `/data/${file.name}`);
  });

  it('what accounts do, and what they may not', async () => {
    await ask('/api/whoami-v2', '/api/whoami-v2', { headers: { authorization: `Bearer ${token}` } });
    const index = '/api/papers/index';
    for (const body of [{ arxivId: '2511.00042' }, { arxivId: '2511.00042' }, { arxivId: 'x' }, []]) {
      await ask(index, index, as(body));
    }
    await ask(index, index, as({ arxivId: '2511.00043' }, 'Bearer none'));
    const { authors, discussionId } = (await ask('/api/papers/{id}', '/api/papers/2511.00042')) as {
      authors: { _id: string }[];
      discussionId: string;
    };
    const links = '/api/papers/{id}/links';
    await ask(links, `/api/papers/${discussionId}/links`, as({ projectPage: 'https://example.org/x' }));
    await ask(links, `/api/papers/${discussionId}/links`, as({ projectPage: 'x' }));
    await ask(links, '/api/papers/none/links', as({ projectPage: 'https://example.org/x' }));
    const claim = '/api/settings/papers/claim';
    const asked = { paperId: '2511.00042', claimAuthorId: authors[0]?._id };
    await ask(claim, claim, as(asked));
    await ask(claim, claim, as({ ...asked, targetUserId: '0'.repeat(24) }));
    await ask(claim, claim, as({ ...asked, paperId: 'none' }));
    await ask('/feeds/{name}.{format}', '/feeds/venues/ICLR%202026.atom');
    expect(await (await fetch(`${site.url}/papers/2511.00042`)).text()).toContain(
      'href="/venues/ICLR%202026"',
    );
    expect(await (await fetch(`${site.url}/venues/ICLR%202026`)).text()).toContain(
      'A paper of number 2511.00042',
    );
    const [item] = (await ask('/api/papers', '/api/papers?limit=1')) as { authors: unknown[] }[];
    expect(item?.authors).toMatchObject([{ name: 'Ada Lovelace', status: 'claimed' }]);
  });

  it('forms of mail', async () => {
    const form = new URLSearchParams({ family: 'vision' });
    await ask('/digest/preview', '/digest/preview', { method: 'POST', body: form });
    await ask('/digest/preview', '/digest/preview', { method: 'POST', body: '{}' });
    await ask('/u/{token}', '/u/none', { method: 'POST', body: 'List-Unsubscribe=One-Click' });
  });
});

it('what a source told stands in both places, and only what is well formed', async () => {
  const items = (await (await fetch(`${site.url}/api/daily_papers?date=2025-12-12`)).json()) as {
    id: string;
    paper: object;
  }[];
  const item = items.find(({ id }) => id === '2512.00001')!;
  const told = {
    organization: {
      _id: '0123456789abcdef01234567',
      name: 'lab',
      fullname: 'The Lab',
      avatarUrl: 'https://example.org/a.png',
    },
    mediaUrls: ['https://example.org/film.mp4'],
    ai_summary: 'All of it.',
    ai_keywords: ['everything'],
    githubRepo: 'https://github.com/o/r',
    githubStars: 3,
    projectPage: 'https://example.org/p',
    upvotes: 7,
  };
  expect(item).toMatchObject({ ...told, paper: told, numComments: 2 });
});
