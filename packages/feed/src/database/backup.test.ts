import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFeed, restoreFeed } from '../feed.js';
import { cataloguePaper, temporaryFolder } from '../testing/temporaryFeed.js';

async function feedWith(dataDir: string, slug: string) {
  const feed = await openFeed({ dataDir });
  await feed.addCatalogue([cataloguePaper({ slug })], '2025-12-11');
  return feed;
}

describe('a backup of the embedded database', () => {
  it('has what was there at its moment, while the feed is used', async () => {
    const dataDir = await temporaryFolder();
    const feed = await feedWith(dataDir, 'before');
    const file = join(dataDir, 'copies', 'one.db');
    expect(await feed.backup(file)).toBe((await readFile(file)).length);
    await feed.addCatalogue([cataloguePaper({ slug: 'after' })], '2025-12-12');
    await feed.close();
    const kept = await restoreFeed({ dataDir }, file);
    const restored = await openFeed({ dataDir });
    expect(await restored.paper('before')).toBeDefined();
    expect(await restored.paper('after')).toBeUndefined();
    expect((await restored.search('before')).total).toBe(1);
    await restored.close();
    expect(kept).toMatch(/evenkeel\.db\.\d{17}$/);
  });

  it('never takes the place of a file', async () => {
    const dataDir = await temporaryFolder();
    const feed = await feedWith(dataDir, 'boats');
    const file = join(dataDir, 'one.db');
    await writeFile(file, 'mine');
    await expect(feed.backup(file)).rejects.toThrow(`backup: ${file}: is there already`);
    expect(await readFile(file, 'utf8')).toBe('mine');
    await feed.close();
  });

  it('that is none changes nothing', async () => {
    const dataDir = await temporaryFolder();
    await (await feedWith(dataDir, 'boats')).close();
    const file = join(dataDir, 'odd.db');
    await writeFile(file, 'no database at all '.repeat(100));
    await expect(restoreFeed({ dataDir }, file)).rejects.toThrow(`restoreFeed: ${file}: `);
    await expect(restoreFeed({ dataDir }, join(dataDir, 'none.db'))).rejects.toThrow('none.db');
    const feed = await openFeed({ dataDir });
    expect(await feed.paper('boats')).toBeDefined();
    await feed.close();
    expect((await readdir(dataDir)).filter((name) => name.includes('partial'))).toEqual([]);
  });
});
