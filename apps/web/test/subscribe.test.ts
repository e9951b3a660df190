import { request } from 'node:http';
import { openFeed } from '@evenkeel/feed';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isApiRequest } from '../server/api.js';
import { Attempts } from '../server/attempts.js';
import { loggedPath } from '../server/log.js';
import { mailerOf, offlineSender } from '../server/mail.js';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { type MailServer, startMailServer } from './mailServer.js';
import { hostile, startTestSite, type TestSite } from './site.js';
import { Visitor } from './visitor.js';

let mail: MailServer;
let site: TestSite;
const publicUrl = 'https://papers.example.org';
const controller = 'Test Ltd, 1 Test Street';

const settings = () => ({
  smtpUrl: mail.url,
  address: 'papers@example.org',
  name: 'Test papers',
  controller,
  perSecond: 1000,
});

beforeAll(async () => {
  mail = await startMailServer();
  site = await startTestSite({ mail: settings(), publicUrl });
}, 180_000);

afterAll(async () => {
  await site?.close();
  await mail?.close();
});

const form = {
  address: 'ada@example.net',
  frequency: 'day',
  weekday: '1',
  hour: '8',
  zone: 'Europe/Berlin',
  onlyNew: 'on',
};

/** Sends a form as a page of the site does. */
const post = (path: string, fields: Record<string, string> = {}, at: { url: string } = site) =>
  fetch(at.url + path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin: at.url, accept: 'text/html' },
    redirect: 'manual',
  });
const page = async (path: string) => (await fetch(site.url + path)).text();
const pathIn = (text: string, part: string) =>
  new URL(new RegExp(`https://\\S*/${part}/[0-9a-f]+`).exec(text)![0]).pathname;
const textOf = async (to: string) => (await mail.take(to)).mail.text ?? '';

/** Subscribes and confirms; gives the paths of the preferences. */
async function join(address: string, more: Record<string, string> = {}): Promise<string> {
  await post('/subscribe', { ...form, ...more, address });
  const confirm = pathIn(await textOf(address), 'subscribe/confirm');
  const answer = await (await post(confirm)).text();
  return /href="(\/subscribe\/preferences\/[0-9a-f]+)"/.exec(answer)![1]!;
}

/** Sends what is due at a moment, as another process of the same feed would. */
async function sendDue(at: number) {
  const feed = await openFeed({ dataDir: `${site.folder}/data` });
  const mailer = mailerOf(settings());
  try {
    return await feed.digest.run(mailer, offlineSender(settings(), publicUrl, site.folder), {
      now: () => at,
    });
  } finally {
    mailer.close();
    await feed.close();
  }
}

describe('the form', () => {
  it('works without scripts: a mail, a button, a subscription, another choice', async () => {
    const empty = await page('/subscribe');
    expect(empty).toContain('Papers by mail');
    expect(empty).toContain(controller);
    const answer = await post('/subscribe', form);
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringContaining('Look into your mail'),
    ]);
    const confirm = pathIn(await textOf('ada@example.net'), 'subscribe/confirm');
    for (let i = 0; i < 2; i++) expect(await page(confirm)).toContain('Yes, send them');
    const confirmed = await (await post(confirm)).text();
    expect(confirmed).toContain('You are subscribed');
    expect(confirmed).toContain('every working day at 08:00 (Europe/Berlin)');
    expect(await (await post(confirm)).text()).toContain('no longer good');
    const preferences = /href="(\/subscribe\/preferences\/[0-9a-f]+)"/.exec(confirmed)![1]!;
    const changed = await (await post(preferences, { ...form, frequency: 'week', weekday: '3' })).text();
    expect(changed).toContain('Saved.');
    expect(changed).toContain('every Wednesday at 08:00');
  });

  it.each([
    ['address', 'ada', 'Mail address: expected one such as'],
    ['address', 'ada@example.net\r\nBcc: bob@example.org', 'Mail address: expected one such as'],
    ['zone', 'Mars/Olympus', 'Time zone: expected'],
    ['hour', '24', 'Hour: expected'],
    ['frequency', 'hour', 'How often: expected'],
  ])('with a bad %s, %j, is shown again with what was written', async (name, value, reason) => {
    const answer = await post('/subscribe', {
      ...form,
      address: 'bad@example.net',
      tags: 'cs.XY',
      [name]: value,
    });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(text).toContain(reason);
    expect(text).toContain('value="cs.XY"');
    expect(mail.received.filter(({ to }) => to.includes('bad@example.net'))).toEqual([]);
  });

  it('answers the same, in the same words, for known and unknown addresses', async () => {
    await join('known@example.net');
    const answers = await Promise.all(
      ['known@example.net', 'unknown@example.net'].map(async (address) => {
        const answer = await post('/subscribe', { ...form, address });
        const text = (await answer.text()).replace(/<script[\s\S]*?<\/script>/g, '');
        return { status: answer.status, text };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    await mail.take('unknown@example.net');
  });

  it('is taken thirty times an hour from one network', () => {
    let now = 0;
    const attempts = new Attempts(2, () => now);
    const tries = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '198.51.100.1'].map((each) => attempts.allow(each));
    expect(tries).toEqual([true, true, false, true]);
    now = 3600_000;
    expect(attempts.allow('192.0.2.3')).toBe(true);
  });

  it('says that mail is off, and keeps the wish', async () => {
    const silent = await startTestSite();
    expect(await (await fetch(`${silent.url}/subscribe`)).text()).toContain('Mail is off on this site');
    const answer = await post('/subscribe', { ...form, address: 'later@example.net' }, silent);
    expect(await answer.text()).toContain('Your wish is kept');
    const feed = await openFeed({ dataDir: `${silent.folder}/data` });
    const mailer = mailerOf(settings());
    expect(await feed.digest.notices(mailer, offlineSender(settings(), publicUrl, undefined))).toBe(1);
    mailer.close();
    await feed.close();
    await silent.close();
    expect(await textOf('later@example.net')).toContain('/subscribe/confirm/');
  });
});

describe('a reader who is signed in', () => {
  it('is offered what they follow, sees on the account page what comes, and ends it from there', async () => {
    const visitor = new Visitor(site.url);
    await visitor.signIn('member@example.net', mail);
    await visitor.post('/following?/follow', { kind: 'author', value: 'Ada Lovelace' });
    await visitor.post('/following?/follow', { kind: 'search', value: 'grokking' });
    await visitor.post('/following?/follow', { kind: 'family', value: 'pruning' });
    const offered = await visitor.text('/subscribe');
    expect(offered).toContain('value="member@example.net"');
    expect(offered).toContain('>Ada Lovelace</textarea>');
    expect(offered).toContain('>grokking</textarea>');
    expect(offered).toMatch(/value="pruning" checked/);
    expect(await page('/subscribe')).not.toContain('member@example.net');
    expect(await visitor.text('/account')).toMatch(/Papers[\s\S]{0,100}off/);
    await join('member@example.net', { authors: 'Ada Lovelace\r\nAlan Turing' });
    const account = await visitor.text('/account');
    expect(account).toContain('come every working day at 08:00 (Europe/Berlin)');
    const preferences = /href="(\/subscribe\/preferences\/[0-9a-f]+)"/.exec(account)![1]!;
    const choices = await page(preferences);
    expect(choices).toContain('Ada Lovelace\nAlan Turing</textarea>');
    expect(choices).not.toMatch(/name="trending" checked/);
    const exported = await (await visitor.get('/account/export')).json();
    expect(exported.subscription).toMatchObject({
      state: 'active',
      topics: { authors: ['Ada Lovelace', 'Alan Turing'] },
    });
    await post(pathIn(choices.replaceAll('href="/u/', 'https://x/u/'), 'u'));
    expect(await visitor.text('/account')).toMatch(/Papers[\s\S]{0,100}off/);
  });
});

describe('an issue', () => {
  it('comes, and is ended by one click of a mail program', async () => {
    await join('click@example.net', { weekends: 'on' });
    // A week from now, so that it is new.
    const feed = await openFeed({ dataDir: `${site.folder}/data` });
    const today = new Date(Date.now() + 7 * 24 * 3600_000).toISOString().slice(0, 10);
    await feed.addCatalogue(
      [{ slug: 'fresh', title: 'Fresh', date: today, family: 'vision', summary: 'New.' }],
      today,
    );
    await feed.close();
    await sendDue(Date.parse(`${today}T23:00:00Z`));
    const { raw, mail: issue } = await mail.take('click@example.net');
    expect(issue.text).toContain('Fresh');
    const link = /^List-Unsubscribe: <https:\/\/papers\.example\.org(\/u\/[0-9a-f]+)>/m.exec(raw)![1]!;
    expect(raw).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');

    const shown = await fetch(site.url + link);
    expect([shown.status, await shown.text()]).toEqual([
      200,
      expect.stringContaining('<form method="post">'),
    ]);
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
    const preferences = pathIn(issue.text!, 'subscribe/preferences');
    expect((await fetch(site.url + preferences)).status).toBe(200);

    const { status, headers } = await oneClick(link);
    expect(status).toBe(200);
    expect(headers['set-cookie']).toBeUndefined();
    expect((await fetch(site.url + preferences)).status).toBe(404);
    expect((await oneClick(link)).status).toBe(200);
  });

  it.each(['/u/x', `/u/${'0'.repeat(48)}`, '/u/..%2f..%2fetc', '/u/%00', "/u/'%20or%201=1--"])(
    'is not ended by %s',
    async (path) => {
      expect((await oneClick(path)).status).toBe(404);
      expect((await fetch(site.url + path)).status).toBe(404);
    },
  );

  it('says what a method brought here', async () => {
    const text = await page('/digest/preview?searches=grokking');
    expect(text).toMatch(/Runs here: .* \+\d+\.\d points over /);
  });
});

/** As mail programs send it: no cookies, no `Origin`, nothing but the form. */
function oneClick(path: string) {
  const body = 'List-Unsubscribe=One-Click';
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length };
  return new Promise<{ status: number; headers: Record<string, unknown> }>((resolve, reject) => {
    request(site.url, { path, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
    })
      .on('error', reject)
      .end(body);
  });
}

describe('a preview', () => {
  it('shows the last day with papers, for topics in the address or of a form', async () => {
    const all = await fetch(`${site.url}/digest/preview`);
    expect(all.status).toBe(200);
    expect(all.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(await page('/digest/preview?family=nothing')).not.toContain('Grokking');
    const chosen = await post('/digest/preview', { ...form, searches: 'grokking' });
    expect(await chosen.text()).toContain('New for your search');
  });

  it('runs nothing that papers bring', async () => {
    const text = await page('/digest/preview');
    expect(text).toContain('Break &lt;/title&gt;&lt;script&gt;');
    expect(text).toContain('**bold** α ');
    expect(text).not.toContain(hostile.readTitle);
    expect(text).not.toMatch(/<(script|img)\b/);
  });

  it('refuses too many topics, and a body that is no form', async () => {
    const many = new URLSearchParams(Array.from({ length: 41 }, (_, i) => ['family', `f${i}`]));
    expect((await fetch(`${site.url}/digest/preview?${many}`)).status).toBe(400);
    const body = JSON.stringify({});
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${site.url}/digest/preview`, { method: 'POST', body, headers })).status).toBe(400);
  });
});

describe('a token', () => {
  it('stays out of the log, and its pages out of caches', async () => {
    for (const path of [
      '/u/secret',
      '/sign-in/secret',
      '/account/email/secret',
      '/subscribe/confirm/secret',
      '/subscribe/preferences/secret?x=1',
    ]) {
      expect(loggedPath(path)).not.toContain('secret');
    }
    const preferences = await join('cache@example.net');
    const { headers } = await fetch(site.url + preferences);
    expect([headers.get('cache-control'), headers.get('referrer-policy')]).toEqual([
      'no-store',
      'same-origin',
    ]);
  });

  it.each(['/subscribe/preferences/x', `/subscribe/preferences/${'0'.repeat(48)}`])(
    '%s leads nowhere',
    async (path) => {
      expect((await fetch(site.url + path)).status).toBe(404);
      expect((await post(path, form)).status).toBe(404);
    },
  );

  it('of links in mails is looked at by the API', () => {
    expect([isApiRequest('/u/abc', 'text/html'), isApiRequest('/unknown', 'text/html')]).toEqual([
      true,
      false,
    ]);
  });
});

describe.skipIf(skipWithoutChromium())('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  it('chooses the time zone of the visitor, takes the form, and shows a preview', async () => {
    const context = await browser.newContext({ timezoneId: 'Asia/Tokyo' });
    const visitor = await context.newPage();
    visitor.setDefaultTimeout(6000);
    const complaints: string[] = [];
    visitor.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    await visitor.goto(`${site.url}/subscribe`);
    await expect.poll(() => visitor.getByLabel('Time zone').inputValue()).toBe('Asia/Tokyo');
    await visitor.getByLabel('Mail address').fill('tokyo@example.net');
    await visitor.getByLabel('Pruning').check();
    const opened = context.waitForEvent('page');
    await visitor.getByRole('button', { name: 'See today’s issue' }).click();
    const preview = await opened;
    await preview.waitForLoadState();
    expect(await preview.title()).toMatch(/^Daily papers, /);
    await visitor.getByRole('button', { name: 'Subscribe' }).click();
    await visitor.getByRole('heading', { name: 'Look into your mail' }).waitFor();
    const confirm = pathIn(await textOf('tokyo@example.net'), 'subscribe/confirm');
    await visitor.goto(site.url + confirm);
    await visitor.getByRole('button', { name: 'Yes, send them' }).click();
    await visitor.getByText('at 08:00 (Asia/Tokyo)').waitFor();
    await visitor.getByRole('link', { name: 'Change what you get' }).click();
    await visitor.getByRole('heading', { name: 'Your papers by mail' }).waitFor();
    expect(await visitor.getByLabel('Pruning').isChecked()).toBe(true);
    await visitor.getByRole('link', { name: 'Unsubscribe' }).click();
    await visitor.getByRole('button', { name: 'Unsubscribe' }).click();
    await visitor.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    expect(complaints).toEqual([]);
  });
});
