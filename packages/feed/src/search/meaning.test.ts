import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../database/open.js';
import { type FeedLocation, openFeed } from '../feed.js';
import { cataloguePaper, importText, pageBlock, temporaryLocation } from '../testing/temporaryFeed.js';
import { tinyModelFolder } from '../testing/tinyModel.js';
import type { Feed } from '../types.js';
import { floatsOf } from './vectors/bytes.js';
import { VectorTable } from './vectors/table.js';

const themes = {
  sailing: [
    'boat harbour anchor',
    'boat keel mast',
    'harbour tide wave',
    'anchor keel tide',
    'mast wave boat',
    'tide boat wave',
  ],
  baking: [
    'oven flour yeast',
    'flour dough crust',
    'yeast dough bread',
    'oven crust bread',
    'salt flour bread',
    'bread oven dough',
  ],
  training: [
    'loss gradient step',
    'gradient rate epoch',
    'epoch loss momentum',
    'rate step momentum',
    'loss rate weight',
    'weight step epoch',
  ],
} as const;

const papersOf = (family: keyof typeof themes) =>
  themes[family].map((summary, index) =>
    cataloguePaper({
      slug: `${family}-${index}`,
      title: `Study ${index} in ${family}`,
      date: `2025-01-${String(10 + index)}`,
      family,
      summary,
    }),
  );

async function openAt(location: FeedLocation): Promise<Feed> {
  const feed = await openFeed({ searchModel: 'corpus', ...location });
  onTestFinished(() => feed.close());
  return feed;
}

async function taughtFeed(options: Partial<FeedLocation> = {}) {
  const location = { ...(await temporaryLocation()), ...options };
  const feed = await openAt(location);
  await feed.addCatalogue(
    [...papersOf('sailing'), ...papersOf('baking'), ...papersOf('training')],
    '2025-12-10',
  );
  const slugs = async (query: string, how = {}) =>
    (await feed.search(query, { limit: 120, ...how })).hits.map(({ paper }) => paper.slug);
  return { location, feed, slugs };
}

const databaseOf = async ({ dataDir, databaseUrl }: FeedLocation) => {
  const db = await openDatabase(databaseUrl ?? join(dataDir, 'evenkeel.db'));
  onTestFinished(() => db.destroy());
  return db;
};

describe('search by meaning', () => {
  it('goes by words alone until the papers have been read, and says so', async () => {
    const { feed, slugs } = await taughtFeed();
    expect(await feed.searchState()).toEqual({ index: 'full-text', papers: 18, embedded: 0 });
    expect((await feed.search('mast')).index).toBe('full-text');
    expect(await slugs('mast')).toHaveLength(2);
    const done = await feed.updateSearch();
    expect(done).toMatchObject({ index: 'hybrid', papers: 18, embedded: 18, added: 18, computed: true });
    expect(done.model?.id).toMatch(/^lsa-[0-9a-f]{16}$/);
    expect(await feed.search('mast')).toMatchObject({ index: 'hybrid', model: 'latent semantic analysis' });
  });

  it('finds papers without the words, after those that have them, and counts both', async () => {
    const { feed, slugs } = await taughtFeed();
    await feed.updateSearch();
    const found = await slugs('mast');
    expect(found.slice(0, 2).sort()).toEqual(['sailing-1', 'sailing-4']);
    expect(found.length).toBeGreaterThan(2);
    expect(found.every((slug) => slug?.startsWith('sailing'))).toBe(true);
    expect((await feed.search('mast')).total).toBe(found.length);
    expect(await slugs('mast', { by: 'words' })).toHaveLength(2);
    expect(await slugs('"mast"')).toHaveLength(2);
    expect(await slugs('zzzz', { by: 'meaning' })).toEqual([]);
    expect(await slugs('zzzz')).toEqual([]);
  });

  it('looks a reading list through, and no other paper', async () => {
    const { feed } = await taughtFeed();
    await feed.updateSearch();
    const link = await feed.people.requestSignIn('ada@example.org');
    const { id } = (await feed.people.session((await feed.people.signIn(link!.secret))!))!;
    for (const { slug } of [...papersOf('sailing').slice(1), ...papersOf('baking')])
      await feed.people.setReading(id, slug, {});
    await feed.people.setReading(id, 'training-0', { note: 'like a mast in a storm' });
    const found = async (query: string) =>
      (await feed.people.readingList(id, { query })).map(({ paper }) => paper.slug);
    const all = await found('mast');
    // Two have the word, others its meaning, one a note with it.
    expect(all.slice(0, 2).sort()).toEqual(['sailing-1', 'sailing-4']);
    expect(all.at(-1)).toBe('training-0');
    expect(all.length).toBeGreaterThan(3);
    expect(all.slice(0, -1).every((slug) => slug?.startsWith('sailing'))).toBe(true);
    expect(all).not.toContain('sailing-0');
    expect(await found('')).toHaveLength(12);
  });

  it('pages through one list, whatever the page', async () => {
    const { feed, slugs } = await taughtFeed();
    await feed.updateSearch();
    for (const query of ['boat', 'study', 'oven or gradient']) {
      const all = await slugs(query);
      const { total } = await feed.search(query);
      expect(new Set(all).size).toBe(total);
      const pages = [];
      for (let offset = 0; offset < total + 5; offset += 5)
        pages.push(...(await slugs(query, { limit: 5, offset })));
      expect(pages).toEqual(all);
    }
  });

  it('leaves the installed model, which is slow, when there are too many papers for it', async () => {
    const { location, feed } = await taughtFeed({ searchModel: 'best', installedUpTo: 18 });
    const done = await feed.updateSearch();
    expect(done).toMatchObject({ model: { name: 'model-embeddings-en' }, embedded: 18, added: 36 });
    await importText(feed, pageBlock('One more', 'A boat with an oven.'));
    const after = await feed.updateSearch();
    expect(after).toMatchObject({ model: { name: 'latent semantic analysis' }, embedded: 19, added: 1 });
    expect((await feed.search('mast')).model).toBe('latent semantic analysis');
    const db = await databaseOf(location);
    const models = await db.selectFrom('paper_vector').select('model_id').distinct().execute();
    expect(models).toMatchObject([{ model_id: expect.stringMatching(/^lsa-/) }]);
    const again = await openAt({ ...location, searchModel: 'best', installedUpTo: 18 });
    expect(await again.updateSearch()).toMatchObject({
      added: 0,
      model: { name: 'latent semantic analysis' },
    });
  });

  it('reads a paper again when its text changes, and only then', async () => {
    const { location, feed, slugs } = await taughtFeed();
    await feed.updateSearch();
    expect(await slugs('dough oven crust flour', { by: 'meaning' })).not.toContain('sailing-0');
    const changed = { ...papersOf('sailing')[0]!, summary: 'oven dough crust flour' };
    await feed.addCatalogue([changed], '2025-12-10');
    expect((await feed.updateSearch()).added).toBe(1);
    expect(await slugs('dough oven crust flour', { by: 'meaning' })).toContain('sailing-0');
    await feed.addCatalogue([{ ...changed, date: '2025-02-02' }], '2025-12-11');
    expect(await feed.updateSearch()).toMatchObject({ added: 0, computed: false });
    const rows = await (await databaseOf(location)).selectFrom('paper_vector').selectAll().execute();
    expect(rows).toHaveLength(18);
    for (const { model_id, dimension, vector } of rows) {
      expect(model_id).toMatch(/^lsa-/);
      expect(floatsOf(vector)).toHaveLength(dimension);
      expect(Math.hypot(...floatsOf(vector))).toBeCloseTo(1, 5);
    }
  });

  it('computes its model anew when a tenth has come, and forgets the earlier one', async () => {
    const { location, feed } = await taughtFeed();
    const first = await feed.updateSearch();
    await importText(feed, pageBlock('One more', 'A boat with an oven.'));
    expect(await feed.updateSearch()).toMatchObject({ computed: false, added: 1, model: first.model });
    await importText(feed, pageBlock('And another', 'A gradient of salt.'));
    const second = await feed.updateSearch();
    expect(second).toMatchObject({ computed: true, added: 20, embedded: 20 });
    expect(second.model?.id).not.toBe(first.model?.id);
    const db = await databaseOf(location);
    const models = await db.selectFrom('paper_vector').select('model_id').distinct().execute();
    expect(models).toEqual([{ model_id: second.model?.id }]);
    expect(await db.selectFrom('search_model').select('id').execute()).toEqual([{ id: second.model?.id }]);
  });

  it('is seen by other processes, and goes on under another id', async () => {
    const { location, feed } = await taughtFeed();
    const other = await openAt(location);
    expect((await other.search('mast')).index).toBe('full-text');
    await feed.updateSearch();
    await expect.poll(async () => (await other.search('mast')).index, { timeout: 10_000 }).toBe('hybrid');
    // The paper gets its arXiv id, as when a source names it.
    await feed.addCatalogue([{ ...papersOf('sailing')[5]!, arxivId: '2501.00005' }], '2025-12-10');
    const ids = (await other.search('mast')).hits.map(({ paper }) => paper.id);
    expect(ids).toContain('2501.00005');
  });

  it('reads in the background, again after every change, until it is closed', async () => {
    const { feed, slugs } = await taughtFeed();
    const problems: unknown[] = [];
    feed.keepSearch({ onProblem: (error) => problems.push(error), everyMilliseconds: 50 });
    await expect.poll(() => feed.searchState(), { timeout: 15_000 }).toMatchObject({ embedded: 18 });
    await feed.addCatalogue([{ ...papersOf('baking')[0]!, summary: 'keel mast harbour' }], '2025-12-10');
    await expect.poll(() => slugs('anchor'), { timeout: 15_000 }).toContain('baking-0');
    await feed.close();
    await wait(100);
    expect(problems).toEqual([]);
  });

  it('can be closed in the middle', async () => {
    const { feed } = await taughtFeed();
    const updating = feed.updateSearch();
    updating.catch(() => undefined);
    await wait(20);
    await feed.close();
    await Promise.allSettled([updating]);
  });

  it('answers without the model when there are too few papers for one', async () => {
    const feed = await openAt(await temporaryLocation());
    await importText(feed, pageBlock('Boats', 'A boat.'));
    expect(await feed.updateSearch()).toMatchObject({ index: 'full-text', added: 0, computed: false });
    expect((await feed.search('boat')).total).toBe(1);
  });
});

describe('the filters', () => {
  it('hold for words and meanings alike', async () => {
    const { feed, slugs } = await taughtFeed();
    await feed.importSavedPage(
      new TextEncoder().encode(
        JSON.stringify([
          { title: 'Study 5 in sailing', authors: [{ name: 'Zoë Keel' }], ai_keywords: ['tides'] },
          { title: 'Study 4 in sailing', authors: [{ name: 'A. Mast' }] },
        ]),
      ),
      { savedOn: '2025-12-12', name: 'authors.json' },
    );
    await feed.updateSearch();
    const all = await slugs('boat');
    expect(all).toContain('sailing-5');
    expect(all).toContain('sailing-4');
    expect(await slugs('boat', { family: 'baking' })).toEqual([]);
    expect(await slugs('boat', { author: 'zoe keel' })).toEqual(['sailing-5']);
    expect(await slugs('boat', { tag: 'tides' })).toEqual(['sailing-5']);
    expect((await slugs('boat', { from: '2025-12-12' })).sort()).toEqual(['sailing-4', 'sailing-5']);
    expect(await slugs('boat', { from: '2025-12-12', to: '2025-12-12', author: 'Zoë Keel' })).toEqual([
      'sailing-5',
    ]);
    expect(await slugs('boat', { to: '2025-12-09' })).toEqual([]);
    expect(await slugs('boat', { slugs: ['sailing-4', 'baking-1'] })).toEqual(['sailing-4']);
    expect(await slugs('boat', { slugs: [] })).toEqual([]);
    expect(await slugs('Study 5 in sailing', { author: 'A. Mast' })).not.toContain('sailing-5');
    expect(await slugs('boat', { author: 'a mast', by: 'meaning' })).toEqual(['sailing-4']);
    await expect(feed.search('x', { from: 'yesterday' })).rejects.toThrow(
      'search: from: got "yesterday", expected a day as YYYY-MM-DD',
    );
  });

  it('finds papers by their authors', async () => {
    const { feed, slugs } = await taughtFeed();
    const item = { title: 'Study 3 in baking', authors: [{ name: 'Zoë Cañón' }] };
    await feed.importSavedPage(new TextEncoder().encode(JSON.stringify([item])), {
      savedOn: '2025-12-12',
      name: 'authors.json',
    });
    expect(await slugs('canon')).toEqual(['baking-3']);
    expect(await slugs('zoe dough')).not.toEqual([]);
  });
});

describe('papers similar to a paper', () => {
  it('are those of its kind, without itself, in the order that is asked for', async () => {
    const { feed } = await taughtFeed();
    expect(await feed.similar('sailing-0')).toEqual({ papers: [] });
    await feed.updateSearch();
    const { model, papers } = await feed.similar('sailing-0', { limit: 4 });
    expect(model).toBe('latent semantic analysis');
    expect(papers.length).toBeGreaterThan(0);
    expect(papers.map(({ paper }) => paper.family)).toEqual(papers.map(() => 'sailing'));
    expect(papers.map(({ paper }) => paper.slug)).not.toContain('sailing-0');
    const similarities = papers.map(({ similarity }) => similarity);
    expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
    const newest = (await feed.similar('sailing-0', { limit: 4, sort: 'newest' })).papers;
    const days = newest.map(({ paper }) => paper.publishedOn);
    expect(days).toEqual([...days].sort().reverse());
    expect(new Set(newest.map(({ paper }) => paper.id))).toEqual(
      new Set(papers.map(({ paper }) => paper.id)),
    );
    expect(await feed.similar('none')).toEqual({ papers: [] });
  });
});

describe('a model that comes ready', () => {
  const groups = [
    ['boat', 'vessel'],
    ['oven', 'bakehouse'],
  ];

  it('answers in place of the one of the corpus, which stays for when it is gone', async () => {
    const modelsDir = await tinyModelFolder([...groups, ['vessel2']], { least: 0.5 });
    const { location, feed, slugs } = await taughtFeed({ modelsDir, searchModel: 'best' });
    const done = await feed.updateSearch();
    expect(done).toMatchObject({ model: { name: 'tiny', dimension: 4 }, added: 36, embedded: 18 });
    // A word of the model and of no paper: only the model knows what it means. Some word of the query has to be known.
    const found = await feed.search('vessel study', { by: 'meaning' });
    expect(found).toMatchObject({ index: 'hybrid', model: 'tiny' });
    expect(found.hits.map(({ paper }) => paper.slug).sort()).toEqual([
      'sailing-0',
      'sailing-1',
      'sailing-4',
      'sailing-5',
    ]);
    expect((await slugs('oven')).length).toBeGreaterThan(0);
    await feed.close();
    await rm(modelsDir, { recursive: true });
    const later = await openAt({ ...location, modelsDir, searchModel: 'corpus' });
    expect(await later.search('boat')).toMatchObject({ index: 'hybrid', model: 'latent semantic analysis' });
  });

  it('reads everything anew when it is changed, and its vectors are never compared with others', async () => {
    const first = await tinyModelFolder(groups);
    const { location, feed } = await taughtFeed({ modelsDir: first, searchModel: 'best' });
    await feed.updateSearch();
    await feed.close();
    const second = await tinyModelFolder([...groups, ['harbour', 'quay']], { id: 'other' });
    const later = await openAt({ ...location, modelsDir: second });
    expect(await later.search('boat')).toMatchObject({ model: 'latent semantic analysis' });
    const done = await later.updateSearch();
    expect(done).toMatchObject({ model: { name: 'other' }, added: 18, embedded: 18 });
    const db = await databaseOf(location);
    const models = await db.selectFrom('paper_vector').select('model_id').distinct().execute();
    expect(models.map(({ model_id }) => model_id.replace(/-[0-9a-f]+$/, '')).sort()).toEqual([
      'lsa',
      'onnx-other',
    ]);
  });

  it('that cannot be used is told, and another answers', async () => {
    const modelsDir = await tinyModelFolder(groups, { dimension: 0 });
    const { feed } = await taughtFeed({ modelsDir, searchModel: 'best' });
    const done = await feed.updateSearch();
    expect(done.problem).toContain('dimension: got 0');
    expect(done.index).toBe('hybrid');
    expect((await feed.search('boat')).total).toBeGreaterThan(0);
  }, 60_000);
});

describe('the vectors of many papers', () => {
  it('are searched in a thread with the same result', async () => {
    const { location, feed } = await taughtFeed();
    const { model } = await feed.updateSearch();
    const db = await databaseOf(location);
    const [here, there] = [100, 5].map((most) => new VectorTable(db, model!.id, model!.dimension, most)) as [
      VectorTable,
      VectorTable,
    ];
    await Promise.all([here.refresh(), there.refresh()]);
    onTestFinished(() => there.close());
    expect([here.threaded, there.threaded]).toEqual([false, true]);
    const row = await db
      .selectFrom('paper_vector')
      .select(['paper_id', 'vector'])
      .orderBy('number')
      .executeTakeFirstOrThrow();
    for (const filter of [{}, { family: 'sailing' }]) {
      const options = { count: 7, least: -1, filter, except: row.paper_id };
      const expected = await here.nearest(floatsOf(row.vector), options);
      expect(await there.nearest(floatsOf(row.vector), options)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(4);
    }
  });
});
