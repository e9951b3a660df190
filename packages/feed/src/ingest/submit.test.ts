import { describe, expect, it } from 'vitest';
import { temporaryFeed } from '../testing/temporaryFeed.js';
import { atom, entry, fakeClock, source } from './testing/arxiv.js';

describe('submit', () => {
  it('lists one paper on a day, once', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source((_, response) => response.end(atom(1, [entry(5)])));
    const options = { addresses, day: '2025-12-10', clock: fakeClock() };
    expect(await feed.submit('arXiv:2512.00005v1', options)).toBe('2512.00005');
    await feed.submit('2512.00005', options);
    expect((await feed.day('2025-12-10'))?.papers).toHaveLength(1);
    expect(asked[0]?.searchParams.get('id_list')).toBe('2512.00005');
  });

  it('refuses what is no id, not there, too old or withdrawn', async () => {
    const feed = await temporaryFeed();
    const { addresses } = await source((_, response) => response.end(atom(1, [entry(5)])));
    const options = { addresses, clock: fakeClock() };
    await expect(feed.submit('boats', options)).rejects.toThrow('expected an arXiv id');
    await expect(feed.submit('2512.00006', options)).rejects.toThrow('arXiv has no such paper');
    await expect(feed.submit('2512.00005', { ...options, day: '2026-01-20' })).rejects.toThrow(
      'published on 2025-12-01, expected at most 14 days before 2026-01-20',
    );
    const withdrawn = entry(5, '<arxiv:comment>This paper has been withdrawn</arxiv:comment>', 2);
    const gone = await source((_, response) => response.end(atom(1, [withdrawn])));
    const ask = feed.submit('2512.00005', { ...options, addresses: gone.addresses, day: '2025-12-03' });
    await expect(ask).rejects.toThrow('its authors have withdrawn it');
    expect(await feed.days()).toEqual([]);
  });
});
