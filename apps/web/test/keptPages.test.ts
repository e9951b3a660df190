import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { openFeed } from '@evenkeel/feed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MailServer, startMailServer } from './mailServer.js';
import { rawAnswer } from './rawAnswer.js';
import { startTestSite, type TestSite } from './site.js';
import { Visitor } from './visitor.js';

const paper = '/papers/2501.04697';

let site: TestSite;
let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer();
  site = await startTestSite({ mail: { smtpUrl: mail.url, address: 'papers@example.org' } });
}, 180_000);
afterAll(async () => {
  await site?.close();
  await mail?.close();
});

const ask = (path: string, headers: Record<string, string> = {}) => rawAnswer(site.url, path, headers);
const textOf = async (path: string) => (await ask(path)).body.toString();

async function enter(email: string): Promise<Visitor> {
  const visitor = new Visitor(site.url);
  await visitor.signIn(email, mail);
  return visitor;
}

it('is the same page for visitors who are not signed in, unpacked from whatever they take', async () => {
  const plain = await ask('/');
  expect(plain.status).toBe(200);
  expect(plain.headers['cache-control']).toBe('no-cache');
  expect(plain.headers).not.toHaveProperty('content-encoding');
  for (const [accepted, encoding, unpack] of [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
  ] as const) {
    const { headers, body } = await ask('/', { 'accept-encoding': accepted });
    expect(headers).toMatchObject({
      'content-encoding': encoding,
      vary: expect.stringMatching(/accept-encoding/i),
    });
    expect(unpack(body).equals(plain.body)).toBe(true);
    expect(body.length).toBeLessThan(plain.body.length / 2);
  }
});

it('is sent once to whoever has it', async () => {
  const { headers, body } = await ask('/');
  const again = await ask('/', { 'if-none-match': String(headers.etag) });
  expect(again.status).toBe(304);
  expect(again.body).toHaveLength(0);
  expect(body.length).toBeGreaterThan(0);
});

it('comes to all who ask at once', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask('/papers/trending')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ body }) => body.toString())).size).toBe(1);
});

it('leaves out nothing that another process took in', async () => {
  await textOf('/papers/date/2025-12-19');
  const feed = await openFeed({ dataDir: join(site.folder, 'data'), searchModel: 'corpus' });
  await feed.addCatalogue(
    [
      {
        slug: 'late-paper',
        title: 'A paper that came late',
        arxivId: '2512.99999',
        date: '2025-12-18',
        authorCount: 1,
        family: 'vision',
        summary: 'It comes while its day is being read.',
      },
    ],
    '2025-12-19',
  );
  await feed.close();
  expect(await textOf('/papers/date/2025-12-19')).toContain('A paper that came late');
});

it('shows a vote at once, and who is signed in to nobody else', async () => {
  const ada = await enter('ada@example.org');
  const before = await textOf(paper);
  await ada.post(`${paper}?/vote`, { up: 'yes' });
  const own = await ada.get(paper);
  expect(own.headers.get('cache-control')).toBe('private, no-cache');
  expect(await own.text()).toContain('reader-');
  const after = await textOf(paper);
  expect(after).not.toBe(before);
  expect(after).not.toContain('reader-');
});

it('follows the recorded results', async () => {
  const [file, aside] = ['grokking-edge.json', 'aside'].map((name) => join(site.folder, name));
  const before = await textOf('/verdicts');
  await rename(file!, aside!);
  expect(await textOf('/verdicts')).not.toBe(before);
  await rename(aside!, file!);
  expect(await textOf('/verdicts')).toBe(before);
});

it('answers programs of the pages by what they ask for', async () => {
  const [all, some] = [
    await textOf('/__data.json?x-sveltekit-invalidated=11'),
    await textOf('/__data.json?x-sveltekit-invalidated=01'),
  ];
  expect(all).not.toBe(some);
});

it('says each time that an address leads nowhere', async () => {
  for (const path of ['/nothing', '/nothing', '/people/nobody', '/people/nobody'])
    expect((await ask(path)).status, path).toBe(404);
});
