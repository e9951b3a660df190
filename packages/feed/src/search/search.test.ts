import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { provisionalId } from '../identifiers.js';
import { atom, entry, settings, source } from '../ingest/testing/arxiv.js';
import { cataloguePaper, importText, pageBlock, temporaryFeed } from '../testing/temporaryFeed.js';

async function harbourFeed() {
  const feed = await temporaryFeed();
  await feed.addCatalogue(
    [
      cataloguePaper({
        slug: 'load-boats',
        title: 'Balancing the Load of Paper Boats',
        arxivId: '2401.00001',
        summary: 'Cargo is spread evenly.',
      }),
      cataloguePaper({
        slug: 'anchors',
        title: 'Quantization of Anchors',
        family: 'quantization',
        summary: 'A boat is held by a lighter anchor.',
      }),
    ],
    '2025-12-10',
  );
  await importText(
    feed,
    pageBlock('Rivers', 'The balancing of water, and the load of a ship. Élan counts.') +
      pageBlock('Lanterns', 'Pruned wicks burn longer than boats.'),
  );
  const titles = async (query: string, options = {}) =>
    (await feed.search(query, options)).hits.map(({ paper }) => paper.title);
  return { feed, titles };
}

describe('search', () => {
  it('finds papers by title, summary, abstract, family, slug and arXiv id', async () => {
    const { titles } = await harbourFeed();
    const boats = 'Balancing the Load of Paper Boats';
    expect(await titles('paper load')).toEqual([boats]);
    expect(await titles('cargo')).toEqual([boats]);
    expect(await titles('wicks')).toEqual(['Lanterns']);
    expect(await titles('quantization lighter')).toEqual(['Quantization of Anchors']);
    expect(await titles('load-boats cargo')).toEqual([boats]);
    expect(await titles('2401.00001 cargo')).toEqual([boats]);
  });

  it('ranks a title above a summary, and a summary above an abstract', async () => {
    const { titles } = await harbourFeed();
    expect(await titles('boats')).toEqual([
      'Balancing the Load of Paper Boats',
      'Quantization of Anchors',
      'Lanterns',
    ]);
  });

  it('completes the last word at every letter', async () => {
    const { titles } = await harbourFeed();
    for (let length = 3; length <= 'quantization'.length; length++) {
      expect(await titles('quantization'.slice(0, length))).toEqual(['Quantization of Anchors']);
    }
    expect(await titles('paper-boa')).toEqual(['Balancing the Load of Paper Boats']);
  });

  it('finds other forms of a word, and letters without their accents', async () => {
    const { titles } = await harbourFeed();
    expect(await titles('pruning')).toEqual(['Lanterns']);
    expect(await titles('elan counting')).toEqual(['Rivers']);
    expect(await titles('ÉLA')).toEqual(['Rivers']);
  });

  it('keeps the words of a quoted phrase together', async () => {
    const { titles } = await harbourFeed();
    expect(await titles('balancing load')).toHaveLength(2);
    expect(await titles('"balancing the load"')).toEqual(['Balancing the Load of Paper Boats']);
    expect(await titles('“load of a ship” water')).toEqual(['Rivers']);
    expect(await titles('"load balancing"')).toEqual([]);
  });

  it('falls back to papers with some of the words when none has all', async () => {
    const { titles } = await harbourFeed();
    expect(await titles('cargo wicks')).toHaveLength(2);
    expect(await titles('cargo "wicks"')).toEqual([]);
  });

  it('asks for the words that tell something, and for the others where there are no more', async () => {
    const { titles } = await harbourFeed();
    expect(await titles('which wicks are these')).toEqual(['Lanterns']);
    expect((await titles('the')).length).toBeGreaterThan(0);
    expect(await titles('"the load"')).toHaveLength(2);
  });

  it('puts misspelt words right, in the middle and half typed, and says what it looked for', async () => {
    const { feed, titles } = await harbourFeed();
    for (const typo of ['quantizaton', 'qantization', 'quantizatoin', 'quanitzation of anchors', 'qunatiz']) {
      expect(await titles(typo)).toEqual(['Quantization of Anchors']);
    }
    expect(await feed.search('paprr "load"')).not.toHaveProperty('corrected');
    expect(await feed.search('the LAOD of paper')).toMatchObject({
      corrected: 'the load of paper',
      total: 1,
    });
    expect(await feed.search('load')).not.toHaveProperty('corrected');
    expect(await titles('"quantizaton"')).toEqual([]);
    await importText(feed, pageBlock('Sextants', 'A sextant.') + pageBlock('Grokking', 'Growing, growing.'));
    expect(await titles('groking')).toEqual(['Grokking']);
    expect(await titles('sextnat')).toEqual(['Sextants']);
  });

  it('puts the paper that the query names first', async () => {
    const { feed, titles } = await harbourFeed();
    await importText(feed, pageBlock('Boats', 'None.') + pageBlock('Boats, boats, boats', 'Boats boats.'));
    expect((await titles('boats'))[0]).toBe('Boats');
    expect((await titles('"Boats."'))[0]).toBe('Boats');
    for (const id of ['2401.00001', 'arXiv:2401.00001v2', 'https://arxiv.org/abs/2401.00001', 'load-boats']) {
      expect((await titles(id))[0]).toBe('Balancing the Load of Paper Boats');
    }
    expect(await titles(provisionalId('Lanterns'))).toEqual(['Lanterns']);
  });

  it('counts and pages the same list, with falling scores', async () => {
    const { feed, titles } = await harbourFeed();
    await importText(feed, pageBlock('Boats', 'None.'));
    const all = await feed.search('boats');
    const order = all.hits.map(({ paper }) => paper.title);
    const scores = all.hits.map(({ score }) => score);
    expect(all.total).toBe(4);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const limit of [1, 2, 3]) {
      const pages: string[] = [];
      for (let offset = 0; offset < 5; offset += limit) {
        pages.push(...(await titles('boats', { limit, offset })));
        expect((await feed.search('boats', { limit, offset })).total).toBe(4);
      }
      expect(pages).toEqual(order);
    }
  });

  it('takes an arXiv id with a version, a DOI in any form and case, and a quoted title for the paper itself', async () => {
    const { feed, titles } = await harbourFeed();
    const { addresses } = await source((_, response) =>
      response.end(atom(1, [entry(7, '<arxiv:doi>10.1000/Boats.7</arxiv:doi>')])),
    );
    await feed.ingest({ kind: 'query', query: 'all:boat' }, settings(addresses));
    for (const query of [
      '2512.00007',
      '2512.00007v3',
      'arXiv:2512.00007',
      'https://arxiv.org/abs/2512.00007v1',
      '10.1000/boats.7',
      'doi:10.1000/BOATS.7',
      'https://doi.org/10.1000/Boats.7',
      '"Boat number 7"',
    ])
      expect((await titles(query))[0], query).toBe('Boat number 7');
  });

  it('keeps to a venue, of one year or of all, and finds papers by it', async () => {
    const { feed, titles } = await harbourFeed();
    const notes = ['ICLR 2025', 'ICLR 2024 spotlight', 'ICML 2025', '8 pages'];
    const entries = notes.map((note, i) => entry(i, `<arxiv:comment>${note}</arxiv:comment>`));
    const { addresses } = await source((_, response) => response.end(atom(4, entries)));
    await feed.ingest({ kind: 'query', query: 'all:boat' }, settings(addresses));
    const numbered = (numbers: number[]) => numbers.map((number) => `Boat number ${number}`);
    expect(await titles('boat number', { venue: 'ICLR 2025', by: 'words' })).toEqual(numbered([0]));
    expect((await titles('boat number', { venue: 'ICLR', by: 'words' })).sort()).toEqual(numbered([0, 1]));
    expect(await titles('boat number', { venue: 'IC', by: 'words' })).toEqual([]);
    expect(await titles('ICML 2025', { by: 'words' })).toEqual(numbered([2]));
    const listed = await feed.list({ venue: 'ICLR' });
    expect(listed.papers.map(({ venue }) => venue)).toEqual(['ICLR 2024', 'ICLR 2025']);
    expect(await feed.venues()).toEqual([
      { venue: 'ICLR 2025', count: 1 },
      { venue: 'ICML 2025', count: 1 },
      { venue: 'ICLR 2024', count: 1 },
    ]);
  });

  it('counts, pages and shows what stands in very many papers', async () => {
    const feed = await temporaryFeed();
    const items = Array.from({ length: 5200 }, (_, index) => ({
      id: `${2001 + Math.floor(index / 1000)}.${10_000 + (index % 1000)}`,
      title: index % 100 === 0 ? `Keels ${index}` : `Study ${index}`,
      summary: `A keel and mast number${index}.`,
    }));
    for (const some of [items.slice(0, 2600), items.slice(2600)]) {
      await feed.importSavedPage(new TextEncoder().encode(JSON.stringify(some)), {
        savedOn: '2025-12-11',
        name: 'many.json',
      });
    }
    const ids = new Set<string>();
    for (const offset of [0, 100, 5100]) {
      const { total, hits } = await feed.search('keel mast', { limit: 100, offset, by: 'words' });
      expect(total).toBe(5200);
      expect(hits).toHaveLength(100);
      expect(hits[0]?.snippet.some(({ match }) => match)).toBe(true);
      for (const { paper } of hits) ids.add(paper.id);
    }
    expect(ids.size).toBe(300);
    expect((await feed.search('keel "number77"', { by: 'words' })).hits[0]?.paper.title).toBe('Study 77');
  }, 60_000);

  it('keeps to a family', async () => {
    const { feed, titles } = await harbourFeed();
    expect(await titles('boats', { family: 'quantization' })).toEqual(['Quantization of Anchors']);
    expect(await titles('2401.00001', { family: 'quantization' })).toEqual([]);
    expect((await feed.search('boats', { family: 'none' })).total).toBe(0);
  });

  it('shows the passage that matched in plain pieces', async () => {
    const { feed } = await harbourFeed();
    await importText(feed, pageBlock('Nets', 'A <b>net</b> & a "knot".'));
    const { hits } = await feed.search('knot');
    expect(hits[0]?.snippet).toEqual([
      { text: 'A <b>net</b> & a "', match: false },
      { text: 'knot', match: true },
      { text: '".', match: false },
    ]);
    const [named] = (await feed.search('balancing the load of PAPER boats')).hits;
    expect(named?.snippet).toEqual([{ text: 'Balancing the Load of Paper Boats', match: true }]);
  });

  it('looks at 250 characters of a query', async () => {
    const { feed } = await harbourFeed();
    const result = await feed.search(`boats ${'é'.repeat(10_000)}`);
    expect(result.query).toHaveLength(250);
    expect((await feed.search(`${'boats '.repeat(42)}wicks`)).query).not.toContain('wicks');
  });

  it('finds nothing for a query without letters and digits', async () => {
    const { feed } = await harbourFeed();
    for (const query of ['', '   ', '"', '""', '* ^ () --', '\0', '😀']) {
      expect(await feed.search(query)).toMatchObject({ total: 0, hits: [], index: 'full-text' });
    }
  });

  it('refuses pages that cannot be', async () => {
    const { feed } = await harbourFeed();
    await expect(feed.search('boats', { limit: 0 })).rejects.toThrow(
      'search: limit: got 0, expected an integer from 1 to 120',
    );
    await expect(feed.search('boats', { limit: 121 })).rejects.toThrow(RangeError);
    await expect(feed.search('boats', { offset: -1 })).rejects.toThrow('search: offset: got -1');
  });

  it('answers any text, and leaves the database as it was', async () => {
    const { feed } = await harbourFeed();
    const syntax = fc.constantFrom(
      ...[
        '"',
        "'",
        '*',
        '^',
        '(',
        ')',
        '{',
        '}',
        ':',
        '+',
        '-',
        'AND',
        'OR',
        'NOT',
        'NEAR(boats, 2)',
        'title:',
      ],
      ...['; drop table paper; --', '%', '_', '\\', '\0', '\ud800', '\u0301', 'boats', 'zz', ' '],
    );
    const query = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(syntax, fc.string()), { maxLength: 20 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(query, async (text) => {
        const { total, hits } = await feed.search(text, { limit: 120 });
        expect(hits).toHaveLength(total);
        await feed.paper(text);
        await feed.day('2025-12-11', { family: text });
      }),
      { numRuns: 200 },
    );
    expect((await feed.search('boats')).total).toBe(3);
  });
});
