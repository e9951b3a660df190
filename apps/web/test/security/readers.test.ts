import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkIn, Visitor } from '../visitor.js';
import type { FoundForm } from './forms.js';
import { admin, type PeopledSite, paper, startPeopledSite } from './peopledSite.js';

let peopled: PeopledSite;
beforeAll(async () => {
  peopled = await startPeopledSite();
}, 180_000);
afterAll(() => peopled?.close());

async function enter(email: string): Promise<Visitor> {
  const visitor = new Visitor(peopled.site.url);
  await visitor.signIn(email, peopled.mail);
  return visitor;
}

describe('a form of another site', () => {
  it('is refused, whichever form it sends, from wherever it says that it comes', async () => {
    const { moderator, site } = peopled;
    const votes = async () => /(\d+) votes?</.exec(await moderator.text(paper))?.[1];
    const before = await votes();
    // The mail programs of subscribers send the one that ends a subscription, and have no cookie: see below.
    const forms = (await peopled.forms()).filter(
      ({ name, method }) => method === 'POST' && name !== 'POST /u/{token}',
    );
    expect(forms.length).toBeGreaterThan(20);
    const origins = [
      'https://evil.example',
      'null',
      `${site.url}.evil.example`,
      'https://papers.example.org',
    ];
    for (const { action, fields } of forms) {
      for (const origin of origins) {
        const filled = { ...fields, up: 'yes', sure: 'yes', yes: 'yes', email: 'eve@example.org' };
        const { status } = await moderator.post(action, filled, { origin });
        expect(status, `${action} from ${origin}`).toBe(403);
      }
    }
    expect(await votes()).toBe(before);
    expect(await moderator.text('/account')).toContain(admin);
    expect(peopled.mail.received).toEqual([]);
  });

  it('is refused without an origin too, as old browsers send it, and as plain text', async () => {
    const headers = { cookie: peopled.moderator.cookie };
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
    ]) {
      const { status } = await fetch(`${peopled.site.url}${paper}?/vote`, {
        method: 'POST',
        body: 'up=yes',
        headers: { ...headers, 'content-type': type, origin: 'https://evil.example' },
      });
      expect(status, type).toBe(403);
    }
  });

  it('does nothing by the API, where cookies count for nothing', async () => {
    const { moderator, site } = peopled;
    for (const path of ['/api/papers/index', `/api${paper}/links`, '/api/settings/papers/claim']) {
      const { status } = await fetch(site.url + path, {
        method: 'POST',
        body: JSON.stringify({ arxivId: '2511.00042', projectPage: 'https://evil.example' }),
        headers: { cookie: moderator.cookie, 'content-type': 'text/plain' },
      });
      expect(status, path).toBe(401);
    }
  });

  it('nor does a link, which only shows: no GET changes anything', async () => {
    const { moderator } = peopled;
    for (const { action } of (await peopled.forms()).filter(({ method }) => method === 'POST')) {
      const response = await moderator.get(action);
      expect(response.status, action).toBeLessThan(500);
      expect(response.headers.getSetCookie(), action).toEqual([]);
    }
    expect((await moderator.get('/account')).status).toBe(200);
    expect(await moderator.text(paper)).toContain('Of the moderator.');
  });
});

it('forms lead whoever is not signed in to the sign-in', async () => {
  const open = ['POST /sign-in', 'POST /subscribe', 'POST /subscribe/preferences/{token}', 'POST /u/{token}'];
  const forms = (await peopled.forms()).filter(
    ({ name, method }) => method === 'POST' && !open.includes(name),
  );
  const path = ({ action }: FoundForm) => action.replace(/\?.*/, '');
  for (const form of forms) {
    const response = await new Visitor(peopled.site.url).post(form.action, form.fields);
    expect(response.headers.get('location') ?? response.status, form.name).toMatch(
      new RegExp(`^/(?:sign-in\\?next=${encodeURIComponent(path(form))})?$`),
    );
  }
});

describe('a session', () => {
  it('that somebody planted is never adopted, and the one before ends', async () => {
    const { site } = peopled;
    const planted = 'A'.repeat(43);
    const visitor = new Visitor(site.url);
    visitor.cookie = `evenkeel=${planted}`;
    await visitor.signIn('fixed@example.org', peopled.mail);
    const first = visitor.cookie;
    expect(first).not.toContain(planted);
    const thief = new Visitor(site.url);
    thief.cookie = `evenkeel=${planted}`;
    expect((await thief.get('/account')).status).toBe(303);
    await new Visitor(site.url).post('/sign-in', { email: 'fixed@example.org' });
    await visitor.post(linkIn((await peopled.mail.take('fixed@example.org')).mail.text ?? ''));
    expect(visitor.cookie).not.toBe(first);
    thief.cookie = first;
    expect((await thief.get('/account')).status).toBe(303);
  });

  it('cannot be guessed from an earlier one, and is not taken from an address', async () => {
    const [first, second] = [await enter('long@example.org'), await enter('long@example.org')];
    const secretOf = ({ cookie }: Visitor) => cookie.replace(/^evenkeel=/, '');
    expect(Buffer.from(secretOf(first), 'base64url')).toHaveLength(32);
    expect(secretOf(first)).not.toBe(secretOf(second));
    const thief = new Visitor(peopled.site.url);
    expect((await thief.get(`/account?evenkeel=${secretOf(second)}`)).status).toBe(303);
  });
});

describe('an address', () => {
  /** An answer without what differs each time. */
  const plain = async (response: Response) =>
    `${response.status} ${(await response.text()).replace(/<script[\s\S]*?<\/script>/g, '')}`;

  it('is answered the same whether it has an account, has none, is blocked, impatient, or bounces', async () => {
    await enter('known@example.org');
    const blocked = await enter('blocked@example.org');
    const name = /people\/(reader-\w+)/.exec(await blocked.text('/account'))![1]!;
    await peopled.moderator.post('/moderation?/block', { name, yes: 'yes' });
    const answers = new Set<string>();
    for (const each of ['known', 'unknown', 'known', 'known', 'known', 'blocked', 'refused']) {
      answers.add(
        await plain(await new Visitor(peopled.site.url).post('/sign-in', { email: `${each}@example.org` })),
      );
    }
    expect([...answers]).toHaveLength(1);
  });

  it('is answered the same where somebody wants to change theirs to it', async () => {
    await enter('taken@example.org');
    const visitor = await enter('changer@example.org');
    const answers = new Set<string>();
    for (const email of ['taken@example.org', 'free1@example.org', 'refused@example.org']) {
      const answer = await plain(await visitor.post('/account?/email', { email }));
      answers.add(answer.replaceAll(email, 'ADDRESS'));
    }
    expect([...answers]).toHaveLength(1);
  });

  it('that could end a header or name a second recipient gets no mail', async () => {
    const visitor = await enter('header@example.org');
    for (const email of [
      'eve@example.org\r\nBcc: victim@example.org',
      'eve@example.org, victim@example.org',
      '"eve\r\nBcc: victim@example.org"@example.org',
      'eve@example.org\nSubject: x',
      'eve@example.org\0',
      '<eve@example.org>victim@example.org',
      'eve@example.org%0d%0aBcc:victim@example.org',
    ]) {
      const anybody = new Visitor(peopled.site.url);
      expect((await anybody.post('/sign-in', { email })).status, email).toBe(400);
      expect((await visitor.post('/account?/email', { email })).status, email).toBe(400);
      expect((await anybody.post('/subscribe', { address: email })).status, email).toBe(400);
    }
    await new Visitor(peopled.site.url).post('/sign-in', { email: 'after@example.org' });
    await peopled.mail.take('after@example.org');
    expect(peopled.mail.received.filter(({ to, raw }) => /eve@|victim/.test(to.join() + raw))).toEqual([]);
  });
});

describe('a vote', () => {
  const votes = async () =>
    ((await (await fetch(`${peopled.site.url}/api${paper}`)).json()) as { upvotes: number }).upvotes;

  it('counts once for an account, on however many devices and however fast it is given', async () => {
    const devices = await Promise.all([enter('stuffer@example.org')]);
    devices.push(await enter('stuffer@example.org'));
    const before = await votes();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => devices[i % 2]!.post(`${paper}?/vote`, { up: 'yes' })),
    );
    expect(await votes()).toBe(before + 1);
  });

  it('counts nothing without an account, and not by the API', async () => {
    const before = await votes();
    await new Visitor(peopled.site.url).post(`${paper}?/vote`, { up: 'yes' });
    const headers = { authorization: `Bearer ${peopled.token}` };
    const { status } = await fetch(`${peopled.site.url}/api${paper}/vote`, { method: 'POST', headers });
    expect(status).toBe(404);
    expect(await votes()).toBe(before);
  });

  it('is taken back with the account, so that a new one brings no second', async () => {
    const before = await votes();
    for (const _ of [1, 2, 3]) {
      const visitor = await enter('again@example.org');
      await visitor.post(`${paper}?/vote`, { up: 'yes' });
      await visitor.post('/account?/delete', { sure: 'yes' });
    }
    expect(await votes()).toBe(before);
  });
});

describe('a new address', () => {
  it('is used once its owner opens the link as the reader who asked, and the earlier one hears of it', async () => {
    const { site, mail } = peopled;
    const [visitor, phone] = [await enter('old@example.org'), await enter('old@example.org')];
    await visitor.post('/account?/email', { email: 'New@Example.org' });
    const link = linkIn((await mail.take('new@example.org')).mail.text ?? '');
    expect(link).toMatch(/^\/account\/email\/[\w-]{43}$/);
    // Programs follow links; a stranger who got the mail by a slip has another account, or none.
    expect(await visitor.text(link)).toContain('Use this address');
    const stranger = await enter('stranger@example.org');
    expect(await stranger.text(link)).toContain('This link does not work');
    expect((await stranger.post(link)).status).toBe(403);
    expect((await new Visitor(site.url).post(link)).status).toBe(303);
    expect(await visitor.text('/account')).toContain('old@example.org');
    const shown = await visitor.get(link);
    expect(shown.headers.get('cache-control')).toBe('no-store');

    expect(await (await visitor.post(link)).text()).toContain('new@example.org');
    const { text } = (await mail.take('old@example.org')).mail;
    expect(text).toContain('n…@example.org');
    expect(text).not.toContain('new@example.org');
    expect(await visitor.text('/account')).toContain('new@example.org');
    expect((await phone.get('/account')).status).toBe(303);
    expect((await visitor.post(link)).status).toBe(403);
    const again = await enter('new@example.org');
    expect(/people\/reader-\w+/.exec(await again.text('/account'))![0]).toBe(
      /people\/reader-\w+/.exec(await visitor.text('/account'))![0],
    );
  });

  it('that somebody else has is refused to whoever proves that it is theirs', async () => {
    const owner = await enter('both@example.org');
    const visitor = await enter('one@example.org');
    await visitor.post('/account?/email', { email: 'both@example.org' });
    const link = linkIn((await peopled.mail.take('both@example.org')).mail.text ?? '');
    const refused = await visitor.post(link);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining('Another account has this address'),
    ]);
    expect(await owner.text('/account')).toContain('both@example.org');
  });
});
