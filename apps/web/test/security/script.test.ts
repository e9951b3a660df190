import { createHash } from 'node:crypto';
import * as cheerio from 'cheerio';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, skipWithoutChromium } from '../chromium.js';
import { type PeopledSite, paper, scripts, startPeopledSite } from './peopledSite.js';

let peopled: PeopledSite;
/** Of the paper whose title and abstract are scripts. */
let hostilePaper: string;

beforeAll(async () => {
  peopled = await startPeopledSite();
  const answer = await fetch(`${peopled.site.url}/api/daily_papers?date=2025-12-12`);
  hostilePaper = `/papers/${((await answer.json()) as { id: string }[])[0]!.id}`;
  const { writer, moderator } = peopled;
  for (const visitor of [writer, moderator]) {
    await visitor.post(`${hostilePaper}?/read`, { state: 'unread', note: scripts.note });
  }
}, 180_000);
afterAll(() => peopled?.close());

/** Where words of papers and readers stand, and a piece of them as it has to be there. */
const places = (): [path: string, words: string][] => [
  ['/papers/date/2025-12-12', 'Break </title>'],
  ['/papers/week/2025-W50', 'Break </title>'],
  ['/papers/month/2025-12', 'Break </title>'],
  ['/papers/trending', 'Break </title>'],
  ['/search?q=break+bold', 'window.hacked = 1'],
  [`/search?q=${encodeURIComponent(scripts.search)}`, scripts.search],
  [hostilePaper, 'window.hacked = 1'],
  [`/papers/${encodeURIComponent(scripts.name)}`, scripts.name],
  [`/authors/${encodeURIComponent(scripts.name)}`, scripts.name],
  [`/tags/${encodeURIComponent(scripts.name)}`, scripts.name],
  [`/families/${encodeURIComponent(scripts.name)}`, scripts.name],
  [`/people/${encodeURIComponent(scripts.name)}`, scripts.name],
  [`/nothing/${encodeURIComponent(scripts.name)}`, 'There is no page at'],
  ['/people/writer', scripts.about],
  [paper, scripts.name],
  [paper, 'window.hacked = 23'],
  ['/digest/preview', 'Daily papers'],
  [`/digest/preview?searches=${encodeURIComponent('"><script>break</script>')}`, 'Daily papers'],
];
const ownPlaces = (): [path: string, words: string][] => [
  ['/reading-list', scripts.note],
  [hostilePaper, scripts.note],
  ['/following', scripts.search],
  ['/account', scripts.about],
  ['/moderation', scripts.reason],
];

/** What shows other documents, or leads back from a formula to HTML. */
const frames = ['iframe', 'object', 'embed', 'base', 'foreignobject', 'annotation-xml', 'maction', 'mglyph'];

/** Refuses all that runs: scripts that the policy does not name, handlers of events, addresses that are programs. */
function refuseScripts(html: string, policy: string, path: string): void {
  const allowed = [...policy.matchAll(/'(sha256-[^']+)'/g)].map(([, hash]) => hash);
  const page = cheerio.load(html);
  for (const element of page('*').toArray()) {
    if (!('attribs' in element)) continue;
    const shown = `${path}: ${page.html(element).slice(0, 200)}`;
    if (element.name === 'script') expect(allowed, shown).toContain(hashOf(page(element).text()));
    expect(frames, shown).not.toContain(element.name);
    if (page(element).closest('math').length > 0)
      expect(Object.keys(element.attribs), shown).not.toContain('href');
    for (const [name, value] of Object.entries(element.attribs)) {
      expect(name, shown).not.toMatch(/^on/i);
      if (['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name))
        expect(value, shown).not.toMatch(/^[\s\p{Cc}]*(?:javascript|vbscript|data:text)/iu);
    }
  }
}

const hashOf = (script: string): string => `sha256-${createHash('sha256').update(script).digest('base64')}`;

/** What a reader sees, in titles, texts and fields. */
function textOf(html: string): string {
  const page = cheerio.load(html);
  page('script, style').remove();
  const values = page('[value]')
    .toArray()
    .map((element) => page(element).attr('value'));
  return [page.text(), ...values].join('\n');
}

describe('words of papers and readers', () => {
  it('stay words on every page for everybody', async () => {
    for (const [path, words] of places()) {
      const response = await fetch(peopled.site.url + path, { headers: { accept: 'text/html' } });
      const html = await response.text();
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy, path).toContain("default-src 'none'");
      expect(policy.replace(/style-src[^;]*/g, ''), path).not.toMatch(
        /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')/,
      );
      refuseScripts(html, policy, path);
      expect(textOf(html), path).toContain(words);
    }
  });

  it('stay words on the pages of a reader and of a moderator', async () => {
    for (const [path, words] of ownPlaces()) {
      const visitor = path === '/moderation' ? peopled.moderator : peopled.writer;
      const response = await visitor.get(path);
      const html = await response.text();
      refuseScripts(html, response.headers.get('content-security-policy') ?? '', path);
      expect(textOf(html), path).toContain(words);
    }
  });

  it.each([
    ['/api/daily_papers?date=2025-12-12', 'application/json'],
    ['/feeds/daily.json', 'application/feed+json'],
    ['/feeds/daily.atom', 'application/atom+xml'],
    ['/feeds/daily.rss', 'application/rss+xml'],
    ['/llms.txt', 'text/plain'],
    [`/api/papers/${encodeURIComponent('<script>x</script>')}`, 'application/json'],
  ])('are never taken for a page elsewhere: %s', async (path, type) => {
    const { headers } = await fetch(peopled.site.url + path);
    expect(headers.get('content-type')).toMatch(new RegExp(`^${type.replace('+', '\\+')}`));
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  });
});

describe('the name of an e-mail address', () => {
  const address = '<script>window.hacked=50</script>@example.org';

  it.each([
    address,
    '"<script>window.hacked = 50</script>" <eve@example.org>',
    '"><img/src=x/onerror=window.hacked=50>@example.org',
  ])('that is a script is refused, and only shown as words: %s', async (text) => {
    const { site, mail } = peopled;
    const fields = { frequency: 'day', weekday: '1', hour: '8', zone: 'UTC' };
    for (const [path, form] of [
      ['/sign-in', { email: text }],
      ['/subscribe', { ...fields, address: text }],
    ] as const) {
      const response = await fetch(site.url + path, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { origin: 'http://papers.example.org', accept: 'text/html' },
      });
      expect(response.status).toBe(400);
      refuseScripts(await response.text(), response.headers.get('content-security-policy') ?? '', path);
    }
    expect(mail.received).toEqual([]);
  });
});

describe.skipIf(skipWithoutChromium())('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('nothing of it runs', async () => {
    const context = await browser.newContext();
    const { url } = peopled.site;
    const [name, value] = peopled.writer.cookie.split('=') as [string, string];
    await context.addCookies([{ name, value, url }]);
    const page = await context.newPage();
    for (const [path] of [...places(), ...ownPlaces()]) {
      if (path === '/moderation') continue;
      await page.goto(url + path);
      await page.waitForLoadState('load');
      expect(await page.evaluate('window.hacked'), path).toBeUndefined();
    }
    await context.close();
  }, 120_000);
});
