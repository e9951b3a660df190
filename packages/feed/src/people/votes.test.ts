import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adminAddress, peopleFeed } from '../testing/people.js';
import type { Account } from './types.js';

const paper = '2501.00001';

describe('a vote', () => {
  it('counts one for the paper and in its trend, and can be taken back', async () => {
    const { feed, joinEarlier } = await peopleFeed();
    const ada = await joinEarlier('ada@example.org');
    await feed.people.vote(ada.id, paper, true);
    expect((await feed.paper(paper))?.upvotes).toBe(1);
    expect((await feed.trend(paper)).terms).toMatchObject([{ kind: 'upvote', events: 1 }]);
    expect((await feed.people.marks(ada.id, paper)).voted).toBe(true);
    await feed.people.vote(ada.id, paper, false);
    await feed.people.vote(ada.id, paper, false);
    expect((await feed.paper(paper))?.upvotes).toBe(0);
    expect((await feed.trend(paper)).terms).toEqual([]);
    expect((await feed.people.marks(ada.id, paper)).voted).toBe(false);
  });

  it('counts once however often and however fast it is given', async () => {
    const { feed, joinEarlier } = await peopleFeed();
    const ada = await joinEarlier('ada@example.org');
    const ids = [paper, `${paper}v3`, 'one', `arXiv:${paper}`];
    await Promise.all(Array.from({ length: 12 }, (_, i) => feed.people.vote(ada.id, ids[i % 4]!, true)));
    expect((await feed.paper(paper))?.upvotes).toBe(1);
    expect((await feed.trend(paper)).terms[0]?.events).toBe(1);
  });

  it('of an account younger than a week counts a quarter in the trend', async () => {
    const { feed, join, joinEarlier } = await peopleFeed();
    const [young, old] = [await join('new@example.org'), await joinEarlier('old@example.org')];
    await feed.people.vote(young.id, 'one', true);
    await feed.people.vote(old.id, 'two', true);
    const scores = [(await feed.trend('2501.00001')).score, (await feed.trend('2501.00002')).score];
    expect(scores[0]! / scores[1]!).toBeCloseTo(0.25, 3);
  });

  it('for one’s own paper counts nothing, also where it was given before the claim', async () => {
    const { feed, joinEarlier, join } = await peopleFeed();
    const [ada, admin] = [await joinEarlier('ada@example.org'), await join(adminAddress)];
    await feed.people.vote(ada.id, paper, true);
    const claim = await feed.people.claim(ada.id, { paperId: paper, author: 'ada lovelace', evidence: '' });
    expect((await feed.paper(paper))?.upvotes).toBe(1);
    await feed.people.judgeClaim(admin.id, claim, true);
    expect((await feed.paper(paper))?.upvotes).toBe(0);
    expect((await feed.trend(paper)).score).toBe(0);
    await feed.people.vote(ada.id, paper, false);
    await feed.people.vote(ada.id, paper, true);
    expect((await feed.paper(paper))?.upvotes).toBe(0);
    expect((await feed.trend(paper)).score).toBe(0);
  });

  it('is refused to whoever has no account, and for a paper that is not here', async () => {
    const { feed, join } = await peopleFeed();
    const ada = await join('ada@example.org');
    await expect(feed.people.vote('nobody', paper, true)).rejects.toThrow('Sign in to do this.');
    await expect(feed.people.vote(ada.id, '9999.99999', true)).rejects.toThrow('No such paper is here.');
  });

  it('is refused after very many in a short time', async () => {
    const { feed, join, pass } = await peopleFeed();
    const ada = await join('ada@example.org');
    const papers = Array.from({ length: 61 }, (_, i) => ({
      slug: `more-${i}`,
      title: `More ${i}`,
      date: '2025-01-01',
      family: 'routing',
      summary: 'More.',
    }));
    await feed.addCatalogue(papers, '2025-06-01');
    for (let i = 0; i < 60; i++) await feed.people.vote(ada.id, `more-${i}`, true);
    await expect(feed.people.vote(ada.id, 'more-60', true)).rejects.toThrow('Too many votes');
    pass(10 * 60_000);
    await feed.people.vote(ada.id, 'more-60', true);
  });

  it('adds to the votes that came with imports, and outlives the next import', async () => {
    const { feed, joinEarlier } = await peopleFeed();
    const ada = await joinEarlier('ada@example.org');
    const bring = (upvotes: number) => {
      const item = { paper: { id: paper, title: 'Boats & 50% "sails"', upvotes } };
      const page = new TextEncoder().encode(JSON.stringify([item]));
      return feed.importSavedPage(page, { savedOn: '2025-06-01', name: 'daily.json' });
    };
    const votes = async () => (await feed.paper(paper))?.upvotes;
    await bring(10);
    await feed.people.vote(ada.id, paper, true);
    expect(await votes()).toBe(11);
    await bring(10);
    expect(await votes()).toBe(11);
    await bring(12);
    expect(await votes()).toBe(13);
    await feed.people.vote(ada.id, paper, false);
    expect(await votes()).toBe(12);
  });

  it('moves with a paper whose arXiv id turns up, and counts once where both had it', async () => {
    const { feed, joinEarlier } = await peopleFeed();
    const [ada, bob] = [await joinEarlier('ada@example.org'), await joinEarlier('bob@example.org')];
    const bring = (item: object) =>
      feed.importSavedPage(new TextEncoder().encode(JSON.stringify([item])), {
        savedOn: '2025-06-01',
        name: 'daily.json',
      });
    const text = 'A paper of no number\n\nIt sails.\n\n  • 3 authors\n·\nMay 21, 2024\n\n';
    await feed.importSavedPage(new TextEncoder().encode(text), { savedOn: '2025-06-01', name: 'page.txt' });
    const provisional = (await feed.search('A paper of no number')).hits[0]!.paper.id;
    await bring({ paper: { id: '2405.00009', title: 'Another title', upvotes: 5 } });
    for (const { id } of [ada, bob]) await feed.people.vote(id, provisional, true);
    await feed.people.vote(ada.id, '2405.00009', true);
    await feed.people.setReading(ada.id, provisional, { note: 'my words' });
    await bring({ paper: { id: '2405.00009', title: 'A paper of no number', upvotes: 5 } });
    expect((await feed.paper(provisional))?.id).toBe('2405.00009');
    expect((await feed.paper('2405.00009'))?.upvotes).toBe(7);
    expect((await feed.people.readingList(ada.id))[0]).toMatchObject({ note: 'my words' });
    await feed.people.vote(ada.id, '2405.00009', false);
    await feed.people.vote(bob.id, '2405.00009', false);
    expect((await feed.paper('2405.00009'))?.upvotes).toBe(5);
    // The votes that it was imported with are left.
    expect((await feed.trend('2405.00009')).terms).toMatchObject([{ kind: 'upvote', events: 1 }]);
  });
});

it('counts the accounts that have voted, whatever the order of what they do', async () => {
  const { feed, joinEarlier } = await peopleFeed();
  const voters: Account[] = [];
  for (const name of ['a', 'b', 'c']) voters.push(await joinEarlier(`${name}@example.org`));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.boolean()), { maxLength: 12 }),
      async (steps) => {
        const standing = [false, false, false];
        for (const voter of voters) await feed.people.vote(voter.id, paper, false);
        for (const [who, up] of steps) {
          await feed.people.vote(voters[who]!.id, paper, up);
          standing[who] = up;
        }
        const expected = standing.filter(Boolean).length;
        expect((await feed.paper(paper))?.upvotes).toBe(expected);
        expect((await feed.trend(paper)).terms[0]?.events ?? 0).toBe(expected);
      },
    ),
    { numRuns: 15 },
  );
});
