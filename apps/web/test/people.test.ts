import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeArxiv, startFakeArxiv } from './fakeArxiv.js';
import { type MailServer, startMailServer } from './mailServer.js';
import { startTestSite, type TestSite } from './site.js';
import { linkIn, Visitor } from './visitor.js';

const admin = 'admin@example.org';
const paper = '/papers/2501.04697';

let site: TestSite;
let mail: MailServer;
let arxiv: FakeArxiv;

beforeAll(async () => {
  mail = await startMailServer();
  arxiv = await startFakeArxiv();
  site = await startTestSite({
    mail: { smtpUrl: mail.url, address: 'papers@example.org' },
    admins: [admin],
    linksPerComputer: 1000,
    sources: { query: arxiv.url },
  });
}, 180_000);

afterAll(async () => {
  await site?.close();
  await mail?.close();
  await arxiv?.close();
});

async function enter(email: string): Promise<Visitor> {
  const visitor = new Visitor(site.url);
  await visitor.signIn(email, mail);
  return visitor;
}

/** The page that a form leads to, whether it is sent at once or by a redirect. */
async function after(visitor: Visitor, response: Response): Promise<string> {
  const location = response.headers.get('location');
  return location ? visitor.text(location) : response.text();
}

describe('signing in', () => {
  it('goes by a mailed link whose page has a button, and no further', async () => {
    const visitor = new Visitor(site.url);
    const answer = await visitor.post('/sign-in', {
      email: 'Ada@Example.org',
      next: '/reading-list?state=read',
    });
    expect(await answer.text()).toContain('A link is on its way');
    const { to, mail: message, raw } = await mail.take('ada@example.org');
    expect(to).toEqual(['ada@example.org']);
    expect(message.from?.text).toBe('"Evenkeel" <papers@example.org>');
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    const link = linkIn(message.text ?? '');
    // A program that looks through mail follows the link, twice.
    for (const _ of [1, 2]) {
      const page = await new Visitor(site.url).get(link);
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.headers.get('referrer-policy')).toBe('same-origin');
      expect(page.headers.getSetCookie()).toEqual([]);
      expect(await page.text()).toContain('ada@example.org');
    }
    const entered = await visitor.post(link);
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/reading-list?state=read');
    const [cookie] = entered.headers.getSetCookie();
    expect(cookie).toMatch(/^evenkeel=[\w-]{43}; /);
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(await visitor.text('/account')).toContain('ada@example.org');
    expect((await new Visitor(site.url).post(link)).status).toBe(403);
  });

  it('leads back to pages of this site only', async () => {
    for (const next of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/%09/evil.example',
      '/./\t/evil.example',
    ]) {
      const visitor = new Visitor(site.url);
      const email = `next${Math.random()}@example.org`;
      await visitor.post('/sign-in', { email, next });
      const link = linkIn((await mail.take(email)).mail.text ?? '');
      const forged = `${link.replace(/\?.*/, '')}?next=${encodeURIComponent(next)}`;
      const response = await visitor.post(forged);
      const location = new URL(response.headers.get('location') ?? '', site.url);
      expect(location.origin, next).toBe(new URL(site.url).origin);
      expect(response.headers.get('location')).toMatch(/^\/(?![/\\])/);
    }
  });

  it('is not asked for without end from one computer', async () => {
    const strict = await startTestSite({
      mail: { smtpUrl: mail.url, address: 'a@b.org' },
      linksPerComputer: 2,
    });
    try {
      const visitor = new Visitor(strict.url);
      const ask = (n: number) => visitor.post('/sign-in', { email: `many${n}@example.org` });
      expect([(await ask(1)).status, (await ask(2)).status, (await ask(3)).status]).toEqual([200, 200, 429]);
    } finally {
      await strict.close();
    }
  });

  it('ends on one device or on all', async () => {
    const [phone, laptop] = [await enter('two@example.org'), await enter('two@example.org')];
    const response = await phone.post('/account?/signOut');
    expect(response.headers.get('location')).toBe('/');
    expect(phone.cookie).toBe('');
    expect((await laptop.get('/account')).status).toBe(200);
    const desk = await enter('two@example.org');
    await desk.post('/account?/signOutEverywhere');
    expect((await laptop.get('/account')).status).toBe(303);
  });

  it('is not offered where mail is off, and pages say so', async () => {
    const silent = await startTestSite();
    try {
      const visitor = new Visitor(silent.url);
      expect(await visitor.text('/sign-in')).toContain('Mail is off on this site');
      expect(await visitor.text('/')).not.toContain('/sign-in');
      expect((await visitor.post('/sign-in', { email: 'a@b.org' })).status).toBe(403);
    } finally {
      await silent.close();
    }
  });
});

describe('a reader', () => {
  it('votes once, sees it, and takes it back', async () => {
    const visitor = await enter('voter@example.org');
    for (const _ of [1, 2, 3]) await visitor.post(`${paper}?/vote`, { up: 'yes' });
    const page = await visitor.get(paper);
    expect(page.headers.get('cache-control')).toBe('private, no-cache');
    expect(await page.text()).toMatch(/aria-pressed="true"/);
    expect(await visitor.text(paper)).toContain('1 vote<');
    expect(await new Visitor(site.url).text('/papers/date/2025-12-11')).toContain('1 vote<');
    await visitor.post(`${paper}?/vote`, { up: 'no' });
    expect(await visitor.text(paper)).toContain('0 votes');
  });

  it('keeps a list with notes that others do not see', async () => {
    const visitor = await enter('list@example.org');
    await visitor.post(`${paper}?/read`, { state: 'unread' });
    await visitor.post(`${paper}?/read`, { note: 'my <b>secret</b> words' });
    expect(await visitor.text('/reading-list')).toContain('my &lt;b>secret&lt;/b> words');
    expect(await visitor.text('/reading-list?q=secret+words')).toContain('Grokking at the Edge');
    expect(await visitor.text('/reading-list?q=nonsense')).not.toContain('Grokking at the Edge');
    await visitor.post('/reading-list', { paper: '2501.04697', state: 'read' });
    expect(await visitor.text('/reading-list')).not.toContain('Grokking at the Edge');
    expect(await visitor.text('/reading-list?state=read')).toContain('Grokking at the Edge');
    const stranger = await enter('stranger@example.org');
    for (const page of [stranger, new Visitor(site.url)]) {
      expect(await page.text(paper)).not.toContain('secret');
    }
    await visitor.post('/reading-list', { paper: '2501.04697', state: 'none' });
    expect(await visitor.text('/reading-list?state=read')).not.toContain('Grokking at the Edge');
  });

  it('hides a paper from the lists that he sees, and from nobody else’s', async () => {
    const visitor = await enter('hider@example.org');
    await visitor.post(`${paper}?/read`, { state: 'hidden' });
    const title = 'Grokking at the Edge';
    for (const path of [
      '/',
      '/papers/date/2025-12-12',
      '/papers/week/2025-W50',
      '/papers/month/2025-12',
      '/papers/trending',
    ]) {
      expect(await visitor.text(path), path).not.toContain(title);
      expect(await new Visitor(site.url).text(path), path).toContain(title);
    }
    expect(await visitor.text('/search?q=grokking')).toContain(title);
    expect(await visitor.text(paper)).toContain('Show again');
    await visitor.post(`${paper}?/read`, { state: 'none' });
    expect(await visitor.text('/')).toContain(title);
  });

  it('follows families and searches, and sees their papers', async () => {
    const visitor = await enter('follower@example.org');
    await visitor.post('/following?/follow', { kind: 'family', value: 'pruning' });
    await visitor.post('/following?/follow', { kind: 'search', value: 'grokking' });
    const page = await visitor.text('/following');
    expect(page).toContain('Grokking at the Edge');
    expect(page).toContain('Unfollow pruning');
    const wrong = await visitor.post('/following?/follow', { kind: 'planet', value: 'x' });
    expect(wrong.status).toBe(400);
  });

  it('has a profile, and shows no address on it', async () => {
    const visitor = await enter('profile@example.org');
    const profile = { name: 'pro-file', fullName: '<script>x</script>', about: 'About me', orcid: '' };
    const saved = await visitor.post('/account?/profile', profile);
    expect(await after(visitor, saved)).toContain('Your profile is saved');
    const page = await new Visitor(site.url).text('/people/pro-file');
    expect(page).toContain('About me');
    expect(page).not.toContain('<script>x');
    expect(page).not.toContain('profile@example.org');
    expect((await new Visitor(site.url).get('/people/nobody')).status).toBe(404);
  });

  it('takes everything along, and deletes the account', async () => {
    const visitor = await enter('leaving@example.org');
    await visitor.post(`${paper}?/vote`, { up: 'yes' });
    await visitor.post(`${paper}?/read`, { note: 'keep me' });
    const file = await visitor.get('/account/export?format=json');
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="evenkeel.json"');
    expect(await file.json()).toMatchObject({ readingList: [{ note: 'keep me' }] });
    expect(await visitor.text('/account/export?format=bibtex')).toContain('@misc{2501.04697,');
    expect(await visitor.text('/account/export?format=csv')).toContain('keep me');
    expect((await visitor.get('/account/export?format=__proto__')).status).toBe(400);
    expect((await new Visitor(site.url).get('/account/export')).status).toBe(303);
    expect((await visitor.post('/account?/delete')).status).toBe(400);
    expect((await visitor.post('/account?/delete', { sure: 'yes' })).headers.get('location')).toBe('/');
    expect((await visitor.get('/account')).status).toBe(303);
    expect(await new Visitor(site.url).text(paper)).toContain('0 votes');
  });
});

describe('comments', () => {
  it('are switched on by an admin, written, reported and hidden; script in them is text', async () => {
    const [writer, reader, moderator] = [
      await enter('writer@example.org'),
      await enter('reader@example.org'),
      await enter(admin),
    ];
    expect((await reader.get('/moderation')).status).toBe(404);
    expect((await reader.post('/moderation?/comments', { yes: 'yes' })).status).toBe(404);
    expect(await writer.text(paper)).not.toContain('id="comments"');
    expect((await writer.post(`${paper}?/comment`, { text: 'early' })).status).toBe(403);
    await moderator.post('/moderation?/comments', { yes: 'yes' });
    const text = 'Bold **claim** <script>window.hacked = 9</script> [x](javascript:alert(1))';
    const written = await writer.post(`${paper}?/comment`, { text });
    expect(written.headers.get('location')).toMatch(/^\/papers\/2501\.04697#comment-[0-9a-f]{24}$/);
    const comment = written.headers.get('location')!.slice(-24);
    const page = await reader.text(paper);
    expect(page).toContain('Bold <strong>claim</strong>');
    expect(page).not.toContain('<script>window.hacked = 9');
    expect(page).not.toContain('href="javascript:');
    expect((await reader.post(`${paper}?/deleteComment`, { comment })).status).toBe(404);
    expect((await reader.post(`${paper}?/hideComment`, { comment, hide: 'yes' })).status).toBe(403);
    await reader.post(`${paper}?/report`, { comment, reason: 'It is <i>noise</i>' });
    expect(await moderator.text('/moderation')).toContain('It is &lt;i>noise');
    await moderator.post('/moderation?/comment', { comment, yes: 'yes' });
    expect(await reader.text(paper)).not.toContain('<strong>claim</strong>');
    expect(await moderator.text('/moderation')).toContain('hid a comment on');
    await moderator.post('/moderation?/comments', { yes: 'no' });
  });
});

describe('programs', () => {
  async function tokenOf(email: string): Promise<{ visitor: Visitor; token: string }> {
    const visitor = await enter(email);
    const page = await (await visitor.post('/account?/createToken', { label: 'test' })).text();
    return { visitor, token: /ek_[\w-]{43}/.exec(page)![0] };
  }
  const call = (path: string, token: string | undefined, body?: unknown, headers: HeadersInit = {}) =>
    fetch(site.url + path, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    });

  it('learn who they act for, by token and never by cookie', async () => {
    const { visitor, token } = await tokenOf('program@example.org');
    const answer = await call('/api/whoami-v2', token);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(await answer.json()).toMatchObject({ type: 'user', email: 'program@example.org', orgs: [] });
    for (const wrong of [undefined, 'ek_wrong', '']) {
      expect((await call('/api/whoami-v2', wrong)).status).toBe(401);
    }
    expect((await call('/api/whoami-v2', undefined, undefined, { cookie: visitor.cookie })).status).toBe(401);
  });

  it('claim a paper and change its links where its rules let them', async () => {
    const { token } = await tokenOf('claimant@example.org');
    const { visitor: moderator, token: adminToken } = await tokenOf(admin);
    const known = await (await call('/api/papers/2501.04697', undefined)).json();
    const links = { projectPage: 'https://example.org/project', githubRepo: 'https://github.com/o/r' };
    for (const id of ['2501.04697', known.discussionId]) {
      expect((await call(`/api/papers/${id}/links`, token, links)).status).toBe(403);
      expect(await (await call(`/api/papers/${id}/links`, adminToken, links)).json()).toEqual({});
    }
    const changed = await (await call('/api/papers/2501.04697', undefined)).json();
    expect(changed).toMatchObject({ projectPage: links.projectPage, githubRepo: links.githubRepo });
    const bad = await call('/api/papers/2501.04697/links', adminToken, {
      projectPage: 'javascript:alert(1)',
    });
    expect(bad.status).toBe(400);
    expect((await call('/api/papers/2501.04697/links', undefined, links)).status).toBe(401);
    expect((await call('/api/papers/index', token, { arxivId: 'x' })).status).toBe(400);
    expect((await call('/api/papers/index', token, { arxivId: '2501.04697' })).status).toBe(403);
    expect((await call('/api/papers/index', token, 'not an object')).status).toBe(400);
    const missing = { paperId: '2501.04697', claimAuthorId: '0'.repeat(24) };
    expect((await call('/api/settings/papers/claim', token, missing)).status).toBe(404);
    expect(await moderator.text('/moderation')).toContain('Claims that wait');
  });

  it('take papers in from arXiv, and lists them nowhere', async () => {
    const { token } = await tokenOf('indexer@example.org');
    expect((await call('/api/papers/index', undefined, { arxivId: '2511.00042' })).status).toBe(401);
    expect(await (await call('/api/papers/index', token, { arxivId: '2511.00042' })).json()).toEqual({});
    const paper = await (await call('/api/papers/2511.00042', undefined)).json();
    expect(paper).toMatchObject({ id: '2511.00042', authors: [{ name: 'Ada Lovelace' }] });
    expect(paper).not.toHaveProperty('submittedOnDailyAt');
    const { _id } = paper.authors[0];
    const claim = { paperId: '2511.00042', claimAuthorId: _id };
    expect(await (await call('/api/settings/papers/claim', token, claim)).json()).toMatchObject({
      paperId: '2511.00042',
      status: 'claimed',
    });
    const other = await call('/api/settings/papers/claim', token, { ...claim, targetUserId: '0'.repeat(24) });
    expect(other.status).toBe(403);
    const after = await (await call('/api/papers/2511.00042', undefined)).json();
    expect(after.authors[0]).toMatchObject({ status: 'claimed' });
    expect(after.authors[0]).not.toHaveProperty('user');
  });
});

describe('submission', () => {
  it('is open to admins, and to authors whom one confirmed, for young papers', async () => {
    const [author, moderator] = [await enter('author@example.org'), await enter(admin)];
    expect(await author.text('/submit')).toContain('Authors of a paper here can submit');
    expect((await author.post('/submit', { arxivId: '2511.00043' })).status).toBe(403);
    const first = await moderator.post('/submit', { arxivId: '2511.00043' });
    expect(first.headers.get('location')).toBe('/papers/2511.00043');
    const claim = { author: 'Ada Lovelace', evidence: 'See <b>my</b> page' };
    const claimed = await author.post('/papers/2511.00043?/claim', claim);
    expect(await after(author, claimed)).toContain('an admin will look at it');
    expect(await author.text('/account')).toContain('as Ada Lovelace: waits for an admin');
    const page = await moderator.text('/moderation');
    expect(page).toContain('See &lt;b>my&lt;/b> page');
    for (const [, id] of page.matchAll(/name="claim" value="([0-9a-f]{24})"/g)) {
      await moderator.post('/moderation?/claim', { claim: id!, yes: 'yes' });
    }
    expect(await author.text('/account')).toContain('as Ada Lovelace: confirmed');
    expect(await new Visitor(site.url).text('/papers/2511.00043')).toMatch(
      /\(<a href="\/people\/reader-\w+"/,
    );
    const refused = await author.post('/submit', { arxivId: '2001.00001' });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('expected at most 14 days');
    const second = await author.post('/submit', { arxivId: 'https://arxiv.org/abs/2511.00044v1' });
    expect(second.headers.get('location')).toBe('/papers/2511.00044');
    const name = /people\/(reader-\w+)/.exec(await author.text('/account'))![1];
    const own = await (await fetch(`${site.url}/api/daily_papers?submitter=${name}`)).json();
    expect(own).toMatchObject([
      { id: '2511.00044', submittedBy: { user: name, type: 'user' }, isAuthorParticipating: false },
    ]);
    await author.post('/papers/2511.00044?/claim', claim);
    for (const [, id] of (await moderator.text('/moderation')).matchAll(
      /name="claim" value="([0-9a-f]{24})"/g,
    )) {
      await moderator.post('/moderation?/claim', { claim: id!, yes: 'yes' });
    }
    const claimed44 = await (await fetch(`${site.url}/api/daily_papers?submitter=${name}`)).json();
    const author44 = { name: 'Ada Lovelace', status: 'claimed_verified', user: { user: name } };
    expect(claimed44).toMatchObject([
      { isAuthorParticipating: true, authors: [author44], paper: { authors: [author44] } },
    ]);
    const byNobody = (await (
      await fetch(`${site.url}/api/daily_papers?submitter=evenkeel&limit=100`)
    ).json()) as { id: string }[];
    expect(byNobody.length).toBeGreaterThan(30);
    expect(byNobody.map(({ id }) => id)).not.toContain('2511.00044');
    expect(await (await fetch(`${site.url}/api/daily_papers?submitter=' or 1=1 --`)).json()).toEqual([]);
  }, 60_000);

  it('takes the address of a picture and a first comment, and the paper’s venue has a page and a feed', async () => {
    const moderator = await enter(admin);
    expect(await moderator.text('/submit')).not.toContain('name="comment"');
    await moderator.post('/moderation?/comments', { yes: 'yes' });
    expect(await moderator.text('/submit')).toContain('name="comment"');
    const refused = await moderator.post('/submit', {
      arxivId: '2511.00046',
      mediaUrl: 'javascript:alert(1)',
    });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('expected an address that begins https://');
    expect((await fetch(`${site.url}/api/papers/2511.00046`)).status).toBe(404);
    const mediaUrl = 'https://example.org/film.mp4?a="b';
    const comment = 'Worth it for *figure 3*';
    await moderator.post('/submit', { arxivId: '2511.00046', mediaUrl, comment });
    await moderator.post('/moderation?/comments', { yes: 'no' });
    const paper = await (await fetch(`${site.url}/api/papers/2511.00046`)).json();
    expect(paper).toMatchObject({ numComments: 1 });
    const page = await moderator.text('/papers/2511.00046');
    expect(page).toMatch(/<a href="https:\/\/example.org\/film.mp4\?a=%22b"[^>]*>example.org<\/a>/);
    expect(page).toContain('<a href="/venues/ICLR%202026">ICLR 2026</a>');
    for (const path of ['/venues/ICLR%202026', '/venues/ICLR', '/search?q=paper+of+number&venue=ICLR'])
      expect(await moderator.text(path), path).toContain('/papers/2511.00046');
    expect((await moderator.get('/venues/ICML')).status).toBe(404);
    expect(await moderator.text('/feeds/venues/ICLR%202026.atom')).toContain('/papers/2511.00046');
    const found = await (await fetch(`${site.url}/api/papers/search?q=paper+of+number&venue=ICML`)).json();
    expect(found).toEqual([]);
  }, 60_000);

  it('is not needed to take a paper in that somebody searches for by its id; it stands on no list', async () => {
    const [reader, nobody] = [await enter('seeker@example.org'), new Visitor(site.url)];
    expect(await nobody.text('/papers/2511.00047')).toContain('Search for the id to take it in from arXiv.');
    expect(await nobody.text('/search?q=2511.00047')).toMatch(/>Sign in<\/a> to take it in from\s+arXiv/);
    const sent = await nobody.post('/search?/index', { arxivId: '2511.00047' });
    expect(sent.headers.get('location')).toBe('/sign-in?next=%2Fsearch');
    expect(await reader.text('/search?q=arXiv:2511.00047v2')).toContain('Take it in from arXiv</button>');
    const taken = await reader.post('/search?/index', { arxivId: '2511.00047' });
    expect(taken.headers.get('location')).toBe('/papers/2511.00047');
    expect(await nobody.text('/search?q=2511.00047')).not.toContain('is not here yet');
    const paper = await (await fetch(`${site.url}/api/papers/2511.00047`)).json();
    expect(paper).not.toHaveProperty('submittedOnDailyAt');
    const refused = await reader.post('/search?/index', { arxivId: '../etc' });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('expected an arXiv id');
  }, 60_000);
});
