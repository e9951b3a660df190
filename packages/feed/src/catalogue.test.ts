import { expect, it } from 'vitest';
import { provisionalId } from './identifiers.js';
import { cataloguePaper, importText, pageBlock, temporaryFeed } from './testing/temporaryFeed.js';

const day = '2025-12-11';
const boats = cataloguePaper({ slug: 'paper-boats', title: 'Paper Boats', arxivId: '2401.00001' });
const { arxivId: _, ...unnumbered } = boats;

it('gives papers their facts and no abstract', async () => {
  const feed = await temporaryFeed();
  const repository = 'https://example.org/boats';
  await feed.addCatalogue([{ ...boats, repository, authorCount: 3 }], day);
  expect(await feed.paper('paper-boats')).toEqual({
    id: '2401.00001',
    arxivId: '2401.00001',
    slug: 'paper-boats',
    title: 'Paper Boats',
    publishedOn: '2025-01-02',
    authorCount: 3,
    authors: [],
    repository,
    family: 'routing',
    summary: 'About paper-boats.',
    upvotes: 0,
    tags: [],
    commentCount: 0,
    listedOn: day,
  });
});

it('updates changed facts, and removes nothing', async () => {
  const feed = await temporaryFeed();
  await feed.addCatalogue([boats, cataloguePaper({ slug: 'knots' })], day);
  await feed.addCatalogue([{ ...boats, title: 'Paper Boats, Revised', summary: 'Now they float.' }], day);
  expect(await feed.paper('2401.00001')).toMatchObject({ title: 'Paper Boats, Revised' });
  expect((await feed.search('float')).total).toBe(1);
  expect((await feed.search('about')).total).toBe(1);
  expect((await feed.day())?.papers.map(({ slug }) => slug)).toEqual(['paper-boats', 'knots']);
});

it('keeps the order of a page that lists its papers on the same day', async () => {
  const feed = await temporaryFeed();
  await importText(feed, pageBlock('Knots') + pageBlock('Paper Boats'));
  const catalogue = [
    boats,
    cataloguePaper({ slug: 'knots', title: 'Knots' }),
    cataloguePaper({ slug: 'ropes' }),
  ];
  for (let start = 0; start < 2; start++) await feed.addCatalogue(catalogue, day);
  expect((await feed.day())?.papers.map(({ slug }) => slug)).toEqual(['knots', 'paper-boats', 'ropes']);
});

it('gives an imported paper its arXiv id, and the provisional id keeps leading to it', async () => {
  const feed = await temporaryFeed();
  await importText(feed, pageBlock('Paper boats.', 'They float.'));
  const before = (await feed.day())?.papers[0];
  expect(before?.id).toBe(provisionalId('Paper Boats'));
  await feed.addCatalogue([boats], day);
  const after = await feed.paper('2401.00001');
  expect(after).toMatchObject({ id: '2401.00001', title: 'Paper Boats', abstract: 'They float.' });
  expect(await feed.paper(before?.id ?? '')).toEqual(after);
  expect((await feed.search('2401.00001')).hits[0]?.paper).toEqual(after);
  expect(await feed.days()).toEqual([{ date: day, count: 1 }]);
});

it('keeps a provisional id until the arXiv id is known', async () => {
  const feed = await temporaryFeed();
  await feed.addCatalogue([unnumbered], day);
  expect((await feed.paper('paper-boats'))?.id).toBe(provisionalId('Paper Boats'));
  await feed.addCatalogue([{ ...boats, title: 'Paper Boats, Revised' }], day);
  const paper = await feed.paper('paper-boats');
  expect(paper).toMatchObject({ id: '2401.00001', title: 'Paper Boats, Revised' });
  expect(await feed.paper(provisionalId('Paper Boats'))).toEqual(paper);
  expect((await feed.day())?.papers).toEqual([paper]);
});

it('joins two records that turn out to be one paper, with the days of both', async () => {
  const feed = await temporaryFeed();
  await feed.addCatalogue([boats], '2025-12-10');
  await importText(feed, pageBlock('Paper Boats, Revised', 'They float.', 'May 21, 2024 4'));
  expect((await feed.search('boats')).total).toBe(2);
  await feed.addCatalogue([{ ...boats, title: 'Paper Boats, Revised' }], '2025-12-10');
  const paper = await feed.paper('paper-boats');
  expect(paper).toMatchObject({ id: '2401.00001', abstract: 'They float.', commentCount: 4, listedOn: day });
  expect((await feed.search('boats')).hits.map((hit) => hit.paper)).toEqual([paper]);
  expect(await feed.days()).toEqual([
    { date: day, count: 1 },
    { date: '2025-12-10', count: 1 },
  ]);
  expect(await feed.paper(provisionalId('Paper Boats, Revised'))).toEqual(paper);
});

it('knows a paper by an earlier title', async () => {
  const feed = await temporaryFeed();
  await feed.addCatalogue([boats], day);
  await feed.addCatalogue([{ ...boats, title: 'Vessels of Paper' }], day);
  expect(await importText(feed, pageBlock('Paper Boats'))).toMatchObject({ added: 0, updated: 1 });
  expect((await feed.paper('paper-boats'))?.title).toBe('Vessels of Paper');
});

it('keeps papers of one title apart when their arXiv ids differ', async () => {
  const feed = await temporaryFeed();
  await feed.addCatalogue([boats], day);
  const other = cataloguePaper({ slug: 'other-boats', title: 'Paper Boats', arxivId: '2401.00002' });
  await feed.addCatalogue([other], day);
  expect((await feed.paper('2401.00001'))?.slug).toBe('paper-boats');
  expect((await feed.paper('2401.00002'))?.slug).toBe('other-boats');
});

it.each([
  ['day', [boats], 'yesterday', 'addCatalogue: day: got "yesterday", expected a day as YYYY-MM-DD'],
  ['slug', [cataloguePaper({ slug: 'Paper Boats' })], day, 'addCatalogue: papers: slug: got "Paper Boats"'],
  ['title', [{ ...boats, title: '—' }], day, 'addCatalogue: papers: paper-boats: title: got "—"'],
  ['arXiv id', [{ ...boats, arxivId: '24' }], day, 'addCatalogue: papers: paper-boats: arxivId: got "24"'],
  ['date', [{ ...boats, date: '2025' }], day, 'addCatalogue: papers: paper-boats: date: got "2025"'],
  ['address', [{ ...boats, repository: 'javascript:0' }], day, 'expected an https address'],
  ['double', [boats, boats], day, 'expected a slug, title and arXiv id of its own'],
])('refuses a bad %s before anything is written', async (_name, papers, listDay, message) => {
  const feed = await temporaryFeed();
  const good = cataloguePaper({ slug: 'good' });
  await expect(feed.addCatalogue([good, ...papers], listDay)).rejects.toThrow(message);
  expect(await feed.days()).toEqual([]);
  expect(await feed.paper('good')).toBeUndefined();
});
