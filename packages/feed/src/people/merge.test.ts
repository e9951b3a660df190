import { expect, it } from 'vitest';
import { adminAddress, peopleFeed } from '../testing/people.js';
import { importText, pageBlock } from '../testing/temporaryFeed.js';

const arxivId = '2505.00001';

it('moves all that readers did with a paper known by its title to the one with its arXiv id, once', async () => {
  const { feed, join, joinEarlier, pass } = await peopleFeed();
  const { people } = feed;
  const [ada, bo, admin] = [
    await joinEarlier('ada@example.org'),
    await joinEarlier('bo@example.org'),
    await join(adminAddress),
  ];
  await people.setCommentsOn(admin.id, true);
  await importText(feed, pageBlock('Harbours at night'), '2025-06-01');
  const known = (await feed.list({})).papers.find(({ title }) => title === 'Harbours at night')!.id;
  const item = (title: string) => ({
    paper: { id: arxivId, title, authors: [{ name: 'Ada Lovelace' }], upvotes: 3 },
  });
  const importItem = (title: string) =>
    feed.importSavedPage(new TextEncoder().encode(JSON.stringify([item(title)])), {
      savedOn: '2025-06-01',
      name: 'daily.json',
    });
  // Under another title at first, so that there are two.
  await importItem('Night harbours');
  for (const id of [known, arxivId]) {
    await people.vote(ada.id, id, true);
    await people.addComment(ada.id, id, `About ${id}`);
    await people.setReading(ada.id, id, { state: id === known ? 'unread' : 'read', note: `Note on ${id}` });
    pass(60_000);
  }
  await people.vote(bo.id, known, true);
  await people.addComment(bo.id, known, 'Only here');
  await people.setReading(bo.id, known, { note: 'Mine' });
  await people.follow(bo.id, 'author', 'Ada Lovelace');

  await importItem('Harbours at Night');

  expect((await feed.paper(known))?.id).toBe(arxivId);
  expect(await feed.paper(arxivId)).toMatchObject({ upvotes: 5, commentCount: 3, listedOn: '2025-06-01' });
  expect((await people.comments(arxivId)).map(({ text }) => text)).toEqual([
    `About ${known}`,
    `About ${arxivId}`,
    'Only here',
  ]);
  const [entry] = await people.readingList(ada.id);
  expect(entry).toMatchObject({ state: 'read', note: `Note on ${arxivId}\n\nNote on ${known}` });
  expect(await people.readingList(bo.id)).toMatchObject([{ note: 'Mine', paper: { id: arxivId } }]);
  expect((await people.marks(bo.id, known)).voted).toBe(true);
  expect(await people.follows(bo.id)).toMatchObject([{ kind: 'author', value: 'Ada Lovelace' }]);
  const { terms } = await feed.trend(arxivId);
  expect(terms.find(({ kind }) => kind === 'comment')?.events).toBe(2);
  // Two readers here, and what the import brought.
  expect(terms.find(({ kind }) => kind === 'upvote')?.events).toBe(3);
  expect((await feed.list({ sort: 'trending', limit: 1 })).papers[0]?.id).toBe(arxivId);
  await people.vote(ada.id, known, false);
  expect((await feed.paper(arxivId))?.upvotes).toBe(4);
});
