import { describe, expect, it } from 'vitest';
import { openFeed } from '../feed.js';
import { temporaryFeed, temporaryLocation } from '../testing/temporaryFeed.js';
import type { IngestProgress } from '../types.js';
import { type Answer, atom, entry, settings, source } from './testing/arxiv.js';

const id = (number: number): string => `2512.${String(number).padStart(5, '0')}`;

/** What the search says of the ids that are asked for, last first, without those of `absent`. */
const byIds =
  (absent: readonly string[] = []): Answer =>
  (url, response) => {
    const ids = url.searchParams.get('id_list')!.split(',');
    const most = Number(url.searchParams.get('max_results'));
    const there = ids.filter((each) => !absent.includes(each)).slice(0, most);
    response.end(atom(there.length, there.map((each) => entry(Number(each.slice(5)))).reverse()));
  };

describe('ids', () => {
  it('are asked for by the hundred, in whatever order they are answered, and missing ones are named', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source(byIds([id(7)]));
    const ids = Array.from({ length: 230 }, (_, i) => `arXiv:${id(i)}v3`);
    const progress: IngestProgress[] = [];
    const options = settings(addresses, { onProgress: (each) => progress.push(each) });
    const report = await feed.ingest({ kind: 'ids', ids: [...ids, id(0)] }, options);
    expect(report).toMatchObject({
      added: 229,
      problems: [{ line: 8, message: '2512.00007: arXiv has no such paper' }],
    });
    expect(asked.map((url) => url.searchParams.get('id_list')?.split(',').length)).toEqual([100, 100, 30]);
    expect(asked.map((url) => url.searchParams.get('max_results'))).toEqual(['100', '100', '30']);
    expect(progress.map(({ done, total }) => [done, total])).toEqual([
      [100, 230],
      [200, 230],
      [230, 230],
    ]);
    expect((await feed.paper(id(229)))?.title).toBe('Boat number 229');
  });

  it('are refused where one is none, before any is asked for', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source(byIds());
    const ingest = (ids: string[]) => feed.ingest({ kind: 'ids', ids }, settings(addresses));
    await expect(ingest([id(1), 'boats'])).rejects.toThrow('got "boats", expected an arXiv id');
    await expect(ingest([])).rejects.toThrow('got 0, expected 1 to 10000 ids');
    expect(asked).toEqual([]);
  });
});

/** An item as arXiv's RSS writes it. */
const item = (number: number, kind = 'new'): string => `<item>
  <title>Boat number ${number}</title><link>https://arxiv.org/abs/${id(number)}</link>
  <description>arXiv:${id(number)}v1 Announce Type: ${kind} 
Abstract: About &lt;boats&gt;.</description>
  <guid isPermaLink="false">oai:arXiv.org:${id(number)}v1</guid><category>cs.LG</category>
  <pubDate>Thu, 11 Dec 2025 00:00:00 -0500</pubDate>
  <arxiv:announce_type>${kind}</arxiv:announce_type><dc:creator>Ada Élan, Bo Tide</dc:creator></item>`;

const rss = (items: string): string =>
  `<?xml version='1.0' encoding='UTF-8'?><rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>cs.LG updates on arXiv.org</title><skipDays><day>Sunday</day><day>Saturday</day></skipDays>${items}</channel></rss>`;

describe('announcements', () => {
  const announced = { kind: 'announced', categories: ['cs.LG', 'stat.ML'] } as const;
  const both =
    (items: string): Answer =>
    (url, response, request) =>
      url.pathname.startsWith('/rss/') ? response.end(rss(items)) : byIds()(url, response, request);

  it('bring the day’s papers with all that the search says of them, once a day', async () => {
    const feed = await temporaryFeed();
    const items =
      item(1) +
      item(2, 'cross') +
      item(3, 'replace') +
      item(1, 'replace-cross') +
      '<item><title>Odd</title></item>';
    const { addresses, asked } = await source(both(items));
    const options = settings(addresses);
    const report = await feed.ingest(announced, options);
    expect(report).toMatchObject({ added: 3, problems: [{ line: 5, message: 'has no arXiv id' }] });
    expect(asked.map((url) => url.pathname)).toEqual(['/rss/cs.LG+stat.ML', '/query']);
    expect(options.clock.waits).toEqual([3000]);
    expect(await feed.paper(id(2))).toMatchObject({
      publishedOn: '2025-12-01',
      authors: ['Ada Élan', 'Bo Tide'],
    });
    expect(await feed.ingest(announced, settings(addresses))).toMatchObject({ upToDate: true });
    expect(asked).toHaveLength(2);
  });

  it('are none at weekends', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source(both(''));
    expect(await feed.ingest(announced, settings(addresses))).toMatchObject({ added: 0, problems: [] });
    expect(asked).toHaveLength(1);
  });

  it('go on where they were stopped, with nothing lost or doubled', async () => {
    const location = await temporaryLocation();
    const items = Array.from({ length: 150 }, (_, i) => item(i)).join('');
    const { addresses, asked } = await source(both(items));
    const stop = new AbortController();
    const first = await openFeed(location);
    const onProgress = ({ done }: IngestProgress) => {
      if (done === 100) stop.abort(new Error('stopped'));
    };
    await expect(
      first.ingest(announced, settings(addresses, { onProgress, signal: stop.signal })),
    ).rejects.toThrow('stopped');
    await first.close();
    const second = await openFeed(location);
    const report = await second.ingest(announced, settings(addresses));
    expect(report).toMatchObject({ added: 50, unchanged: 0, resumed: true });
    expect((await second.list({ limit: 1 })).total).toBe(150);
    expect(asked.map((url) => url.pathname)).toEqual(['/rss/cs.LG+stat.ML', '/query', '/query']);
    await second.close();
  });

  it.each([[[]], [['cs.LG/../x']], [['cs LG']]])(
    'of %j are refused before anything is asked',
    async (categories) => {
      const feed = await temporaryFeed();
      const { addresses, asked } = await source(both(''));
      await expect(feed.ingest({ kind: 'announced', categories }, settings(addresses))).rejects.toThrow(
        'categories',
      );
      expect(asked).toEqual([]);
    },
  );

  it('are refused where the answer is no RSS', async () => {
    const feed = await temporaryFeed();
    const { addresses } = await source((_, response) => response.end('<html><body/></html>'));
    await expect(feed.ingest(announced, settings(addresses))).rejects.toThrow('arXiv RSS: got <html>');
  });
});
