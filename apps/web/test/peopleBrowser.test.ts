import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultsOf } from './accessible.js';
import { launchChromium, skipWithoutChromium } from './chromium.js';
import { type MailServer, startMailServer } from './mailServer.js';
import { ownPages } from './shownPages.js';
import { startTestSite, type TestSite } from './site.js';
import { linkIn, Visitor } from './visitor.js';

const admin = 'admin@example.org';
const paper = '/papers/2501.04697';

describe.skipIf(skipWithoutChromium())('readers in a browser', () => {
  let site: TestSite;
  let mail: MailServer;
  let browser: Browser;
  let cookie: string;

  beforeAll(async () => {
    mail = await startMailServer();
    const options = { mail: { smtpUrl: mail.url, address: 'papers@example.org' }, admins: [admin] };
    site = await startTestSite({ ...options, linksPerComputer: 1000 });
    browser = await launchChromium();
    const visitor = new Visitor(site.url);
    await visitor.signIn(admin, mail);
    cookie = visitor.cookie;
    const other = new Visitor(site.url);
    await other.signIn('other@example.org', mail);
    await visitor.post('/moderation?/comments', { yes: 'yes' });
    await visitor.post('/account?/profile', { name: 'the-admin', fullName: 'An Admin', about: 'Here.' });
    await visitor.post(`${paper}?/read`, { note: 'A note' });
    await visitor.post('/following?/follow', { kind: 'family', value: 'pruning' });
    await visitor.post('/account?/createToken', { label: 'laptop' });
    const text =
      '**Bold** <script>window.hacked = 1</script> <img src=x onerror="window.hacked = 2">\n\n- a\n- b\n\n> c';
    await other.post(`${paper}?/comment`, { text });
    const id = /comment-([0-9a-f]{24})/.exec(await visitor.text(paper))![1]!;
    await visitor.post(`${paper}?/report`, { comment: id, reason: 'noise' });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await mail?.close();
  });

  /** A browser, of the admin unless it is a stranger's. */
  async function open(path: string, options: BrowserContextOptions = {}, signedIn = true) {
    const context = await browser.newContext(options);
    const [name, value] = cookie.split('=') as [string, string];
    if (signedIn) await context.addCookies([{ name, value, url: site.url }]);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(site.url + path);
    await page.waitForLoadState('networkidle');
    return { page, complaints, close: () => context.close() };
  }

  it.each(ownPages)('$name is accessible, whole and quiet', async ({ path }) => {
    const { page, complaints, close } = await open(path);
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('the sign-in is accessible, whole and quiet', async () => {
    const { page, complaints, close } = await open('/sign-in', {}, false);
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('runs nothing that a comment brings', async () => {
    const { page, close } = await open(paper);
    expect(await page.locator('#comments strong').textContent()).toBe('Bold');
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('#comments :is(script, img)').count()).toBe(0);
    await close();
  });

  it.each([true, false])(
    'leads from a vote through the mail and back to the paper (scripts on: %s)',
    async (javaScriptEnabled) => {
      const { page, complaints, close } = await open(paper, { javaScriptEnabled }, false);
      await page.getByRole('button', { name: 'Vote' }).click();
      await page.waitForURL(/\/sign-in\?next=/);
      const email = `new-${javaScriptEnabled}@example.org`;
      await page.getByLabel('E-mail address').fill(email);
      await page.keyboard.press('Enter');
      await page.getByText('A link is on its way').waitFor();
      await page.goto(site.url + linkIn((await mail.take(email)).mail.text ?? ''));
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${site.url}${paper}`);
      const before = await page.evaluate('(window.stays = true, performance.timeOrigin)');
      await page.getByRole('button', { name: 'Vote' }).click();
      await page.getByRole('button', { name: 'Voted', pressed: true }).waitFor();
      if (javaScriptEnabled) expect(await page.evaluate('performance.timeOrigin')).toBe(before);
      await page.getByRole('button', { name: 'Voted' }).click();
      await page.getByRole('button', { name: 'Vote', pressed: false }).waitFor();
      await page.getByRole('button', { name: 'Add to reading list' }).click();
      await page.getByRole('button', { name: 'Mark as read' }).waitFor();
      await page.getByText('Note', { exact: true }).click();
      await page.getByLabel('For you alone').fill('Mine');
      await page.getByRole('button', { name: 'Save the note' }).click();
      await page.waitForLoadState('networkidle');
      await page.goto(`${site.url}/reading-list`);
      expect(await page.locator('.note').textContent()).toBe('Mine');
      expect(complaints).toEqual([]);
      await close();
    },
  );
});
