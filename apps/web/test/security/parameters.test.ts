import Connection from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PeopledSite, startPeopledSite } from './peopledSite.js';

/** Texts that try to end a statement, a pattern, a header, a path or the patience of whoever reads them. */
const hostile: Readonly<Record<string, string>> = {
  'a quote': `'`,
  'a statement': `'; DROP TABLE paper; --`,
  'double quotes': `" or ""="`,
  'what is always true': `' OR 1=1 --`,
  'a union': `1 UNION SELECT email FROM account`,
  'a pattern': `%_%`,
  'a backslash': `\\`,
  'a NUL': `a\0b`,
  'lines of a header': 'x\r\nset-cookie: evenkeel=x\r\nx-evil: 1',
  'a path': '../../../../etc/passwd',
  'a script': `"><script>window.hacked = 40</script>`,
  'a full-text query': `"a NEAR b*) AND -NOT title:`,
  'an exotic letter': '\u{1f600}\u202e\ufffe',
  'a very long text': 'x'.repeat(6000),
  nothing: '',
};
/** Half of a pair of UTF-16, as no text of Unicode has it: bytes that are no UTF-8 in addresses and forms. */
const half = '%ED%A0%80';

const encoded = [...Object.values(hostile).map(encodeURIComponent), half];

let peopled: PeopledSite;
let tables: Map<string, readonly string[]>;

beforeAll(async () => {
  peopled = await startPeopledSite();
  tables = readTables();
}, 180_000);
afterAll(() => peopled?.close());

/** Every table with its definition and rows. */
function readTables(): Map<string, readonly string[]> {
  const database = new Connection(`${peopled.site.folder}/data/evenkeel.db`, { readonly: true });
  try {
    const found = database.prepare("select name, sql from sqlite_master where type = 'table'").all() as {
      name: string;
      sql: string;
    }[];
    return new Map(
      found
        // What the search keeps of the papers is made anew by itself.
        .filter(({ name }) => !/^(?:sqlite|search|paper_(?:text|words)|lsa|vector|embedding)/.test(name))
        .map(({ name, sql }) => [
          name,
          [
            sql,
            ...database
              .prepare(`select * from "${name}"`)
              .all()
              .map((row) => JSON.stringify(row)),
          ],
        ]),
    );
  } finally {
    database.close();
  }
}

let visitors = 0;
/** Asks from a computer of its own, so that no limit answers in place of what is asked. */
async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  visitors++;
  const address = `10.${(visitors >> 8) & 255}.${visitors & 255}.1`;
  const headers = { accept: 'text/html', 'x-forwarded-for': address, ...init.headers };
  const response = await fetch(peopled.site.url + path, { redirect: 'manual', ...init, headers });
  const what = `${init.method ?? 'GET'} ${path.slice(0, 200)} ${String(init.body ?? '').slice(0, 200)}`;
  expect(response.status, what).toBeLessThan(500);
  expect(response.headers.get('x-evil'), what).toBeNull();
  expect(response.headers.getSetCookie().join(), what).not.toContain('evenkeel=x');
  const text = await response.text();
  expect(text.match(/root:x:0|SQLITE|sqlite_|syntax error/)?.[0], what).toBeUndefined();
  const isPage = response.headers.get('content-type')?.startsWith('text/html');
  if (isPage) expect(text.match(/.{40}<script>window/s)?.[0], what).toBeUndefined();
  return response;
}

/** Addresses with a place for a text; all of the API stand in its description. */
const pages = [
  '/?family={}',
  '/?sort={}',
  '/papers/date/{}',
  '/papers/week/{}',
  '/papers/month/{}',
  '/papers/month/2025-12?family={}',
  '/papers/month/2025-12?sort={}',
  '/papers/month/2025-12?page={}',
  '/papers/trending?family={}',
  '/papers/{}',
  '/papers/cs/{}',
  '/papers/2501.04697?similar={}',
  '/papers/{}.md',
  '/pictures/papers/{}.png',
  '/families/{}',
  '/families/pruning?sort={}',
  '/authors/{}',
  '/tags/{}',
  '/people/{}',
  '/examples/{}',
  '/search?q={}',
  ...['family', 'author', 'tag', 'from', 'to', 'runs', 'page'].map((name) => `/search?q=training&${name}={}`),
  '/papers?q={}',
  '/sign-in?next={}',
  '/sign-in/{}',
  '/subscribe/confirm/{}',
  '/subscribe/preferences/{}',
  '/u/{}',
  '/data/{}',
  '/feeds/families/{}.atom',
  '/feeds/authors/{}.rss',
  '/feeds/tags/{}.json',
  '/feeds/search.atom?q={}',
  ...['family', 'tags', 'searches'].map((name) => `/digest/preview?${name}={}`),
  '/{}',
];
/** Of whoever is signed in. */
const ownPages = [
  '/reading-list?q={}',
  '/reading-list?state={}',
  '/account/export?format={}',
  '/following?x={}',
];

describe('no text does harm', () => {
  it.each(pages)(
    'in %s',
    async (address) => {
      for (const text of encoded) await ask(address.replace('{}', text));
    },
    60_000,
  );

  it.each(ownPages)('in %s', async (address) => {
    const { cookie } = peopled.moderator;
    for (const text of encoded) await ask(address.replace('{}', text), { headers: { cookie } });
  });

  it('in any parameter of the API that its description names', async () => {
    const { paths } = (await (await fetch(`${peopled.site.url}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
    const asked: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        for (const parameter of operation.parameters ?? []) {
          asked.push(`${method} ${path} ${parameter.name}`);
          for (const text of encoded)
            await ask(addressWith(path, parameter, text), { method: method.toUpperCase() });
        }
        const fields = Object.keys(
          operation.requestBody?.content['application/json']?.schema.properties ?? {},
        );
        for (const field of fields) {
          asked.push(`${method} ${path} ${field}`);
          await askWithBody(path, field, fields);
        }
      }
    }
    expect(asked).toEqual(
      expect.arrayContaining(['get /api/daily_papers submitter', 'post /api/papers/index arxivId']),
    );
    expect(asked.length).toBeGreaterThan(20);
  }, 120_000);

  it('in the headers that say who asks', async () => {
    for (const text of encoded) {
      await ask('/account', { headers: { cookie: `evenkeel=${text}` } });
      await ask('/api/whoami-v2', { headers: { authorization: `Bearer ${text.slice(0, 4000)}` } });
      await ask('/feeds/daily.atom', { headers: { 'x-forwarded-for': text, 'x-forwarded-proto': text } });
    }
  });

  it('in any field of any form', async () => {
    const forms = await peopled.forms();
    const fields = forms.flatMap(({ name, fields }) =>
      Object.keys(fields).map((field) => `${name} ${field}`),
    );
    expect(new Set(forms.map(({ name }) => name))).toEqual(new Set(knownForms));
    for (const form of forms) {
      for (const field of Object.keys(form.fields)) {
        for (const text of encoded) {
          const body = Object.entries({ ...form.fields, [field]: text })
            .map(([name, value]) => `${name}=${name === field ? value : encodeURIComponent(value)}`)
            .join('&');
          const headers = { cookie: peopled.moderator.cookie, origin: 'http://papers.example.org' };
          const kind = { 'content-type': 'application/x-www-form-urlencoded' };
          if (form.method === 'GET') await ask(`${form.action.replace(/\?.*/, '')}?${body}`, { headers });
          else await ask(form.action, { method: 'POST', body, headers: { ...headers, ...kind } });
        }
      }
    }
    expect(fields.length).toBeGreaterThan(40);
  }, 300_000);

  it('nor has any done some', () => {
    const after = readTables();
    expect([...after.keys()]).toEqual([...tables.keys()]);
    for (const [name, [definition, ...rows]] of tables) {
      const [now, ...left] = after.get(name)!;
      expect(now, name).toBe(definition);
      // The moderator's form settles a report, whatever stands in its other field.
      const settled = name === 'comment_report' ? rows.length : 0;
      expect(left.length, name).toBeGreaterThanOrEqual(rows.length - settled);
    }
    for (const name of ['session', 'daily_entry', 'paper_author', 'paper_alias', 'vote', 'digest_secret']) {
      expect(after.get(name), name).toEqual(tables.get(name));
    }
    const columns = (rows: readonly string[], ...names: string[]) =>
      rows.slice(1).map((row) => names.map((each) => (JSON.parse(row) as Record<string, unknown>)[each]));
    expect(columns(after.get('paper')!, 'id', 'title', 'abstract')).toEqual(
      columns(tables.get('paper')!, 'id', 'title', 'abstract'),
    );
    expect(columns(after.get('account')!, 'id', 'email', 'blocked_at')).toEqual(
      columns(tables.get('account')!, 'id', 'email', 'blocked_at'),
    );
  });
});

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Record<string, { readonly schema: { readonly properties?: Record<string, object> } }>;
  };
}

/** Good values of parameters of paths. */
const usual: Readonly<Record<string, string>> = {
  id: '2501.04697',
  slug: 'grokking-edge',
  name: 'daily',
  format: 'atom',
};

function addressWith(path: string, parameter: Parameter, text: string): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    parameter.in === 'path' && name === parameter.name ? text : usual[name]!,
  );
  return parameter.in === 'query' ? `${filled}?${parameter.name}=${text}` : filled;
}

async function askWithBody(path: string, field: string, fields: readonly string[]): Promise<void> {
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => usual[name]!);
  const headers = { authorization: `Bearer ${peopled.token}`, 'content-type': 'application/json' };
  const good: Record<string, string> = { paperId: '2511.00042', arxivId: '2511.00042' };
  const others = Object.fromEntries(fields.filter((each) => each in good).map((each) => [each, good[each]]));
  for (const text of [...Object.values(hostile), '\ud800', 7, null, [], {}, true]) {
    await ask(address, { method: 'POST', headers, body: JSON.stringify({ ...others, [field]: text }) });
  }
}

/** A form that is new belongs here. */
const knownForms = [
  'GET /authors/{name}',
  'GET /papers/month/{name}',
  'GET /papers/trending',
  'GET /papers/week/{name}',
  'GET /reading-list',
  'GET /search',
  'GET /tags/{name}',
  'GET /venues/{name}',
  'POST /account?/createToken',
  'POST /account?/delete',
  'POST /account?/email',
  'POST /account?/profile',
  'POST /account?/revokeToken',
  'POST /account?/signOut',
  'POST /account?/signOutEverywhere',
  'POST /following?/follow',
  'POST /following?/unfollow',
  'POST /moderation?/assign',
  'POST /moderation?/block',
  'POST /moderation?/claim',
  'POST /moderation?/comment',
  'POST /moderation?/comments',
  'POST /papers/{id}?/claim',
  'POST /papers/{id}?/comment',
  'POST /papers/{id}?/deleteComment',
  'POST /papers/{id}?/hideComment',
  'POST /papers/{id}?/read',
  'POST /papers/{id}?/report',
  'POST /papers/{id}?/vote',
  'POST /reading-list',
  'POST /sign-in',
  'POST /submit',
  'POST /subscribe',
  'POST /subscribe/preferences/{token}',
  'POST /u/{token}',
];
