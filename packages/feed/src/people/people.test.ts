import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../database/open.js';
import { addSubscribers } from '../digest/testing/subscribers.js';
import { hostile } from '../testing/hostile.js';
import { adminAddress, peopleFeed } from '../testing/people.js';

const paper = '2501.00001';

describe('a reading list', () => {
  it('keeps a state and a private note for each paper', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, eve] = [await join('ada@example.org'), await join('eve@example.org')];
    await feed.people.setReading(ada.id, paper, {});
    await feed.people.setReading(ada.id, 'two', { state: 'read', note: 'about ships' });
    await feed.people.setReading(ada.id, paper, { note: 'first\r\nsecond' });
    await feed.people.setReading(ada.id, paper, { state: 'hidden' });
    expect(await feed.people.marks(ada.id, 'one')).toEqual({
      voted: false,
      reading: { state: 'hidden', note: 'first\nsecond' },
    });
    const list = await feed.people.readingList(ada.id);
    expect(list.map(({ paper: { id }, state }) => [id, state])).toEqual(
      expect.arrayContaining([
        ['2501.00001', 'hidden'],
        ['2501.00002', 'read'],
      ]),
    );
    expect(await feed.people.readingList(ada.id, { state: 'read' })).toHaveLength(1);
    expect(await feed.people.readingList(eve.id)).toEqual([]);
    await feed.people.dropReading(ada.id, paper);
    expect(await feed.people.readingList(ada.id)).toHaveLength(1);
  });

  it('is searched by title and author, those with more of the words first, and by its notes', async () => {
    const { feed, join } = await peopleFeed();
    const ada = await join('ada@example.org');
    await feed.people.setReading(ada.id, 'one', {});
    await feed.people.setReading(ada.id, 'two', { note: 'Überraschend gut' });
    const find = async (query: string) =>
      (await feed.people.readingList(ada.id, { query })).map((entry) => entry.paper.slug);
    expect(await find('boats lovelace')).toEqual(['one']);
    expect(await find('uberraschend')).toEqual(['two']);
    expect(await find('ships boats')).toHaveLength(2);
    expect(await find('nothing')).toEqual([]);
    expect(await find(' ')).toHaveLength(2);
  });

  it('keeps what a reader hid from his lists, and from nobody else’s', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, bob] = [await join('ada@example.org'), await join('bob@example.org')];
    await feed.people.setReading(ada.id, paper, { state: 'hidden' });
    await feed.people.setReading(bob.id, paper, { state: 'read' });
    const ids = async (notHiddenBy: string | undefined) => ({
      day: (await feed.day('2025-06-01', { notHiddenBy }))?.papers.map(({ id }) => id),
      list: (await feed.list({ sort: 'list', notHiddenBy })).papers.map(({ id }) => id),
      newest: (await feed.list({ notHiddenBy })).papers.map(({ id }) => id).sort(),
      total: (await feed.list({ notHiddenBy })).total,
    });
    const all = await ids(undefined);
    expect(all.total).toBe(2);
    expect(await ids(bob.id)).toEqual(all);
    const one = ['2501.00002'];
    expect(await ids(ada.id)).toEqual({ day: one, list: one, newest: one, total: 1 });
    expect((await feed.search('2501.00001')).hits.map((hit) => hit.paper.id)).toEqual([paper]);
    await feed.people.setReading(ada.id, paper, { state: 'unread' });
    expect(await ids(ada.id)).toEqual(all);
  });

  it('takes no state but its own, and no endless note', async () => {
    const { feed, join } = await peopleFeed();
    const ada = await join('ada@example.org');
    await expect(feed.people.setReading(ada.id, paper, { state: 'burnt' as 'read' })).rejects.toThrow(
      'State:',
    );
    await expect(feed.people.setReading(ada.id, paper, { note: 'x'.repeat(10_001) })).rejects.toThrow(
      'Note:',
    );
  });
});

describe('follows', () => {
  it('name authors, families and searches, once each', async () => {
    const { feed, join } = await peopleFeed();
    const ada = await join('ada@example.org');
    await feed.people.follow(ada.id, 'author', 'Alan  Turing');
    await feed.people.follow(ada.id, 'author', 'Alan Turing');
    await feed.people.follow(ada.id, 'family', 'routing');
    await feed.people.follow(ada.id, 'search', '"mixture of experts"');
    const follows = await feed.people.follows(ada.id);
    expect(follows.map(({ kind, value }) => `${kind} ${value}`)).toEqual([
      'author Alan Turing',
      'family routing',
      'search "mixture of experts"',
    ]);
    await feed.people.unfollow((await join('eve@example.org')).id, follows[0]!.id);
    expect(await feed.people.follows(ada.id)).toHaveLength(3);
    await feed.people.unfollow(ada.id, follows[0]!.id);
    expect(await feed.people.follows(ada.id)).toHaveLength(2);
    await expect(feed.people.follow(ada.id, 'search', ' ?! ')).rejects.toThrow('Follow:');
  });
});

describe('comments', () => {
  it('are off until an admin switches them on', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, admin] = [await join('ada@example.org'), await join(adminAddress)];
    expect(await feed.people.commentsOn()).toBe(false);
    await expect(feed.people.addComment(ada.id, paper, 'Hello')).rejects.toThrow('Comments are off');
    await expect(feed.people.setCommentsOn(ada.id, true)).rejects.toThrow('Only admins');
    await feed.people.setCommentsOn(admin.id, true);
    await feed.people.addComment(ada.id, paper, 'Hello');
    expect(await feed.people.comments(paper)).toMatchObject([{ text: 'Hello', by: { name: ada.name } }]);
    expect((await feed.paper(paper))?.commentCount).toBe(1);
  });

  it('count half a vote in the trend, the first of each reader only', async () => {
    const { feed, join, joinEarlier, pass } = await peopleFeed();
    const [ada, admin] = [await joinEarlier('ada@example.org'), await join(adminAddress)];
    await feed.people.setCommentsOn(admin.id, true);
    const first = await feed.people.addComment(ada.id, 'one', 'First');
    await feed.people.vote(ada.id, 'two', true);
    const [one, two] = [await feed.trend('2501.00001'), await feed.trend('2501.00002')];
    expect(one.score / two.score).toBeCloseTo(0.5, 3);
    pass(1000);
    await feed.people.addComment(ada.id, 'one', 'Second');
    expect((await feed.trend('2501.00001')).terms).toMatchObject([{ kind: 'comment', events: 1 }]);
    await feed.people.deleteComment(ada.id, first);
    expect((await feed.trend('2501.00001')).terms).toMatchObject([{ kind: 'comment', events: 1 }]);
    expect((await feed.paper('one'))?.commentCount).toBe(1);
  });

  it('are reported, hidden and shown again; who wrote one alone deletes it', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, eve, admin] = [await join('a@b.org'), await join('e@b.org'), await join(adminAddress)];
    await feed.people.setCommentsOn(admin.id, true);
    const comment = await feed.people.addComment(ada.id, paper, 'Buy boats');
    await feed.people.reportComment(eve.id, comment, 'spam');
    await feed.people.reportComment(eve.id, comment, 'spam again');
    expect((await feed.people.moderation(admin.id)).reported).toMatchObject([
      { id: comment, reports: ['spam'] },
    ]);
    expect((await feed.people.comments(paper))[0]!.reports).toEqual([]);
    await expect(feed.people.judgeComment(eve.id, comment, true)).rejects.toThrow('Only admins');
    await expect(feed.people.moderation(eve.id)).rejects.toThrow('Only admins');
    await feed.people.judgeComment(admin.id, comment, true);
    expect(await feed.people.comments(paper)).toEqual([]);
    expect(await feed.people.comments(paper, { withHidden: true })).toMatchObject([{ hidden: true }]);
    expect((await feed.paper(paper))?.commentCount).toBe(0);
    expect((await feed.trend(paper)).terms).toEqual([]);
    await feed.people.judgeComment(admin.id, comment, false);
    expect((await feed.paper(paper))?.commentCount).toBe(1);
    expect((await feed.people.moderation(admin.id)).reported).toEqual([]);
    await expect(feed.people.deleteComment(eve.id, comment)).rejects.toThrow('No comment of yours');
    await feed.people.deleteComment(ada.id, comment);
    expect(await feed.people.comments(paper)).toEqual([]);
    const { log } = await feed.people.moderation(admin.id);
    expect(log.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['comments on', 'hid a comment on', 'let a comment stand on']),
    );
  });

  it('come at most five in ten minutes from one account', async () => {
    const { feed, join, pass } = await peopleFeed();
    const [ada, admin] = [await join('a@b.org'), await join(adminAddress)];
    await feed.people.setCommentsOn(admin.id, true);
    for (let i = 0; i < 5; i++) await feed.people.addComment(ada.id, paper, `Number ${i}`);
    await expect(feed.people.addComment(ada.id, paper, 'Number 6')).rejects.toThrow('Too many comments');
    pass(10 * 60_000);
    await feed.people.addComment(ada.id, paper, 'Number 6');
  });
});

describe('author claims', () => {
  it('wait for an admin, who confirms or refuses them', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, eve, admin] = [await join('a@b.org'), await join('e@b.org'), await join(adminAddress)];
    const claim = { paperId: paper, author: 'Ada Lovelace', evidence: 'ORCID 0000-0002-1825-0097' };
    await expect(feed.people.claim(ada.id, { ...claim, author: 'Grace Hopper' })).rejects.toThrow(
      'no such author',
    );
    const mine = await feed.people.claim(ada.id, claim);
    await expect(feed.people.claim(ada.id, claim)).rejects.toThrow('already');
    const hers = await feed.people.claim(eve.id, claim);
    expect(await feed.people.isAuthor(ada.id, paper)).toBe(false);
    expect((await feed.people.moderation(admin.id)).claims).toHaveLength(2);
    await expect(feed.people.judgeClaim(ada.id, mine, true)).rejects.toThrow('Only admins');
    await feed.people.judgeClaim(admin.id, mine, true);
    expect(await feed.people.isAuthor(ada.id, paper)).toBe(true);
    await expect(feed.people.judgeClaim(admin.id, hers, true)).rejects.toThrow('Somebody else');
    await feed.people.judgeClaim(admin.id, hers, false);
    expect((await feed.people.claims(eve.id))[0]).toMatchObject({ state: 'refused' });
    expect(await feed.people.claimsOn([paper])).toMatchObject([
      { author: 'Ada Lovelace', state: 'claimed_verified' },
    ]);
    await feed.people.hideClaim(ada.id, mine, true);
    expect((await feed.people.claims(ada.id))[0]!.hidden).toBe(true);
  });

  it('open submission, and the links of the paper, to authors', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, eve, admin] = [await join('a@b.org'), await join('e@b.org'), await join(adminAddress)];
    const rules = { requireClaim: true };
    await feed.people.checkSubmission(admin.id, rules);
    await expect(feed.people.checkSubmission(ada.id, rules)).rejects.toThrow('claim yours');
    await feed.people.checkSubmission(ada.id, { requireClaim: false });
    await feed.people.assignAuthor(admin.id, { paperId: paper, author: 'Alan Turing', name: ada.name });
    await feed.people.checkSubmission(ada.id, rules);
    await feed.people.setLinks(ada.id, paper, { projectPage: 'https://example.org/p', repository: '' });
    expect(await feed.paper(paper)).toMatchObject({ projectPage: 'https://example.org/p' });
    const link = { projectPage: 'https://evil.example' };
    await expect(feed.people.setLinks(eve.id, paper, link)).rejects.toThrow('Only its authors');
    await feed.people.recordSubmission(eve.id, paper);
    await feed.people.setLinks(eve.id, paper, {});
    await expect(feed.people.setLinks(ada.id, paper, { projectPage: 'javascript:alert(1)' })).rejects.toThrow(
      'Project page:',
    );
  });
});

describe('a profile', () => {
  it('has a name of its own, which says nothing of the address at first', async () => {
    const { feed, join } = await peopleFeed();
    const [ada, eve] = [await join('ada@example.org'), await join('eve@example.org')];
    expect(ada.name).toMatch(/^reader-[0-9a-f]{10}$/);
    const profile = { name: 'Ada-L', fullName: 'Ada\r\nLovelace', about: 'Engines.', orcid: '' };
    await feed.people.updateProfile(ada.id, { ...profile, orcid: 'https://orcid.org/0000-0002-1825-0097' });
    const shown = await feed.people.profile('ada-l');
    expect(shown).toEqual({
      id: ada.id,
      name: 'ada-l',
      fullName: 'Ada Lovelace',
      about: 'Engines.',
      orcid: '0000-0002-1825-0097',
    });
    await expect(feed.people.updateProfile(eve.id, profile)).rejects.toThrow('somebody else has it');
    for (const name of ['', 'a', '-ab', 'a b', 'admin', 'x'.repeat(31), 'ä-b']) {
      await expect(feed.people.updateProfile(eve.id, { ...profile, name }), name).rejects.toThrow('Name:');
    }
    const wrong = { ...profile, name: 'eve', orcid: '0000-0002-1825-0098' };
    await expect(feed.people.updateProfile(eve.id, wrong)).rejects.toThrow('ORCID:');
  });
});

describe('an account', () => {
  it('that is blocked is signed out, counts nothing, and cannot return', async () => {
    const { feed, join, joinEarlier } = await peopleFeed();
    const [eve, admin] = [await joinEarlier('eve@example.org'), await join(adminAddress)];
    await feed.people.setCommentsOn(admin.id, true);
    await feed.people.vote(eve.id, paper, true);
    await feed.people.addComment(eve.id, paper, 'Spam');
    const token = await feed.people.createToken(eve.id, 'bot');
    await expect(feed.people.setBlocked(eve.id, admin.name, true)).rejects.toThrow('Only admins');
    await expect(feed.people.setBlocked(admin.id, admin.name, true)).rejects.toThrow('Admins cannot');
    await feed.people.setBlocked(admin.id, eve.name, true);
    expect(await feed.paper(paper)).toMatchObject({ upvotes: 0, commentCount: 0 });
    expect((await feed.trend(paper)).terms).toEqual([]);
    expect(await feed.people.accountOfToken(token)).toBeUndefined();
    expect(await feed.people.profile(eve.name)).toBeUndefined();
    const link = await feed.people.requestSignIn('eve@example.org');
    expect(link).toBeDefined();
    expect(await feed.people.signIn(link!.secret)).toBeUndefined();
    await expect(feed.people.vote(eve.id, paper, true)).rejects.toThrow('Sign in');
    await feed.people.setBlocked(admin.id, eve.name, false);
    expect((await join('eve@example.org')).id).toBe(eve.id);
  });

  it('takes its data along as JSON, BibTeX and CSV', async () => {
    const { feed, join, location } = await peopleFeed();
    const ada = await join('ada@example.org');
    await feed.people.vote(ada.id, paper, true);
    await feed.people.follow(ada.id, 'family', 'routing');
    await feed.people.setReading(ada.id, 'one', { state: 'read', note: 'two\nlines, "quoted"' });
    await feed.people.setReading(ada.id, 'two', { note: '=cmd()' });
    expect(JSON.parse(await feed.people.export(ada.id, 'json'))).not.toHaveProperty('subscription');
    const db = await openDatabase(location.databaseUrl ?? `${location.dataDir}/evenkeel.db`);
    onTestFinished(() => db.destroy());
    await addSubscribers(db, ['Ada@example.org', 'eve@example.org'], { hour: 5 });
    const everything = JSON.parse(await feed.people.export(ada.id, 'json'));
    expect(everything).toMatchObject({
      subscription: {
        state: 'active',
        hour: 5,
        formVersion: 'test',
        requestedAt: '2025-12-10T12:00:00.000Z',
      },
      account: { email: 'ada@example.org' },
      votes: [{ paper, title: 'Boats & 50% "sails"' }],
      follows: [{ kind: 'family', value: 'routing' }],
    });
    expect(everything.readingList).toHaveLength(2);
    const bibtex = await feed.people.export(ada.id, 'bibtex');
    expect(bibtex).toContain('@misc{2501.00001,');
    expect(bibtex).toContain('title = {{Boats \\& 50\\% "sails"}}');
    expect(bibtex).toContain('author = {{Ada Lovelace} and {Alan Turing}}');
    const csv = await feed.people.export(ada.id, 'csv');
    expect(csv).toContain('"Boats & 50% ""sails"""');
    expect(csv).toContain('"two\nlines, ""quoted"""');
    // Nothing begins as a formula does.
    expect(csv).toContain("'=SUM(1) of ships");
    expect(csv).toContain("'=cmd()");
  });

  it('that is deleted leaves nothing', async () => {
    const { feed, join, joinEarlier } = await peopleFeed();
    const [ada, admin] = [await joinEarlier('ada@example.org'), await join(adminAddress)];
    await feed.people.setCommentsOn(admin.id, true);
    await feed.people.vote(ada.id, paper, true);
    await feed.people.addComment(ada.id, paper, 'Hello');
    await feed.people.setReading(ada.id, paper, { note: 'x' });
    await feed.people.claim(ada.id, { paperId: paper, author: 'Ada Lovelace', evidence: '' });
    const link = await feed.people.requestSignIn('ada@example.org');
    await feed.people.deleteAccount(ada.id);
    expect(await feed.paper(paper)).toMatchObject({ upvotes: 0, commentCount: 0 });
    expect((await feed.trend(paper)).terms).toEqual([]);
    expect(await feed.people.accountById(ada.id)).toBeUndefined();
    expect(await feed.people.claimsOn([paper])).toEqual([]);
    expect(await feed.people.peekSignIn(link!.secret)).toBeUndefined();
    expect((await join('ada@example.org')).id).not.toBe(ada.id);
    await feed.people.deleteAccount(admin.id);
    const again = await join(adminAddress);
    expect((await feed.people.moderation(again.id)).log).toMatchObject([{ action: 'comments on' }]);
  });
});

describe('texts that try to be something else', () => {
  it.each(hostile)('%j is a text like any other, in every parameter', async (text) => {
    const { feed, join } = await peopleFeed();
    const [ada, admin] = [await join('ada@example.org'), await join(adminAddress)];
    const { people } = feed;
    await people.setCommentsOn(admin.id, true);
    const comment = await people.addComment(ada.id, paper, 'Hello');
    const tries: (() => Promise<unknown>)[] = [
      () => people.requestSignIn(text),
      () => people.requestEmailChange(ada.id, text),
      () => people.peekEmailChange(text, text),
      () => people.changeEmail(ada.id, text, text),
      () => people.peekSignIn(text),
      () => people.signIn(text, text),
      () => people.session(text),
      () => people.signOut(text, { everywhere: true }),
      () => people.accountOfToken(text),
      () => people.createToken(ada.id, text),
      () => people.revokeToken(ada.id, text),
      () => people.profile(text),
      () => people.accountById(text),
      () => people.updateProfile(ada.id, { name: 'ada', fullName: text, about: text, orcid: '' }),
      () => people.updateProfile(ada.id, { name: text, fullName: '', about: '', orcid: text }),
      () => people.export(text, 'json'),
      () => people.deleteAccount(text),
      () => people.vote(ada.id, text, true),
      () => people.vote(text, paper, true),
      () => people.marks(text, text),
      () => people.setReading(ada.id, paper, { note: text }),
      () => people.readingList(ada.id, { query: text }),
      () => people.dropReading(ada.id, text),
      () => people.follow(ada.id, 'author', text),
      () => people.unfollow(ada.id, text),
      () => people.addComment(ada.id, paper, text),
      () => people.reportComment(ada.id, comment, text),
      () => people.deleteComment(ada.id, text),
      () => people.claim(ada.id, { paperId: paper, author: text, evidence: text }),
      () => people.hideClaim(ada.id, text, true),
      () => people.recordSubmission(ada.id, text),
      () => people.setLinks(ada.id, text, { projectPage: text }),
      () => people.judgeComment(admin.id, text, true),
      () => people.judgeClaim(admin.id, text, true),
      () => people.assignAuthor(admin.id, { paperId: text, author: text, name: text }),
      () => people.setBlocked(admin.id, text, true),
    ];
    for (const attempt of tries) {
      await attempt().catch((error) => expect(error.name, String(attempt)).toBe('PeopleError'));
    }
    expect((await people.accountById(ada.id))?.email).toBe('ada@example.org');
    expect((await people.accountById(admin.id))?.isAdmin).toBe(true);
    expect((await feed.paper(paper))?.commentCount).toBeGreaterThan(0);
  });
});
