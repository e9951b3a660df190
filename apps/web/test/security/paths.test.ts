import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestSite, type TestSite } from '../site.js';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite();
}, 180_000);
afterAll(() => site?.close());

/** Asks for a path as it stands; `fetch` would take its dots out. */
function ask(path: string, headers = {}): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(site.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

const climbs = [
  '../../../../../../etc/passwd',
  '..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
  '..%252f..%252f..%252fetc%252fpasswd',
  '..%5c..%5c..%5cetc%5cpasswd',
  '....//....//....//etc/passwd',
  '%2fetc%2fpasswd',
  '/etc/passwd',
  'cs/../../../../../etc/passwd',
  'math/0309136/../../../../../../etc/passwd',
  '..%00/etc/passwd',
  '%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd',
  '../data/evenkeel.db',
  '..%2fpackage.json',
];

const places = [
  '/papers/{}',
  '/papers/{}.md',
  '/papers/cs/{}',
  '/api/papers/{}',
  '/api/papers/cs/{}',
  '/api/results/{}',
  '/pictures/papers/{}.png',
  '/data/{}',
  '/feeds/{}.atom',
  '/feeds/authors/{}.atom',
  '/_app/{}',
  '/_app/immutable/{}',
  '/{}',
  '/examples/{}',
  '/people/{}',
  '/u/{}',
];

it.each(places)('no path leads out of the site: %s', async (place) => {
  for (const climb of climbs) {
    const path = place.replace('{}', climb);
    for (const headers of [{}, { accept: 'text/markdown' }]) {
      const { status, text } = await ask(path, headers);
      expect([200, 307, 308, 400, 404], path).toContain(status);
      expect(text.match(/root:x:0|SQLite format|"workspaces"|"@evenkeel/)?.[0], path).toBeUndefined();
    }
  }
});

it('an id with a slash is one paper, in every way to write it, and its neighbours are none', async () => {
  for (const id of ['math/0309136', 'math%2F0309136', 'math/0309136v1']) {
    expect((await ask(`/api/papers/${id}`)).status, id).toBe(200);
    expect((await ask(`/papers/${id}.md`)).status, id).toBe(200);
    expect((await ask(`/pictures/papers/${id}.png`)).status, id).toBe(200);
  }
  for (const id of [
    'math/../math/0309136',
    'math//0309136',
    'math/0309136/',
    './math/0309136',
    'math%5C0309136',
  ]) {
    const { status, text } = await ask(`/api/papers/${id}`);
    if (status === 200) expect(JSON.parse(text)).toMatchObject({ id: 'math/0309136' });
    else expect(status, id).toBe(404);
  }
});

it('recorded results come from their folder, and from files of results only', async () => {
  expect((await ask('/api/results/grokking-edge')).status).toBe(200);
  for (const slug of [
    'data',
    'data/evenkeel',
    '.',
    '..',
    'grokking-edge.json',
    'Grokking-edge',
    '__proto__',
  ]) {
    expect((await ask(`/api/results/${slug}`)).status, slug).toBe(404);
  }
});
