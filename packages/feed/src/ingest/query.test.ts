import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { ImportError } from '../errors.js';
import { openFeed } from '../feed.js';
import {
  cataloguePaper,
  importText,
  pageBlock,
  temporaryFeed,
  temporaryFeedWithDatabase,
  temporaryLocation,
} from '../testing/temporaryFeed.js';
import type { IngestProgress } from '../types.js';
import { atom, entry, pages, settings, source } from './testing/arxiv.js';

describe('a query', () => {
  it('takes in all pages, three seconds apart, with all that arXiv says', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source(pages(450));
    const progress: IngestProgress[] = [];
    const options = settings(addresses, { onProgress: (each) => progress.push(each) });
    const report = await feed.ingest({ kind: 'query', query: 'cat:cs.LG' }, options);
    expect(report).toMatchObject({ added: 450, updated: 0, unchanged: 0, resumed: false, problems: [] });
    expect(progress.map(({ done, total }) => [done, total])).toEqual([
      [200, 450],
      [400, 450],
      [450, 450],
    ]);
    expect(asked.map((url) => url.searchParams.get('start'))).toEqual(['0', '200', '400']);
    expect(options.clock.waits).toEqual([3000, 3000]);
    expect(await feed.paper('2512.00007')).toMatchObject({
      title: 'Boat number 7',
      abstract: 'About $\\alpha$ <boats> & 7.',
      authors: ['Ada Élan', 'Bo Tide'],
      publishedOn: '2025-12-01',
      version: 1,
      tags: [{ tag: 'cs.LG', kind: 'category' }],
    });
    expect((await feed.list({ author: 'ada elan', limit: 1 })).total).toBe(450);
    expect((await feed.search('boat number 449')).hits[0]?.paper.id).toBe('2512.00449');
  });

  it('asks nothing more on the same day, and on the next finds everything as it was', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source(pages(3));
    const query = { kind: 'query', query: 'all:boats' } as const;
    const options = settings(addresses);
    // Four in the afternoon in New York.
    options.clock.time = Date.UTC(2025, 11, 11, 21);
    expect(await feed.ingest(query, options)).toMatchObject({ added: 3, upToDate: false });
    options.clock.time += 7 * 3_600_000;
    expect(await feed.ingest(query, options)).toMatchObject({ added: 0, unchanged: 0, upToDate: true });
    expect(asked).toHaveLength(1);
    options.clock.time += 3_600_000;
    expect(await feed.ingest(query, options)).toEqual({
      ...{ added: 0, updated: 0, unchanged: 3 },
      ...{ resumed: false, upToDate: false, problems: [] },
    });
    expect(asked).toHaveLength(2);
  });

  it('asks again on the same day for more than it was content with', async () => {
    const feed = await temporaryFeed();
    const { addresses } = await source(pages(5));
    const query = { kind: 'query', query: 'all:boats' } as const;
    expect(await feed.ingest(query, settings(addresses, { limit: 2 }))).toMatchObject({ added: 2 });
    expect(await feed.ingest(query, settings(addresses, { limit: 2 }))).toMatchObject({ upToDate: true });
    expect(await feed.ingest(query, settings(addresses))).toMatchObject({ added: 3, unchanged: 2 });
  });

  it('stops after the 30,000 entries that arXiv gives, and tells how many it does not', async () => {
    const { feed, db } = await temporaryFeedWithDatabase();
    const state = { key: 'query cat:cs.LG', state: '{"done":29900}', updated_at: '2025-12-10T00:00:00Z' };
    await db.insertInto('ingest_state').values(state).execute();
    const { addresses, asked } = await source(pages(45_000));
    const report = await feed.ingest({ kind: 'query', query: 'cat:cs.LG' }, settings(addresses));
    expect(report).toMatchObject({ added: 100, resumed: true, beyond: 15_000 });
    expect(asked.map(({ search }) => search)).toEqual([
      '?search_query=cat%3Acs.LG&start=29900&max_results=100&sortBy=submittedDate&sortOrder=descending',
    ]);
  });

  it('goes on where it was stopped, with nothing lost or doubled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), async (stopAfter) => {
        const location = await temporaryLocation();
        const { addresses, asked } = await source(pages(700));
        const query = { kind: 'query', query: 'cat:cs.LG' } as const;
        const stop = new AbortController();
        const first = await openFeed(location);
        let seen = 0;
        const onProgress = () => {
          if (++seen === stopAfter) stop.abort(new Error('stopped'));
        };
        await expect(
          first.ingest(query, settings(addresses, { onProgress, signal: stop.signal })),
        ).rejects.toThrow('stopped');
        await first.close();
        const second = await openFeed(location);
        const report = await second.ingest(query, settings(addresses));
        expect(report).toMatchObject({ added: 700 - 200 * stopAfter, unchanged: 0, resumed: true });
        expect((await second.list({ limit: 1 })).total).toBe(700);
        expect(asked.map((url) => url.searchParams.get('start'))).toEqual(['0', '200', '400', '600']);
        await second.close();
      }),
      { numRuns: 2 },
    );
  });

  it('waits as long as a busy server says, and longer each time where it says nothing', async () => {
    const feed = await temporaryFeed();
    let count = 0;
    const { addresses } = await source((url, response, request) => {
      count++;
      if (count === 1) response.writeHead(429, { 'retry-after': '60' }).end();
      else if (count < 4) response.writeHead(503).end();
      else pages(1)(url, response, request);
    });
    const waits: [number, string][] = [];
    const options = settings(addresses, { onWait: (...wait) => waits.push(wait) });
    expect((await feed.ingest({ kind: 'query', query: 'x' }, options)).added).toBe(1);
    expect(waits).toEqual([
      [60_000, 'answered 429'],
      [10_000, 'answered 503'],
      [20_000, 'answered 503'],
    ]);
  });

  it('spreads its tries, and lets all others wait too when it is asked to', async () => {
    const feed = await temporaryFeed();
    let count = 0;
    const { addresses } = await source((url, response, request) => {
      count++;
      if (count === 1) response.writeHead(503).end();
      else if (count === 2) response.writeHead(429, { 'retry-after': '3600' }).end();
      else pages(1)(url, response, request);
    });
    const waits: [number, string][] = [];
    const options = settings(addresses, { random: () => 0.5, onWait: (...wait) => waits.push(wait) });
    await expect(feed.ingest({ kind: 'query', query: 'x' }, options)).rejects.toThrow(
      'answered 429, and asks to wait 60 minutes; run again then',
    );
    expect(waits).toEqual([[6250, 'answered 503']]);
    waits.length = 0;
    expect((await feed.ingest({ kind: 'query', query: 'y' }, options)).added).toBe(1);
    expect(waits).toEqual([[3_600_000, 'asked for a pause']]);
    expect(options.clock.time).toBeGreaterThanOrEqual(Date.UTC(2025, 11, 11, 1));
  });

  it('gives up after five tries, and keeps its place', async () => {
    const feed = await temporaryFeed();
    let broken = false;
    const { addresses } = await source((url, response, request) => {
      if (broken && url.searchParams.get('start') !== '0') response.writeHead(500).end();
      else pages(300)(url, response, request);
    });
    broken = true;
    const query = { kind: 'query', query: 'x' } as const;
    await expect(feed.ingest(query, settings(addresses))).rejects.toThrow(
      /answered 500, 5 times; run again later to go on/,
    );
    broken = false;
    expect(await feed.ingest(query, settings(addresses))).toMatchObject({ added: 100, resumed: true });
  });

  it('asks again for an empty page in the middle of a list', async () => {
    const feed = await temporaryFeed();
    let count = 0;
    const { addresses } = await source((url, response, request) => {
      count++;
      if (count === 2) response.end(atom(300, []));
      else pages(300)(url, response, request);
    });
    expect((await feed.ingest({ kind: 'query', query: 'x' }, settings(addresses))).added).toBe(300);
  });

  it('takes a total of 1 without an entry for nothing', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source((_, response) => response.end(atom(1, [])));
    const report = await feed.ingest({ kind: 'query', query: 'all:nothing' }, settings(addresses));
    expect(report).toMatchObject({ added: 0, problems: [] });
    expect(asked).toHaveLength(1);
  });

  it('knows elements by their namespaces, whatever their prefixes', async () => {
    const feed = await temporaryFeed();
    const document = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:q="http://a9.com/-/spec/opensearch/1.1/" xmlns:z="http://arxiv.org/schemas/atom">
      <totalResults>7</totalResults><q:totalResults>1</q:totalResults>
      <entry><z:doi>10.1000/right</z:doi><doi>10.1000/wrong</doi><title xmlns="urn:x">Wrong</title>
      <a:title xmlns:a="http://www.w3.org/2005/Atom">Right</a:title><z:title>Wrong</z:title>
      <author><z:affiliation>Harbour</z:affiliation><z:name>Wrong</z:name><name>Ada</name></author>
      <id>https://arxiv.org/abs/2512.00001v1</id></entry></feed>`;
    const { addresses } = await source((_, response) => response.end(document));
    expect(await feed.ingest({ kind: 'query', query: 'x' }, settings(addresses))).toMatchObject({ added: 1 });
    const paper = await feed.paper('2512.00001');
    expect(paper).toMatchObject({ title: 'Right', doi: '10.1000/right', authors: ['Ada'] });
  });

  it('names what it cannot read and takes in the rest', async () => {
    const feed = await temporaryFeed();
    const { addresses } = await source((_, response) => {
      response.end(atom(2, ['<entry><id>https://example.org/1</id><title>Odd</title></entry>', entry(1)]));
    });
    const report = await feed.ingest({ kind: 'query', query: 'x' }, settings(addresses));
    expect(report).toMatchObject({
      added: 1,
      problems: [{ line: 1, message: expect.stringContaining('example.org') }],
    });
  });

  it.each([
    [
      'an error of arXiv',
      atom(1, [
        '<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>bad query</summary></entry>',
      ]),
      'arXiv: refuses the query: bad query',
    ],
    ['another document', '<html><body>Busy</body></html>', 'expected an Atom feed'],
    ['no XML', 'Rate exceeded.', 'expected an XML document'],
    [
      'an entity bomb',
      '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed>&b;</feed>',
      'defines its own types',
    ],
    ['elements without end', `<feed>${'<a>'.repeat(200)}${'</a>'.repeat(200)}</feed>`, 'nested tags'],
    ['a feed of another kind', '<feed><title>No namespace</title></feed>', 'expected an Atom feed'],
  ])('refuses %s', async (_, document, message) => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source((_url, response) => response.end(document));
    await expect(feed.ingest({ kind: 'query', query: 'x' }, settings(addresses))).rejects.toThrow(message);
    expect((await feed.list({ limit: 1 })).total).toBe(0);
    expect(asked).toHaveLength(1);
  });

  it('asks no second time where arXiv answers that the query is wrong, in a feed or without', async () => {
    const feed = await temporaryFeed();
    const said = atom(1, [
      '<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>bad start</summary></entry>',
    ]);
    for (const [body, message] of [
      [said, 'arXiv: refuses the query: bad start'],
      ['<html><h1>Bad Request</h1></html>', 'answered 400'],
    ] as const) {
      const { addresses, asked } = await source((_, response) => response.writeHead(400).end(body));
      await expect(feed.ingest({ kind: 'query', query: 'x' }, settings(addresses))).rejects.toThrow(message);
      expect(asked).toHaveLength(1);
    }
  });

  it.each(['', '  ', 'ti:naïve', 'a\nb'])('refuses %j before it asks', async (query) => {
    const { addresses, asked } = await source(pages(1));
    const feed = await temporaryFeed();
    await expect(feed.ingest({ kind: 'query', query }, settings(addresses))).rejects.toThrow(ImportError);
    expect(asked).toEqual([]);
  });

  it('asks one at a time, whoever asks', async () => {
    const location = await temporaryLocation();
    let [open, most] = [0, 0];
    const { addresses } = await source((url, response, request) => {
      open++;
      most = Math.max(most, open);
      setTimeout(() => {
        open--;
        pages(1)(url, response, request);
      }, 50);
    });
    // SQLite waits for a lock without letting others of its process go on, so there one connection has to do.
    const first = await openFeed(location);
    const others =
      inject('postgresUrl') === undefined ? [] : [await openFeed(location), await openFeed(location)];
    const feeds = others.length > 0 ? [first, ...others] : [first, first, first];
    await Promise.all(
      feeds.map((feed, i) => {
        const options = settings(addresses);
        const wait = async (milliseconds: number) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          options.clock.time += milliseconds;
        };
        return feed.ingest(
          { kind: 'query', query: `all:${i}` },
          { ...options, clock: { ...options.clock, wait, now: () => options.clock.time } },
        );
      }),
    );
    expect(most).toBe(1);
    for (const feed of [first, ...others]) await feed.close();
  });
});

describe('what arXiv says of a paper', () => {
  let asked = 0;
  const ingestOne = async (feed: Awaited<ReturnType<typeof temporaryFeed>>, document: string) => {
    const { addresses } = await source((_, response) => response.end(atom(1, [document])));
    return feed.ingest({ kind: 'query', query: `all:${asked++}` }, settings(addresses));
  };

  it('joins a paper that was known by its title alone, and leaves the catalogue its facts', async () => {
    const feed = await temporaryFeed();
    await importText(feed, pageBlock('Boat number 1'));
    await feed.addCatalogue([cataloguePaper({ slug: 'boat', title: 'Boat number 2' })], '2025-12-11');
    const provisional = (await feed.list({})).papers.find(({ title }) => title === 'Boat number 1')!;
    expect(await ingestOne(feed, entry(1))).toMatchObject({ updated: 1, added: 0 });
    await ingestOne(feed, entry(2));
    expect((await feed.paper(provisional.id))?.id).toBe('2512.00001');
    expect(await feed.paper('2512.00001')).toMatchObject({ listedOn: '2025-12-11', authorCount: 2 });
    expect(await feed.paper('boat')).toMatchObject({
      id: '2512.00002',
      summary: 'About boat.',
      publishedOn: '2025-01-02',
    });
    expect((await feed.list({})).total).toBe(2);
  });

  it.each([
    ['This paper has been withdrawn by the author due to an error in Lemma 2', true],
    ['Withdrawn: the proof is wrong', true],
    ['This article has been temporarily withdrawn', true],
    ['The paper was withdrawn from ICLR 2025', false],
    ['An earlier version was withdrawn', false],
    ['We study how funds are withdrawn', false],
  ])('reads “%s”: withdrawn %s', async (text, withdrawn) => {
    const feed = await temporaryFeed();
    await ingestOne(feed, entry(1, `<arxiv:comment>${text}</arxiv:comment>`, 2));
    expect((await feed.paper('2512.00001'))?.withdrawnOn).toBe(withdrawn ? '2025-12-02' : undefined);
  });

  it('keeps versions, and never goes back to an older one', async () => {
    const feed = await temporaryFeed();
    await ingestOne(feed, entry(1, '', 3));
    await ingestOne(feed, entry(1, '', 2));
    expect(await feed.paper('2512.00001')).toMatchObject({ version: 3, updatedOn: '2025-12-03' });
  });

  it('knows withdrawals and venues by the remark', async () => {
    const feed = await temporaryFeed();
    const remark = (text: string) => `<arxiv:comment>${text}</arxiv:comment>`;
    await ingestOne(feed, entry(1, remark('Accepted at ICLR 2026 (oral), 12 pages'), 1));
    expect(await feed.paper('2512.00001')).toMatchObject({ venue: 'ICLR 2026' });
    expect((await feed.list({ venue: 'ICLR 2026' })).papers).toMatchObject([{ id: '2512.00001' }]);
    expect((await feed.list({ venue: 'ICLR' })).total).toBe(1);
    expect((await feed.list({ venue: 'ICL' })).total).toBe(0);
    await ingestOne(feed, entry(1, remark('This paper has been withdrawn due to an error in Lemma 2'), 2));
    expect(await feed.paper('2512.00001')).toMatchObject({ withdrawnOn: '2025-12-02' });
    await ingestOne(feed, entry(1, remark('Corrected'), 3));
    expect(await feed.paper('2512.00001')).not.toHaveProperty('withdrawnOn');
  });
});
